"""SQLite's word index keeps the words of what left in its older parts until those are merged; here they are merged.

On PostgreSQL an entry that leads nowhere is all that stays, and the vacuum takes it.
"""

from time import monotonic

from django.db import connection

from ..models import Follower
from ..pace import Pace

NAME = "search index"
_TIDY, _BEGIN, _GO_ON = 0, 1, 2
_PAGES = 16
_MERGE = "INSERT INTO deliveries_event_search(deliveries_event_search, rank) VALUES ('merge', %s)"


def ask_to_forget() -> None:
    """Note that words have left which must not stay in the index."""
    if connection.vendor == "sqlite":
        Follower.objects.update_or_create(name=NAME, defaults={"passed_id": _BEGIN})


def forget(give_up_at: float) -> bool:
    """Merge the parts of the index, some pages at a time. True when nothing of what left is in it."""
    pace = Pace()
    while (state := _state()) != _TIDY:
        if monotonic() >= give_up_at:
            return False
        with pace:
            # A negative number begins to make one part of all; then it goes on until nothing changes any more.
            changed = _merge(-_PAGES if state == _BEGIN else _PAGES)
        following = _TIDY if state == _GO_ON and not changed else _GO_ON
        Follower.objects.filter(name=NAME, passed_id=state).update(passed_id=following)
    return True


def has_forgotten() -> bool:
    """Whether nothing of what left is in the index."""
    return _state() == _TIDY


def _state() -> int:
    state: int | None = Follower.objects.filter(name=NAME).values_list("passed_id", flat=True).first()
    return state or _TIDY


def _merge(pages: int) -> bool:
    with connection.cursor() as cursor:
        before = connection.connection.total_changes
        cursor.execute(_MERGE, [pages])
        return bool(connection.connection.total_changes - before >= 2)  # fewer: SQLite's sign that it did nothing
