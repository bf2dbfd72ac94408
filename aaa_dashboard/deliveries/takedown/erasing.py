"""Takes posts out of the events that hold them: the payload, the words for search, and then the index row.

An event is one short transaction, with its row taken: two posts that leave one event cannot bring each other back.
"""

from collections.abc import Mapping
from datetime import datetime
from time import monotonic

from django.db import connection, transaction
from django.db.models import QuerySet

from ..leaving import lock_in_order
from ..models import Event
from ..pace import Pace
from . import unsplit
from .counting import IN_UNSPLIT, count
from .index import OF_ITS_POSTS
from .models import ContainedPost, Takedown, Tombstone
from .posts import redacted
from .search_index import ask_to_forget

POSTS_AT_ONCE = 100

Wishes = Mapping[tuple[str, bool], Takedown]
"""Takedowns under way, by id and by whether it is a post's."""


def erase(give_up_at: float, now: datetime) -> int:
    """Mark the copies of posts that were entombed, and take out what is due. Safe to repeat and at the same time.

    Args:
        give_up_at: On the monotonic clock; the rest is left to the next run.
        now: Written to the events.

    Returns:
        How many events something was taken out of.
    """
    _forget_what_lies_free()
    open_takedowns = Takedown.objects.filter(done_at=None)
    wishes = {(each.x_id, each.what == Takedown.What.POST): each for each in open_takedowns}
    while monotonic() < give_up_at and _mark_entombed(give_up_at):
        pass
    unsplit.sweep(give_up_at, now, lambda post_id: _count_unsplit(wishes.get((post_id, True))))
    erased, pace, last = 0, Pace(), 0
    due = ContainedPost.objects.filter(due=True).order_by("event_id").values_list("event_id", flat=True)
    while monotonic() < give_up_at and (ids := list(due.filter(event_id__gt=last)[: pace.size])):
        for event_id in dict.fromkeys(ids):
            # One event a batch: the receiver, which counts redeliveries, takes rows in another order.
            with pace:
                erased += _take_out(event_id, now, wishes)
        last = ids[-1]
    if erased:
        ask_to_forget()
    return erased


def _mark_entombed(give_up_at: float) -> bool:
    """Mark the copies of some posts; False when there is none left to mark."""
    unmarked = Tombstone.objects.filter(marked=False).order_by("pk")
    posts = list(unmarked.values_list("post_id", flat=True)[:POSTS_AT_ONCE])
    if not posts or not mark(ContainedPost.objects.filter(post_id__in=posts), give_up_at):
        return False
    Tombstone.objects.filter(post_id__in=posts).update(marked=True)
    return True


def mark(copies: QuerySet[ContainedPost], give_up_at: float) -> bool:
    """Make copies due, in small batches. False when the time was over first.

    What is indexed meanwhile comes due by itself, since the reason was written down before (`index.lock`).
    """
    pace = Pace()
    unmarked = copies.filter(due=False).order_by("event_id").values_list("pk", flat=True)
    while monotonic() < give_up_at:
        with pace:
            if not (keys := list(unmarked[: pace.size])):
                return True
            rows = ContainedPost.objects.filter(pk__in=keys)
            lock_in_order(rows)
            rows.update(due=True)
    return False


def _take_out(event_id: int, now: datetime, wishes: Wishes) -> bool:
    """Take what is due out of one event. Counts it for those who asked, in the same transaction."""
    with transaction.atomic():
        event = Event.objects.select_for_update().filter(pk=event_id).only("kind", "payload").first()
        due = list(ContainedPost.objects.filter(event_id=event_id, due=True).order_by("pk").select_for_update())
        posts = [row.post_id for row in due]
        if event is not None and due:
            entombed = dict(Tombstone.objects.filter(post_id__in=posts).values_list("post_id", "why"))
            whys = {post_id: str(entombed.get(post_id, Tombstone.Why.TAKEN_DOWN)) for post_id in posts}
            left = redacted(event.kind, event.payload, whys)
            if left.places:
                changed = {"payload": left.payload, "text": left.text, "redacted_at": now}
                Event.objects.filter(pk=event_id).update(**changed)
            for row in due:
                _count(row, left.places.get(row.post_id), wishes)
        ContainedPost.objects.filter(event_id=event_id, post_id__in=posts).delete()
    return event is not None and bool(due)


def _count_unsplit(wish: Takedown | None) -> None:
    if wish is not None:
        count(wish, {IN_UNSPLIT: 1})


def _count(row: ContainedPost, place: str | None, wishes: Wishes) -> None:
    wish = wishes.get((row.post_id, True)) or wishes.get((row.author_id, False))
    if place is None or wish is None or not (wish.what == Takedown.What.POST or wish.what in OF_ITS_POSTS):
        return
    count(wish, {place: 1})


def _forget_what_lies_free() -> None:
    """Have SQLite write zeros over what leaves its file; PostgreSQL's vacuum gives the space to others."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA secure_delete = ON")
