"""The database's side of the feed: finds what is new and renders it. Everything here runs in the feed's own thread."""

import time
from collections import OrderedDict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import NamedTuple

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from aaa_dashboard.deliveries.models import Event

from ..filters import Filters
from ..names import NameCache
from ..queries import PAGE
from ..rows import ROW_FIELDS, render, rows_of
from . import messages
from .erasures import Erased, Erasures, erased_of
from .holes import KEEP_SECONDS, SKEW_SECONDS, Holes
from .messages import Message

Head = tuple[int, str, str]
"""Id, category and account of an event: enough to know which pages show it."""

MOST_A_TICK = 100
"""Rows that one page is sent at once; a person reads no faster, and the page says how many were left out."""
MOST_TO_CATCH_UP = 200
"""What a page may have missed before it is given the newest page instead: as many rows as it holds."""
_HEADS = 10_000
_RANGES_A_QUERY = 200  # SQLite nests conditions to a depth of 1000
_ROWS_KEPT = 2_000
_ROWS_KEPT_SECONDS = 30.0
"""Long enough for all pages that come back after a restart; then a post that was erased meanwhile is gone here too."""


@dataclass(frozen=True, slots=True)
class View:
    """What a page shows: its filters, and whether its reader may open direct messages."""

    filters: Filters
    readable: bool


def settled_id() -> int:
    """Return an id below which every commit has long landed: a place from which nothing can be missed.

    `received_at` is the clock of the receiver's machine, now is this one's: they may differ by `SKEW_SECONDS`. The id
    of `deliveries.following` is as old as the last who asked, and a page may be the first in hours, without a worker.
    """
    old = Event.objects.filter(received_at__lt=timezone.now() - timedelta(seconds=KEEP_SECONDS + SKEW_SECONDS))
    newest = old.order_by("-received_at").values_list("id", flat=True).first()
    return newest or 0


class _Drawn(NamedTuple):
    html: str
    drawn_at: float
    """On the monotonic clock."""
    redacted_at: datetime | None
    """Of the event, as it was then."""


class Reader:
    """Where the feed stands. Begins with the first question and ends with `stop`."""

    def __init__(self) -> None:
        self._holes: Holes | None = None
        self._erasures = Erasures()
        self._names = NameCache()
        self._rendered: OrderedDict[tuple[int, bool], _Drawn] = OrderedDict()

    def stop(self) -> None:
        """Forget the position and give the connection back."""
        self._holes = None
        self._rendered.clear()
        self.disconnect()

    def disconnect(self) -> None:
        """Give up a connection that fails; the position stays, so that nothing is skipped meanwhile."""
        connection.close()

    def tick(self, views: Collection[View]) -> tuple[int, dict[View, Message]]:
        """Find what has become visible since the last call.

        Returns:
            The new watermark, and a message for each view that shows any of what was found.
        """
        holes = self._begin()
        heads = self._new_heads(holes)
        found: dict[View, Message] = {}
        for view in views if heads else ():
            ids = [id_ for id_, category, account in heads if view.filters.admit(category, account)]
            if ids:
                shown = sorted(ids, reverse=True)[:MOST_A_TICK]
                html = self._html(shown, view.readable)
                found[view] = messages.rows(html, shown, holes.watermark, left_out=len(ids) - len(shown))
        return holes.watermark, found

    @property
    def look_is_due(self) -> bool:
        return self._erasures.is_due

    def look(self, held: Collection[int], readers: Collection[bool]) -> dict[bool, Message]:
        """Find what was erased since the last look, among events that pages hold.

        Args:
            held: Ids of the events.
            readers: Whether those who watch may open direct messages: some may, some may not, or both.

        Returns:
            What to tell pages that hold any of it, for each of `readers`; empty: nothing.
        """
        erased = self._erasures.look(held)
        return {readable: self._erased(erased, readable) for readable in readers} if erased else {}

    def catch_up(self, view: View, position: int) -> Message:
        """Return what a page at `position` has missed, as far as the feed has come; a beat where it missed nothing."""
        holes = self._begin()
        missed = view.filters.narrow(Event.objects.filter(id__gt=position, id__lte=holes.top))
        ids = list(missed.order_by("-id").values_list("id", flat=True)[: MOST_TO_CATCH_UP + 1])
        if len(ids) > MOST_TO_CATCH_UP:
            return messages.replacement(self._html(ids[:PAGE], view.readable), ids[:PAGE], holes.watermark)
        if ids:
            return messages.rows(self._html(ids, view.readable), ids, holes.watermark)
        return messages.beat(holes.watermark)

    def erased_meanwhile(self, view: View, held: Collection[int]) -> Message | None:
        """Return what a page is to be told that holds these events, whatever it was told before; None: nothing."""
        erased = erased_of(held)
        return self._erased(erased, view.readable) if erased else None

    def _erased(self, erased: Erased, readable: bool) -> Message:
        for id_ in erased.gone:
            self._rendered.pop((id_, readable), None)
        for id_, at in erased.redacted.items():
            if (drawn := self._rendered.get((id_, readable))) and drawn.redacted_at != at:
                del self._rendered[id_, readable]
        return messages.erased(self._html(sorted(erased.redacted), readable), erased, self._begin().watermark)

    def _begin(self) -> Holes:
        if self._holes is None:
            self._holes = holes = Holes(settled_id())
            self._new_heads(holes)
        return self._holes

    def _new_heads(self, holes: Holes) -> list[Head]:
        now = time.monotonic()
        filled: list[Head] = []
        ranges = holes.due(now)
        for start in range(0, len(ranges), _RANGES_A_QUERY):
            some = ranges[start : start + _RANGES_A_QUERY]
            # The outer range keeps a planner that does not see through the alternatives from reading the whole table.
            outer = Q(id__range=(some[0][0], some[-1][1]))
            filled += _heads(outer & reduce(or_, (Q(id__range=each) for each in some)))
        holes.fill(head[0] for head in filled)
        above: list[Head] = []
        while True:
            found = _heads(Q(id__gt=holes.top))
            holes.advance((head[0] for head in found), now)
            above += found
            if len(found) < _HEADS:
                return filled + above

    def _html(self, ids: list[int], readable: bool) -> str:
        """Render rows in the given order. Each is rendered once for all pages that may see the same."""
        self._forget_old()
        missing = [id_ for id_ in ids if (id_, readable) not in self._rendered]
        if missing:
            self._render(Event.objects.filter(id__in=missing).only(*ROW_FIELDS, "redacted_at"), readable)
        # An event may have been deleted since its id was seen; then it has no row.
        html = "".join(drawn.html for id_ in ids if (drawn := self._rendered.get((id_, readable))))
        # Only now: what is given up must not be of this very answer.
        while len(self._rendered) > _ROWS_KEPT:
            self._rendered.popitem(last=False)
        return html

    def _render(self, found: Iterable[Event], readable: bool) -> None:
        events = list(found)
        names = self._names.lookup({event.for_user_id for event in events} | {event.actor_id for event in events})
        for row in rows_of(events, names, readable=readable):
            self._rendered[row.event.pk, readable] = _Drawn(render(row), time.monotonic(), row.event.redacted_at)

    def _forget_old(self) -> None:
        """They stand in the order in which they were rendered."""
        old = time.monotonic() - _ROWS_KEPT_SECONDS
        while self._rendered and next(iter(self._rendered.values())).drawn_at < old:
            self._rendered.popitem(last=False)


def _heads(condition: Q) -> list[Head]:
    found = Event.objects.filter(condition).order_by("id").values_list("id", "category", "for_user_id")
    return list(found[:_HEADS])
