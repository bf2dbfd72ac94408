"""The load generator: sends signed deliveries over keep-alive connections and measures the answers.

It shares the machine with what it measures and must cost little beside it: requests are rendered and signed before the
clock starts, and one thread serves all connections without a framework. Like X it has one request outstanding per
connection.
"""

import gc
import re
import selectors
import socket
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection as Pipe
from typing import Self

from bench.bodies import Deliveries

_GRACE_S = 15.0  # how long an answer may take after the last request was sent
_CONTENT_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CLOSES = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Plan:
    """Which deliveries to send, to `http://127.0.0.1:port/path`."""

    port: int
    secret: str
    numbers: range
    path: str = "/webhook/twitter"
    connections: int = 256
    per_second: float | None = None
    """Offered rate; None sends the next request as soon as the last one is answered."""
    seconds: float = 30.0
    """No request is sent after that many, whatever is left."""


@dataclass(slots=True)
class Outcome:
    """What came of a plan. A request without an answer is one whose connection broke or that took too long."""

    sent: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    acknowledged: list[int] = field(default_factory=list)
    """Numbers of the deliveries answered 200."""
    latencies: list[float] = field(default_factory=list)
    """Seconds until each answer, from when the request was due."""
    seconds: float = 0.0
    cpu_seconds: float = 0.0

    @property
    def unanswered(self) -> int:
        return self.sent - self.statuses.total()

    @property
    def stored_per_second(self) -> float:
        return self.statuses[200] / self.seconds if self.seconds else 0.0


class LoadProcess:
    """A plan carried out by a process of its own, which begins as soon as it has rendered its requests."""

    def __init__(self, plan: Plan) -> None:
        context = get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_carry_out, args=(plan, theirs), daemon=True)
        self._process.start()
        theirs.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.join()
        self._process.close()
        self._pipe.close()

    def wait_until_sending(self) -> None:
        """Return when the first request is about to be sent; to be called once, before `outcome`."""
        self._pipe.recv()

    @property
    def is_sending(self) -> bool:
        return not self._pipe.poll()

    def outcome(self) -> Outcome:
        """Wait for the end; raises `EOFError` when the process came to grief."""
        outcome: Outcome = self._pipe.recv()
        return outcome


def _carry_out(plan: Plan, pipe: Pipe) -> None:
    generator = _Generator(plan)
    gc.disable()  # nothing below makes cycles, and a collection over all requests would be taken for a slow answer
    pipe.send("sending")
    pipe.send(generator.run())


class _Connection:
    __slots__ = ("due", "number", "received", "socket")

    def __init__(self, port: int) -> None:
        # Blocking: with one request outstanding, the kernel takes a whole request at once.
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.number = 0  # of the outstanding delivery, 0 when idle
        self.due = 0.0
        self.received = b""


class _Generator:
    def __init__(self, plan: Plan) -> None:
        deliveries = Deliveries(plan.secret.encode())
        host = f"127.0.0.1:{plan.port}"
        self._waiting = deque((number, deliveries.request(number, plan.path, host)) for number in plan.numbers)
        self._plan = plan
        self._outcome = Outcome()
        self._selector = selectors.DefaultSelector()
        self._idle: list[_Connection] = []
        self._outstanding = 0
        for _ in range(min(plan.connections, len(plan.numbers))):
            connection = _Connection(plan.port)
            self._selector.register(connection.socket, selectors.EVENT_READ, connection)
            self._idle.append(connection)

    def run(self) -> Outcome:
        cpu = time.process_time()
        began = last_answer = time.perf_counter()
        last_request = began + self._plan.seconds
        while self._selector.get_map():
            now = time.perf_counter()
            if now < last_request:
                self._send_what_is_due(began, now)
            else:
                self._waiting.clear()
            if not self._outstanding and not self._waiting:
                break
            if now > last_request + _GRACE_S:
                break
            # While every request is on its way the selector wakes us; the timer serves the offered rate alone.
            for key, _ in self._selector.select(0.001 if self._waiting and self._idle else 0.1):
                if self._receive(key.data):
                    last_answer = time.perf_counter()
        self._outcome.seconds = last_answer - began
        self._outcome.cpu_seconds = time.process_time() - cpu
        for key in list(self._selector.get_map().values()):
            key.data.socket.close()
        return self._outcome

    def _send_what_is_due(self, began: float, now: float) -> None:
        rate = self._plan.per_second
        while self._waiting and self._idle:
            # At an offered rate an answer's time counts from when its request was due: a receiver that stalls keeps
            # the requests behind it waiting, and they were late because of it.
            due = now if rate is None else began + self._outcome.sent / rate
            if due > now:
                break
            number, request = self._waiting.popleft()
            connection = self._idle.pop()
            connection.number, connection.due = number, due
            self._outcome.sent += 1
            self._outstanding += 1
            try:
                connection.socket.sendall(request)
            except OSError:
                self._drop(connection)

    def _receive(self, connection: _Connection) -> bool:
        """Read what came; True when that completed an answer."""
        try:
            data = connection.socket.recv(65536)
        except OSError:
            data = b""
        if not data:
            self._drop(connection)
            return False
        connection.received += data
        head, separator, body = connection.received.partition(b"\r\n\r\n")
        length = _CONTENT_LENGTH.search(head)
        if not separator or (length and len(body) < int(length[1])):
            return False
        self._record(connection, int(head[9:12]))
        if _CLOSES.search(head):
            self._drop(connection)
        else:
            self._idle.append(connection)
        return True

    def _record(self, connection: _Connection, status: int) -> None:
        self._outcome.statuses[status] += 1
        self._outcome.latencies.append(time.perf_counter() - connection.due)
        if status == 200:
            self._outcome.acknowledged.append(connection.number)
        connection.number, connection.received = 0, b""
        self._outstanding -= 1

    def _drop(self, connection: _Connection) -> None:
        if connection.number:
            self._outstanding -= 1
        elif connection in self._idle:
            self._idle.remove(connection)
        self._selector.unregister(connection.socket)
        connection.socket.close()
