"""Rows that pages hold although what they show is gone: a post was taken out of the event, or the event has left.

Erasing is done by another process and leaves its mark on the event alone. So the events that open pages hold are looked
at again by their ids: whichever way something was erased, no page goes on showing it.
"""

import time
from bisect import bisect_right
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from aaa_dashboard.deliveries.models import Event

LOOK_SECONDS = 1.0
MOST_A_LOOK = 1_000
"""Primary keys that are asked for at once, for all pages together; beyond them they take turns."""


@dataclass(frozen=True, slots=True)
class Erased:
    """Events that are no longer what their rows show."""

    redacted: Mapping[int, datetime]
    """Those that still have a row, with when a post was taken out of them last."""
    gone: frozenset[int]

    def __bool__(self) -> bool:
        return bool(self.redacted or self.gone)


class Erasures:
    """What all pages were told of, so that each redaction is told once."""

    def __init__(self) -> None:
        self._told: dict[int, datetime] = {}
        self._last = 0
        self._looked = float("-inf")

    @property
    def is_due(self) -> bool:
        return time.monotonic() >= self._looked + LOOK_SECONDS

    def look(self, held: Collection[int]) -> Erased:
        """Find what was erased since the last look, among events that pages hold. At most one query."""
        self._looked = time.monotonic()
        self._told = {id_: at for id_, at in self._told.items() if id_ in held}
        some = self._some(sorted(held))
        found = _redactions(some)
        new = {id_: at for id_, at in found.items() if at and self._told.get(id_) != at}
        self._told |= new
        return Erased(new, frozenset(some) - found.keys())

    def _some(self, ids: list[int]) -> list[int]:
        start = bisect_right(ids, self._last) if len(ids) > MOST_A_LOOK else 0
        some = ids[start : start + MOST_A_LOOK] or ids[:MOST_A_LOOK]
        self._last = some[-1] if some else 0
        return some


def erased_of(held: Collection[int]) -> Erased:
    """Find whatever was erased among events that a page holds, at whatever time. At most one query."""
    found = _redactions(held)
    return Erased({id_: at for id_, at in found.items() if at}, frozenset(held) - found.keys())


def _redactions(ids: Collection[int]) -> dict[int, datetime | None]:
    return dict(Event.objects.filter(pk__in=ids).values_list("pk", "redacted_at")) if ids else {}
