"""The sandbox's clock: everything that X dates is dated by it, so that a test need not wait for days to pass.

It runs as fast as the machine's and may be moved ahead, never back: ids carry their time and must keep their order.
Nor further than a year in all: ids end where 63 bits do, and dates where Python's do.
What it is not used for: timestamps of OAuth, which whoever signs takes from the machine's clock, and time-outs.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

FURTHEST = timedelta(days=365)

_ahead = timedelta()
_listeners: set[Callable[[], object]] = set()


def now() -> datetime:
    """The time, with its zone (UTC)."""
    return datetime.now(UTC) + _ahead


def now_ms() -> int:
    """The time in milliseconds since 1970, as X writes it into ids and events."""
    return time.time_ns() // 1_000_000 + _ahead // timedelta(milliseconds=1)


def ahead() -> timedelta:
    """How far it is ahead of the machine's clock."""
    return _ahead


def advance(by: timedelta) -> None:
    """Move it ahead.

    Raises:
        ValueError: `by` would move it back, or too far.
    """
    global _ahead  # noqa: PLW0603 - there is one clock
    if by < timedelta():
        raise ValueError("The clock does not run backwards.")
    if by > FURTHEST - _ahead:
        raise ValueError("The clock goes ahead of the machine's by a year at most, in all.")
    _ahead += by
    for listener in tuple(_listeners):
        listener()


@contextlib.contextmanager
def alarm(event: asyncio.Event) -> Iterator[None]:
    """Set the event of the running loop whenever the clock is moved, from whichever thread, while the context lasts."""
    loop = asyncio.get_running_loop()

    def ring() -> None:
        loop.call_soon_threadsafe(event.set)

    _listeners.add(ring)
    try:
        yield
    finally:
        _listeners.discard(ring)


async def sleep(seconds: float) -> None:
    """Wait so long by this clock: not at all where it is moved ahead far enough meanwhile."""
    end = now_ms() + seconds * 1000
    moved = asyncio.Event()
    with alarm(moved):
        while (left := (end - now_ms()) / 1000) > 0:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await moved.wait()
            moved.clear()
