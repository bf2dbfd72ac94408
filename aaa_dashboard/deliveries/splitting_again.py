"""Bodies that could not be taken apart, once a fix is there: split as when they came, and stored as any delivery is."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction

from aaa_dashboard.audit import Actor, record

from .models import Unsplit
from .split import CannotSplit, NotAnObject, Row, split
from .store import Delivery, Store, open_store


@dataclass(slots=True)
class SplitAgain:
    """What became of them."""

    split: int = 0
    events: int = 0
    """Items that were in those; the ones that had come by another delivery as well are counted there."""
    left: int = 0
    """Bodies that cannot be taken apart still."""


def split_again(keys: Iterable[int], *, by: Actor) -> SplitAgain:
    """Take bodies apart anew. Safe to repeat, to interrupt, and at the same time: the database knows what it has.

    A body leaves when its events are stored, with the time of its receipt; what must not be kept is found in them as in
    any other. Not to be called in a transaction, which would keep the store waiting.

    Args:
        keys: Of rows of `Unsplit`; those that were emptied or are gone are passed over.
        by: Who wants it.
    """
    done, store = SplitAgain(), open_store()
    try:
        for key in keys:
            found = Unsplit.objects.filter(pk=key).exclude(body=b"").first()
            if found is not None:
                _split_again(found, store, by, done)
    finally:
        store.close()
    return done


def _split_again(found: Unsplit, store: Store, by: Actor, done: SplitAgain) -> None:
    try:
        rows: list[Row] = split(bytes(found.body), found.received_at)
    except (CannotSplit, NotAnObject):
        done.left += 1
        return
    store.save([Delivery(found.app_id, bytes(found.body), found.received_at, rows)])
    with transaction.atomic():
        record(by, "split a delivery again", found, after={"events": len(rows)})
        found.delete()
    done.split += 1
    done.events += len(rows)
