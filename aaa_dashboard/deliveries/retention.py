"""How long records about the traffic itself are kept. Events are not touched here."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Model, QuerySet

from aaa_dashboard.deliveries.models import Refusal, TrafficMinute

KEEP_REFUSALS = timedelta(days=30)
# A little more than a year, so that a month can be compared with the same month of the year before.
KEEP_TRAFFIC = timedelta(days=400)
# Small enough that the receiver's next commit does not wait noticeably, which matters on SQLite.
BATCH = 500


@dataclass(frozen=True)
class Pruned:
    """Numbers of rows that were removed."""

    refusals: int
    traffic_minutes: int


def prune_refusals(now: datetime) -> Pruned:
    """Remove refusals and minutes of traffic that are older than they are kept. Safe to repeat and to interrupt."""
    return Pruned(
        refusals=_delete_in_batches(Refusal.objects.filter(at__lt=now - KEEP_REFUSALS)),
        traffic_minutes=_delete_in_batches(TrafficMinute.objects.filter(minute__lt=now - KEEP_TRAFFIC)),
    )


def _delete_in_batches(rows: QuerySet[Any]) -> int:
    model: type[Model] = rows.model
    total = 0
    while keys := list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        deleted, _ = model._default_manager.filter(pk__in=keys).delete()
        total += deleted
    return total
