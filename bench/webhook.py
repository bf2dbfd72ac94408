"""A webhook that answers and counts, and does no more than that: what the sandbox is measured against.

A process of its own. It knows deliveries by their bytes: the sandbox makes no body twice, and a replay repeats it.
"""

import asyncio
import base64
import hmac
import json
import os
import time
from collections import Counter
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection as Pipe
from typing import Self, cast
from urllib.parse import parse_qs, urlsplit

import uvloop

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s"
_ENDED = b'{"replay_job_status"'


@dataclass(slots=True)
class Arrivals:
    """What arrived since the last `start_over`."""

    first: int = 0
    """Different deliveries that had never arrived before."""
    again: int = 0
    """Different deliveries that had arrived before the last `start_over`."""
    doubled: int = 0
    """How often any of both came once more than that."""
    ended: list[str] = field(default_factory=list)
    """How the replays ended, as the webhook is told."""
    replay_seconds: float = 0.0
    """From the first delivery of `again` to the last."""
    live_meanwhile: int = 0
    """Deliveries of `first` in these seconds."""


class Webhook:
    """The process, from `__enter__` to `__exit__`; it answers challenges with `secret`."""

    def __init__(self, secret: str) -> None:
        context = get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(secret, theirs), daemon=True)
        self._process.start()
        theirs.close()

    def __enter__(self) -> Self:
        port: int = self._pipe.recv()
        self.url = f"http://127.0.0.1:{port}/"
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.join()
        self._process.close()
        self._pipe.close()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def arrivals(self) -> Arrivals:
        return self._ask("arrivals")

    def start_over(self) -> Arrivals:
        """Count anew, and return what was counted. What has arrived is known from now on."""
        return self._ask("start over")

    def _ask(self, what: str) -> Arrivals:
        self._pipe.send(what)
        arrivals: Arrivals = self._pipe.recv()
        return arrivals


def _serve(secret: str, pipe: Pipe) -> None:
    uvloop.run(_Counter(secret, pipe).serve())


class _Counter:
    def __init__(self, secret: str, pipe: Pipe) -> None:
        self._secret = secret.encode()
        self._pipe = pipe
        self._known: set[int] = set()
        self._arrived: Counter[int] = Counter()
        self._ended: list[str] = []
        self._replay_began = self._replay_seconds = 0.0
        self._live_since = self._live_meanwhile = 0

    async def serve(self) -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _Connection(self), "127.0.0.1", 0, backlog=256)
        loop.add_reader(self._pipe.fileno(), self._answer)
        self._pipe.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    def challenge(self, token: str) -> bytes:
        digest = base64.b64encode(hmac.digest(self._secret, token.encode(), "sha256")).decode()
        return json.dumps({"response_token": f"sha256={digest}"}).encode()

    def count(self, body: bytes) -> None:
        if body.startswith(_ENDED):
            self._ended.append(json.loads(body)["replay_job_status"]["job_state"])
            return
        delivery = hash(body)
        self._arrived[delivery] += 1
        if delivery in self._known:
            now = time.perf_counter()
            self._replay_began = self._replay_began or now
            self._replay_seconds = now - self._replay_began
            self._live_meanwhile = self._live_since
        elif self._replay_began:
            self._live_since += 1

    def _answer(self) -> None:
        """Do what the other process asks."""
        try:
            asked = self._pipe.recv()
        except EOFError:  # it has ended without a word
            os._exit(1)
        again = len(self._arrived.keys() & self._known)
        arrivals = Arrivals(
            first=len(self._arrived) - again,
            again=again,
            doubled=self._arrived.total() - len(self._arrived),
            ended=self._ended,
            replay_seconds=self._replay_seconds,
            live_meanwhile=self._live_meanwhile,
        )
        if asked == "start over":
            self._known |= self._arrived.keys()
            self._arrived, self._ended = Counter(), []
            self._replay_began = self._replay_seconds = 0.0
            self._live_since = self._live_meanwhile = 0
        self._pipe.send(arrivals)


class _Connection(asyncio.Protocol):
    """Like X, the sandbox has one request outstanding per connection."""

    def __init__(self, counter: _Counter) -> None:
        self._counter = counter
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are none by their class

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, blank, body = self._received.partition(b"\r\n\r\n")
        length = int((head.partition(b"Content-Length: ")[2] or b"0").split(b"\r")[0])
        if not blank or len(body) < length:
            return
        self._received = b""
        answer = b""
        if head.startswith(b"GET"):
            [token] = parse_qs(urlsplit(head.split(b" ")[1].decode()).query)["crc_token"]
            answer = self._counter.challenge(token)
        else:
            self._counter.count(body)
        self._transport.write(_ANSWER % (len(answer), answer))
