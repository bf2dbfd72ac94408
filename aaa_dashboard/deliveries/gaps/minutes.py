"""What the minutes of traffic say of a stretch of time: who was there, what came, and what was refused."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import QuerySet

from ..models import Event, Refusal, TrafficMinute
from ..traffic import MINUTE
from .stretches import Stretch, union

# A minute is closed when the receiver gets to it. One that comes later than this was not there meanwhile: its process
# was stopped, or its machine slept.
CLOSED_WITHIN = timedelta(seconds=15)
SEND_AGAIN = ("queue full", "not stored", "database away", "no usable secret")
"""Reasons of refusals that are answered 503: X did nothing wrong and is to send it again."""


class Row(NamedTuple):
    """What is read of one row."""

    minute: datetime
    began_at: datetime
    until: datetime
    deliveries: int
    refusals: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Minutes:
    """The minutes of one app in a stretch of time, of all its receivers."""

    app_id: int
    rows: tuple[Row, ...]

    def covered(self) -> list[Stretch]:
        """When at least one receiver was there. A clock that was set back makes a row that covers nothing."""
        return union(Stretch(row.began_at, min(row.until, row.minute + MINUTE + CLOSED_WITHIN)) for row in self.rows)

    def delivered(self) -> list[Stretch]:
        """Minutes in which something came, whole ones."""
        return union(Stretch(row.minute, row.minute + MINUTE) for row in self.rows if row.deliveries)

    def answers(self) -> dict[datetime, tuple[int, int]]:
        """Numbers of what was taken and of what was to be sent again, by minute, over all receivers."""
        taken: Counter[datetime] = Counter()
        refused: Counter[datetime] = Counter()
        for row in self.rows:
            taken[row.minute] += row.deliveries
            refused[row.minute] += sum(row.refusals.get(reason, 0) for reason in SEND_AGAIN)
        return {minute: (taken[minute], refused[minute]) for minute in sorted(taken)}


def read(app_id: int, since: datetime) -> Minutes:
    """Read the minutes of an app from a moment on."""
    rows = TrafficMinute.objects.filter(app=app_id, minute__gte=since - MINUTE).order_by("minute")
    # Optimization: tuples of the five columns; a worker that was away for days reads tens of thousands.
    return Minutes(app_id, tuple(Row(*values) for values in rows.values_list(*Row._fields)))


def first(app_id: int) -> datetime | None:
    """When a receiver of the app was there for the first time that is known."""
    rows = TrafficMinute.objects.filter(app=app_id).order_by("minute")
    return rows.values_list("began_at", flat=True).first()


def first_event(app_id: int, within: Stretch) -> datetime | None:
    """When the first event of a stretch came."""
    return _events(app_id, within).order_by("received_at").values_list("received_at", flat=True).first()


def last_event(app_id: int, within: Stretch) -> datetime | None:
    """When the last event of a stretch came."""
    return _events(app_id, within).order_by("-received_at").values_list("received_at", flat=True).first()


def refused_at(app_id: int, within: Stretch) -> list[datetime]:
    """When deliveries of a stretch were refused though they were X's; of each minute the first few."""
    refusals = Refusal.objects.filter(
        app=app_id, reason__in=SEND_AGAIN, at__gte=within.began_at, at__lt=within.ended_at
    )
    return list(refusals.order_by("at").values_list("at", flat=True))


def _events(app_id: int, within: Stretch) -> QuerySet[Event]:
    return Event.objects.filter(app=app_id, received_at__gte=within.began_at, received_at__lt=within.ended_at)
