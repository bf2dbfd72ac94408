"""Keep the deliveries of one webhook: post them, and post them again on X's timetable until they are answered 200.

What waits for its next attempt waits in memory as well as in the log: nothing here ever blocks whoever makes
deliveries, and a receiver that is down costs no more than the room for `MAX_WAITING` bodies.
"""

import asyncio
import contextlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from heapq import heappop, heappush
from typing import Protocol

import aiohttp

from .. import clock, faults
from ..mint import Delivery, new_id
from .mishaps import tampered
from .posting import Answer, post

# Seconds after a failed attempt. Source: X, Account Activity API, “Managing webhooks and subscriptions”, retries.
RETRY_AFTER_SECONDS = (3.0, 27.0, 242.0)
MAX_WAITING = 20_000


@dataclass(frozen=True, slots=True)
class Target:
    """A webhook, as far as deliveries need to know it."""

    id: int
    url: str
    secret: str


@dataclass(frozen=True, slots=True)
class Errand:
    """A delivery on its way."""

    id: int
    webhook: int
    delivery: Delivery
    number: int = 1
    """Of its next attempt."""
    due_ms: int = 0
    """By the sandbox's clock; 0 is as soon as possible."""


@dataclass(frozen=True, slots=True)
class Attempted:
    """One attempt, for the log."""

    errand: Errand
    number: int
    at: datetime
    answer: Answer
    next_ms: int | None = None
    """When it is tried again; None: not at all."""
    fault: str = ""
    replay: int | None = None


class Log(Protocol):
    """Whoever wants to know of every delivery. Called from the event loop: it must not block."""

    def made(self, errand: Errand) -> None: ...

    def note(self, attempted: Attempted) -> None: ...

    def lost(self, errand: Errand) -> None: ...


class Deliverer:
    """Keeps `concurrency` posts under way.

    Args:
        retry_scale: Factor on X's timetable.
        log: Told of every delivery and attempt.
    """

    def __init__(
        self, target: Target, client: aiohttp.ClientSession, log: Log, retry_scale: float, concurrency: int
    ) -> None:
        self.target, self.client, self.log = target, client, log
        self.retry_scale, self.concurrency = retry_scale, concurrency
        self.is_open = True
        """Whether the webhook is valid; while it is not, nothing is taken, and what comes due is lost."""
        self.delivered = self.gone = self.under_way = 0
        self._ready: asyncio.Queue[Errand] = asyncio.Queue()
        self._resting: list[tuple[int, int, Errand]] = []
        self._changed = asyncio.Event()

    @property
    def waiting(self) -> int:
        """Deliveries that are neither answered 200 nor given up."""
        return self._ready.qsize() + len(self._resting) + self.under_way

    def offer(self, delivery: Delivery, after_seconds: float = 0.0) -> bool:
        """Take a delivery to be posted as soon as possible, or after some seconds.

        Returns:
            False when the webhook is invalid or too much is waiting already; the delivery is lost then.
        """
        if not self.is_open or self.waiting >= MAX_WAITING:
            self.gone += 1
            return False
        due_ms = clock.now_ms() + round(after_seconds * 1000) if after_seconds else 0
        errand = Errand(new_id(clock.now_ms()), self.target.id, delivery, due_ms=due_ms)
        self.log.made(errand)
        self.resume([errand])
        return True

    def resume(self, errands: Iterable[Errand]) -> None:
        """Take errands that the log knows already."""
        for errand in errands:
            if errand.due_ms:
                heappush(self._resting, (errand.due_ms, errand.id, errand))
                self._changed.set()
            else:
                self._ready.put_nowait(errand)

    async def run(self) -> None:
        """Work until cancelled. What waits then is resumed from the log after the next start."""
        async with asyncio.TaskGroup() as workers:
            workers.create_task(self._wake())
            for _ in range(self.concurrency):
                workers.create_task(self._work())

    async def _wake(self) -> None:
        """Send errands on their way when they are due, however the clock is moved."""
        with clock.alarm(self._changed):
            while True:
                self._changed.clear()
                while self._resting and self._resting[0][0] <= clock.now_ms():
                    self._ready.put_nowait(heappop(self._resting)[2])
                until = (self._resting[0][0] - clock.now_ms()) / 1000 if self._resting else None
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(until):
                        await self._changed.wait()

    async def _work(self) -> None:
        while True:
            errand = await self._ready.get()
            self.under_way += 1
            try:
                if self.is_open:
                    await self._attempt(errand)
                else:
                    self._give_up(errand)
            finally:
                self.under_way -= 1

    def _give_up(self, errand: Errand) -> None:
        self.gone += 1
        self.log.lost(errand)

    async def _attempt(self, errand: Errand) -> None:
        at = clock.now()
        body, secret, fault = tampered(errand.delivery.body, self.target.secret)
        answer = await post(self.client, self.target.url, secret, body)
        next_ms = None
        if answer.is_received:
            self.delivered += 1
        elif errand.number > len(RETRY_AFTER_SECONDS):
            self.gone += 1
        else:
            seconds = RETRY_AFTER_SECONDS[errand.number - 1] * self.retry_scale
            next_ms = clock.now_ms() + round(seconds * 1000)
            self.resume([replace(errand, number=errand.number + 1, due_ms=next_ms)])
        self.log.note(Attempted(errand, errand.number, at, answer, next_ms, fault))
        if answer.is_received and faults.strikes("duplicated"):
            at, again = clock.now(), await post(self.client, self.target.url, secret, body)
            self.log.note(Attempted(errand, errand.number + 1, at, again, fault="duplicated"))
