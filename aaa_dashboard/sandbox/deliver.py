"""Post deliveries to the webhook, and post them again on X's timetable until they are answered 200.

What waits for its next attempt waits in memory: nothing here ever blocks whoever makes deliveries, and a receiver that
is down costs no more than the room for `MAX_WAITING` bodies.
"""

import asyncio
import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

import aiohttp

from .mint import Delivery, new_id
from .signing import SIGNATURE_HEADER, sign

# Seconds after a failed attempt. Source: X, Account Activity API, “Managing webhooks and subscriptions”, retries.
RETRY_AFTER_SECONDS = (3.0, 27.0, 242.0)
MAX_WAITING = 20_000


@dataclass(frozen=True)
class Answer:
    """What became of one POST."""

    status: int | None
    """None where no answer came in time."""
    answer_ms: float
    problem: str = ""

    @property
    def is_received(self) -> bool:
        """X takes 200 alone for received: not 204, not a redirect."""
        return self.status == 200


@dataclass(frozen=True)
class Attempted:
    """One attempt, for the log."""

    id: int
    delivery: Delivery
    number: int
    at: datetime
    answer: Answer
    is_last: bool


class Log(Protocol):
    """Whoever wants to know of every attempt. Called from the event loop: it must not block."""

    def note(self, attempted: Attempted) -> None: ...


def session(concurrency: int, answer_seconds: float) -> aiohttp.ClientSession:
    """An HTTP client that behaves like X's: kept connections, no cookies, no proxy, a short patience."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=concurrency, keepalive_timeout=30),
        timeout=aiohttp.ClientTimeout(total=answer_seconds),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": "aaa-dashboard-sandbox"},
    )


def reason(error: Exception) -> str:
    """Why a request got no answer, in the words of the operating system where it has some."""
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno)
    return str(error)[:200] or type(error).__name__


async def post(client: aiohttp.ClientSession, url: str, secret: str, body: bytes) -> Answer:
    """Sign a body and post it once. Never raises for what the other side does, and follows no redirect."""
    headers = {"Content-Type": "application/json", SIGNATURE_HEADER: sign(secret, body)}
    began = time.perf_counter()
    status, problem = None, ""
    try:
        async with client.post(url, data=body, headers=headers, allow_redirects=False) as response:
            await response.read()
            status = response.status
    except TimeoutError:
        problem = "no answer in time"
    except (aiohttp.ClientError, ValueError, OSError) as error:
        problem = reason(error)
    return Answer(status, (time.perf_counter() - began) * 1000, problem)


@dataclass(frozen=True)
class _Errand:
    id: int
    delivery: Delivery
    number: int = 1


class Deliverer:
    """Keeps `concurrency` posts under way.

    Args:
        retry_scale: Factor on X's timetable.
        log: Told of every attempt.
    """

    def __init__(
        self, client: aiohttp.ClientSession, url: str, secret: str, log: Log, retry_scale: float, concurrency: int
    ) -> None:
        self.client, self.url, self.secret, self.log = client, url, secret, log
        self.retry_scale, self.concurrency = retry_scale, concurrency
        self.delivered = self.lost = self.under_way = 0
        self._ready: asyncio.Queue[_Errand] = asyncio.Queue()
        self._resting: dict[int, asyncio.TimerHandle] = {}

    @property
    def waiting(self) -> int:
        """Deliveries that are neither answered 200 nor given up."""
        return self._ready.qsize() + len(self._resting) + self.under_way

    def offer(self, delivery: Delivery) -> bool:
        """Take a delivery to be posted as soon as possible.

        Returns:
            False when too much is waiting already; the delivery is lost then.
        """
        if self.waiting >= MAX_WAITING:
            self.lost += 1
            return False
        self._ready.put_nowait(_Errand(new_id(time.time_ns() // 1_000_000), delivery))
        return True

    async def run(self) -> None:
        """Work until cancelled. What rests between two attempts is forgotten then."""
        try:
            async with asyncio.TaskGroup() as workers:
                for _ in range(self.concurrency):
                    workers.create_task(self._work())
        finally:
            for timer in self._resting.values():
                timer.cancel()
            self._resting.clear()

    async def _work(self) -> None:
        while True:
            errand = await self._ready.get()
            self.under_way += 1
            try:
                at = datetime.now(UTC)
                answer = await post(self.client, self.url, self.secret, errand.delivery.body)
            finally:
                self.under_way -= 1
            is_last = answer.is_received or errand.number > len(RETRY_AFTER_SECONDS)
            self.log.note(Attempted(errand.id, errand.delivery, errand.number, at, answer, is_last))
            if answer.is_received:
                self.delivered += 1
            elif is_last:
                self.lost += 1
            else:
                self._rest(errand)

    def _rest(self, errand: _Errand) -> None:
        """Put a failed errand aside until its next attempt is due."""
        seconds = RETRY_AFTER_SECONDS[errand.number - 1] * self.retry_scale
        again = _Errand(errand.id, errand.delivery, errand.number + 1)

        def wake() -> None:
            del self._resting[errand.id]
            self._ready.put_nowait(again)

        self._resting[errand.id] = asyncio.get_running_loop().call_later(seconds, wake)
