"""The little of HTTP that the receiver needs, on plain ASGI."""

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Header = tuple[bytes, bytes]

SIGNATURE_HEADER = b"x-twitter-webhooks-signature"
RETRY_AFTER: tuple[Header, ...] = ((b"retry-after", b"3"),)
CLOSE: tuple[Header, ...] = ((b"connection", b"close"),)
# X gives up after about three seconds; whoever needs longer for a body is not X.
BODY_SECONDS = 5


class Refused(Exception):
    """A request that is not accepted.

    Args:
        status: What it is answered.
        reason: For operators and for the counters: a fixed phrase, nothing of the request.
    """

    def __init__(self, status: int, reason: str, size: int | None = None, headers: tuple[Header, ...] = ()) -> None:
        self.status = status
        self.reason = reason
        self.size = size
        self.headers = headers
        super().__init__(reason)


class Headers:
    """The three headers that matter, found in one pass."""

    __slots__ = ("content_encoding", "content_length", "signature")

    def __init__(self, scope: Scope) -> None:
        self.signature = self.content_encoding = b""
        self.content_length: int | None = None
        for name, value in scope["headers"]:
            if name == SIGNATURE_HEADER:
                self.signature = value.strip()
            elif name == b"content-encoding":
                self.content_encoding = value.strip().lower()
            elif name == b"content-length" and value.isdigit():
                self.content_length = int(value)


class BodyReader:
    """Reads bodies within bounds: neither a header nor a sender is believed.

    Args:
        limit: Bytes of one body.
        room: Bytes of all bodies that are being read and have not come in one piece. X's do, so that whoever fills
            this room with slow bodies takes none from X.
    """

    def __init__(self, limit: int, room: int) -> None:
        self._limit = limit
        self._room = room
        self._began: dict[asyncio.Task[Any], float] = {}
        self._given_up: set[asyncio.Task[Any]] = set()

    async def read(self, receive: Receive, content_length: int | None) -> bytes:
        """Return the whole body.

        Raises:
            Refused: Too large, too slow, no room, or the sender hung up.
        """
        if content_length is not None and content_length > self._limit:
            raise Refused(413, "too large", content_length, CLOSE)
        chunks: list[bytes] = []
        size = 0
        reading = asyncio.current_task()
        assert reading is not None
        self._began[reading] = time.monotonic()
        try:
            while (message := await receive())["type"] == "http.request":
                chunk = message.get("body", b"")
                size += len(chunk)
                if size > self._limit:
                    raise Refused(413, "too large", size, CLOSE)
                if not message.get("more_body"):
                    return b"".join((*chunks, chunk)) if chunks else chunk
                chunks.append(chunk)
                self._room -= len(chunk)
                if self._room < 0:
                    raise Refused(503, "no room for slow bodies", size, (*RETRY_AFTER, *CLOSE))
        except asyncio.CancelledError:
            if reading not in self._given_up:
                raise
            self._given_up.discard(reading)
            reading.uncancel()
            raise Refused(408, "body too slow", size, CLOSE) from None
        finally:
            del self._began[reading]
            self._room += sum(map(len, chunks))
        raise Refused(400, "sender hung up", size)

    def give_up_slow(self) -> None:
        """End the reading of bodies that take too long. To be called now and then.

        Optimization: a time limit around each reading costs 4 µs a delivery, a look at all of them a second nothing.
        """
        deadline = time.monotonic() - BODY_SECONDS
        for reading in [task for task, began in self._began.items() if began < deadline]:
            self._given_up.add(reading)
            reading.cancel()


async def answer(
    send: Send,
    status: int,
    body: bytes = b"",
    content_type: bytes = b"text/plain; charset=utf-8",
    headers: tuple[Header, ...] = (),
) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(b"content-type", content_type), (b"content-length", b"%d" % len(body)), *headers],
        }
    )
    await send({"type": "http.response.body", "body": body})


def printable(text: str) -> str:
    return "".join(character if character.isprintable() else "\ufffd" for character in text)
