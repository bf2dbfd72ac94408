"""Ids that were passed over.

Ids are given out before a commit and become visible after it, so a lower id may appear after a higher one when several
receivers write, and on PostgreSQL a duplicate uses up an id that never appears. A reader that only looks above the
highest id it saw would skip the first and cannot tell it from the second. So every stretch of ids that was passed over
stays open for a while and is looked into again.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

KEEP_SECONDS = 10.0
"""A commit that takes longer than this is not waited for: the receiver's own limit is well below."""
SKEW_SECONDS = 60.0
"""By so much the clocks of two machines may differ. NTP keeps them within a fraction of it."""
YOUNG_SECONDS = 1.0
"""Holes younger than this are looked into at every tick, older ones once in this time."""
MOST = 5_000
"""So many stretches are kept; beyond them the oldest are given up, so that a flood of duplicates costs no memory."""


@dataclass(frozen=True, slots=True)
class Hole:
    """The ids `low` to `high`, both included, noticed at `since` on the caller's clock."""

    low: int
    high: int
    since: float


class Holes:
    """What lies open below `top`, the highest id seen. All times are seconds on a clock that never goes back."""

    def __init__(self, top: int = 0) -> None:
        self.top = top
        self._open: list[Hole] = []
        self._looked_into_old = float("-inf")

    def __len__(self) -> int:
        return len(self._open)

    @property
    def watermark(self) -> int:
        """The highest id at and below which nothing is awaited any more."""
        return self._open[0].low - 1 if self._open else self.top

    def advance(self, ids: Iterable[int], now: float) -> None:
        """Take in ids above `top`, in ascending order; what they pass over becomes holes."""
        for id_ in ids:
            if id_ > self.top + 1:
                self._open.append(Hole(self.top + 1, id_ - 1, now))
            self.top = id_
        if len(self._open) > MOST:
            oldest = sorted(self._open, key=lambda hole: hole.since)[-MOST:]
            self._open = sorted(oldest, key=lambda hole: hole.low)

    def fill(self, ids: Iterable[int]) -> None:
        """Take in ids that have appeared inside holes; what is left of a hole keeps its age."""
        for id_ in ids:
            at = bisect_right(self._open, id_, key=lambda hole: hole.low) - 1
            if at < 0 or id_ > self._open[at].high:
                continue
            hole = self._open[at]
            rest = [Hole(hole.low, id_ - 1, hole.since), Hole(id_ + 1, hole.high, hole.since)]
            self._open[at : at + 1] = [part for part in rest if part.low <= part.high]

    def due(self, now: float) -> list[tuple[int, int]]:
        """Return the stretches to look into now, and give up those that were open for too long."""
        self._open = [hole for hole in self._open if now - hole.since < KEEP_SECONDS]
        if now - self._looked_into_old >= YOUNG_SECONDS:
            self._looked_into_old = now
            return [(hole.low, hole.high) for hole in self._open]
        return [(hole.low, hole.high) for hole in self._open if now - hole.since < YOUNG_SECONDS]
