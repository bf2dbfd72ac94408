"""What X takes for a window: how old, how long, in whole minutes of UTC.

Source: X, “Replay API” (reference): from at most five days and at least 31 minutes ago, to at least 10 minutes ago.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil

from django.conf import settings

MINUTE = timedelta(minutes=1)
REACHES_BACK = timedelta(days=5)
TOO_OLD = "X keeps deliveries for five days, and this was older when X could be asked."
LONGEST_JOB = timedelta(hours=2)
"""What X recommends for one job."""
CLOCKS_DIFFER = timedelta(seconds=10)
"""X's clock decides, ours may be ahead of it."""
PER_SECOND = 2500
"""At most so many deliveries come in a second."""


@dataclass(frozen=True, slots=True)
class Window:
    """`[begin, end)`, in whole minutes."""

    begin: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        return self.end - self.begin

    @property
    def askable_at(self) -> datetime:
        """When it is old enough for X."""
        return max(self.begin + begins_before(), self.end + ends_before()) + CLOCKS_DIFFER

    def jobs(self) -> Iterator["Window"]:
        """Cut into parts of about the same length, none longer than X recommends; the oldest first."""
        parts = max(1, ceil(self.length / LONGEST_JOB))
        cuts = [down(self.begin + self.length * number / parts) for number in range(parts)]
        yield from (Window(begin, end) for begin, end in zip(cuts, [*cuts[1:], self.end], strict=True))

    def within_reach(self, now: datetime) -> "Window | None":
        """Return what of it X still has; None: nothing."""
        begin = max(self.begin, oldest(now))
        return Window(begin, self.end) if begin < self.end else None


def begins_before() -> timedelta:
    """How old the beginning has to be."""
    return timedelta(minutes=settings.X_REPLAY_FROM_MINUTES)


def ends_before() -> timedelta:
    """How old the end has to be."""
    return timedelta(minutes=settings.X_REPLAY_TO_MINUTES)


def oldest(now: datetime) -> datetime:
    """The first minute that X still takes, and will take a little later as well."""
    return up(now - REACHES_BACK + MINUTE)


def newest(now: datetime) -> datetime:
    """The last minute at which a window may end."""
    return down(now - ends_before() - CLOCKS_DIFFER)


def around(begin: datetime, end: datetime) -> Window:
    """Whole minutes around a stretch, with one more at each side: nobody's clock is exact to the second."""
    return Window(down(begin) - MINUTE, up(end) + MINUTE)


def down(at: datetime) -> datetime:
    """Return the minute in which a moment lies."""
    return at.astimezone(UTC).replace(second=0, microsecond=0)


def up(at: datetime) -> datetime:
    """Return the first minute that does not begin before a moment."""
    whole = down(at)
    return whole if whole == at else whole + MINUTE
