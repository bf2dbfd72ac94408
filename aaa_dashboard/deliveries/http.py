"""The little of HTTP that the receiver needs, on plain ASGI."""

import asyncio
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
BODY_SECONDS = 10


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


async def read_body(receive: Receive, content_length: int | None, limit: int) -> bytes:
    """Read a body and stop as soon as it is too large: neither the header nor the sender is believed.

    Raises:
        Refused: Too large, too slow, or the sender hung up.
    """
    if content_length is not None and content_length > limit:
        raise Refused(413, "too large", content_length, CLOSE)
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while (message := await receive())["type"] == "http.request":
                chunk = message.get("body", b"")
                size += len(chunk)
                if size > limit:
                    raise Refused(413, "too large", size, CLOSE)
                if not message.get("more_body"):
                    return b"".join((*chunks, chunk)) if chunks else chunk
                chunks.append(chunk)
    except TimeoutError:
        raise Refused(408, "body too slow", size, CLOSE) from None
    raise Refused(400, "sender hung up", size)


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
