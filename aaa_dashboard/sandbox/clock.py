"""The sandbox's clock: everything that X dates is dated by it, so that a test need not wait for days to pass.

It runs as fast as the machine's and may be moved ahead, never back: ids carry their time and must keep their order.
What it is not used for: timestamps of OAuth, which whoever signs takes from the machine's clock, and time-outs.
"""

import time
from datetime import UTC, datetime, timedelta

_ahead = timedelta()


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
        ValueError: `by` would move it back.
    """
    global _ahead  # noqa: PLW0603 - there is one clock
    if by < timedelta():
        raise ValueError("The clock does not run backwards.")
    _ahead += by
