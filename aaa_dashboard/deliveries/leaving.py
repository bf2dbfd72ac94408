"""How events leave: with everything that points at them.

Whoever locks several rows of these tables does it in one order: events by id, what is known of their handing over, the
follower of copies, copies of posts by event and post, the takedown that counts. The receiver alone takes events by key:
so who takes several at once takes those that are free.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import QuerySet

from .models import Event, HandedOver
from .takedown.models import ContainedPost


class Left(NamedTuple):
    """What became of events that were to leave."""

    deleted: int
    held: int | None
    """Id of the first that somebody held, and which is still there: try again from it."""


def delete_events(ids: Sequence[int]) -> Left:
    """Delete events, the index of their posts and what is known of their handing over. One transaction.

    One alone is waited for. Of several, what somebody holds at the moment stays.
    """
    if not ids:
        return Left(0, None)
    with transaction.atomic():
        free = _take(ids)
        for rows in (HandedOver.objects.filter(event_id__in=free), ContainedPost.objects.filter(event_id__in=free)):
            lock_in_order(rows)
            rows.delete()
        deleted, _ = Event.objects.filter(pk__in=free).delete()
        held = Event.objects.filter(pk__in=set(ids).difference(free)).order_by("pk").values_list("pk", flat=True)
        return Left(deleted, held.first())


def lock_in_order(rows: QuerySet[Any]) -> None:
    """Lock rows in the order of their keys. SQLite has one writer at a time, and no rows to lock."""
    if connection.features.has_select_for_update:
        list(rows.order_by("pk").select_for_update().values_list("pk"))


def _take(ids: Sequence[int]) -> list[int]:
    events = Event.objects.filter(pk__in=ids).order_by("pk").values_list("pk", flat=True)
    if not connection.features.has_select_for_update:
        return list(ids)
    return list(events.select_for_update(skip_locked=len(ids) > 1))
