"""Going through a table behind the receiver, in the order of ids, and missing nothing.

On PostgreSQL commits land out of that order: an id may appear long after a higher one. The receiver's statements last
at most 8 s (`store.postgresql`), so what was given out longer than `SETTLES` ago is there or will never be. SQLite
commits one after another: what is visible there is complete.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Model

from aaa_dashboard.clocks import has_come

from .models import Follower, Horizon

SETTLES = timedelta(seconds=15)
LEASE = timedelta(minutes=2)


def newest_id(model: type[Model]) -> int:
    """Return the highest id of a table, 0 where it is empty."""
    newest: int | None = model._default_manager.order_by("-pk").values_list("pk", flat=True).first()
    return newest or 0


def settled_id(model: type[Model], now: datetime) -> int:
    """Return an id up to which a table is complete. It follows the newest one by 15 s or more, as often as asked.

    It is as old as the last who asked, which suits those who ask by the clock. Live does not: `activity.feed.reader`.
    """
    if connection.vendor == "sqlite":
        return newest_id(model)
    horizon, _ = Horizon.objects.get_or_create(table=model._meta.db_table)  # noqa: SLF001 - documented for use
    if horizon.seen_at is not None and horizon.seen_at > now + LEASE:
        # The clock was ahead: nothing is known of what was seen then, and nobody waits until it is there again.
        Horizon.objects.filter(pk=horizon.pk, seen_at=horizon.seen_at).update(seen_id=newest_id(model), seen_at=now)
        return horizon.settled_id
    if horizon.seen_at is not None and now - horizon.seen_at < SETTLES:
        return horizon.settled_id
    # Somebody else may do the same now: the first one counts, and both know that what was seen has settled.
    settled = horizon.settled_id if horizon.seen_at is None else horizon.seen_id
    seen = {"settled_id": settled, "seen_id": newest_id(model), "seen_at": now}
    Horizon.objects.filter(pk=horizon.pk, seen_at=horizon.seen_at).update(**seen)
    return settled


def passed_id(name: str) -> int:
    """Return up to which id a follower has come."""
    return Follower.objects.get_or_create(name=name)[0].passed_id


def pass_to(name: str, id_: int, **known: Any) -> bool:
    """Move a follower on, never back. With `passed_id=` only from there; holds its row until the transaction ends."""
    return bool(Follower.objects.filter(name=name, passed_id__lt=id_, **known).update(passed_id=id_))


@contextmanager
def alone(name: str, now: datetime) -> Iterator[bool]:
    """Be the only one who works under a name; False when somebody else is at it. A lease, which ends by itself."""
    Follower.objects.get_or_create(name=name)
    until = now + LEASE
    free = has_come("claimed_until", now, LEASE)
    taken = bool(Follower.objects.filter(free, name=name).update(claimed_until=until))
    try:
        yield taken
    finally:
        if taken:
            Follower.objects.filter(name=name, claimed_until=until).update(claimed_until=None)
