"""Arithmetic of stretches of time: lists in which each begins after the one before has ended."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple


class Stretch(NamedTuple):
    """From `began_at` up to `ended_at`, which does not belong to it."""

    began_at: datetime
    ended_at: datetime

    @property
    def length(self) -> timedelta:
        return self.ended_at - self.began_at

    def meets(self, other: "Stretch") -> bool:
        """Whether the two have a moment in common, or nothing between them."""
        return self.began_at <= other.ended_at and other.began_at <= self.ended_at

    def shifted(self, by: timedelta) -> "Stretch":
        return Stretch(self.began_at + by, self.ended_at + by)


def union(stretches: Iterable[Stretch], bridging: timedelta = timedelta(0)) -> list[Stretch]:
    """Bring stretches into order and into one where they meet, or are no further apart than `bridging`."""
    joined: list[Stretch] = []
    for stretch in sorted(one for one in stretches if one.ended_at > one.began_at):
        if joined and stretch.began_at - joined[-1].ended_at <= bridging:
            joined[-1] = Stretch(joined[-1].began_at, max(joined[-1].ended_at, stretch.ended_at))
        else:
            joined.append(stretch)
    return joined


def subtract(stretches: Iterable[Stretch], others: Iterable[Stretch]) -> list[Stretch]:
    """What of the stretches lies in none of the others."""
    left: list[Stretch] = []
    taken = union(others)
    position = 0
    for began_at, ended_at in union(stretches):
        while position < len(taken) and taken[position].ended_at <= began_at:
            position += 1
        at, reached = began_at, position
        # The last of the others may reach into the next stretch as well.
        while reached < len(taken) and taken[reached].began_at < ended_at:
            if at < taken[reached].began_at:
                left.append(Stretch(at, taken[reached].began_at))
            at = taken[reached].ended_at
            reached += 1
        if at < ended_at:
            left.append(Stretch(at, ended_at))
    return left


def intersect(stretches: Iterable[Stretch], others: Iterable[Stretch]) -> list[Stretch]:
    """What of the stretches lies in one of the others. Both lists are gone through once: days may be in pieces."""
    one, other = union(stretches), union(others)
    common: list[Stretch] = []
    mine = theirs = 0
    while mine < len(one) and theirs < len(other):
        both = Stretch(max(one[mine].began_at, other[theirs].began_at), min(one[mine].ended_at, other[theirs].ended_at))
        if both.began_at < both.ended_at:
            common.append(both)
        if one[mine].ended_at < other[theirs].ended_at:
            mine += 1
        else:
            theirs += 1
    return common


def total(stretches: Iterable[Stretch]) -> timedelta:
    return sum((stretch.length for stretch in stretches), timedelta(0))
