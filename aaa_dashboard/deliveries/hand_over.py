"""Where the receiving path and the rest meet: what concerns more than the list of events is handed to its owner.

A revocation, a deletion, the end of a replay: stored like any other event, and after the commit given to the function
that the owner of its kind has registered, exactly once in effect. `Waker` does it at once in the receiver's process;
the task `deliveries.hand_over` does what a crash left undone. The order is that of ids, except for what failed.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic

import structlog
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from aaa_dashboard.clocks import has_come

from .following import pass_to, passed_id, settled_id
from .models import Category, Event, HandedOver

log = structlog.get_logger(__name__)

CATEGORIES = frozenset({Category.DELETIONS.value, Category.SYSTEM.value})
FOLLOWER = "hand over"
SECONDS = 30.0
BATCH = 100
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=1)

Owner = Callable[[Event], None]
"""Called in a transaction, which is undone when it raises. It changes the database, and nothing else."""

_owners: dict[str, Owner] = {}


class NotYet(Exception):
    """Raised by an owner: the time has not come, call again later."""


@dataclass(slots=True)
class Swept:
    """What a sweep did."""

    done: int = 0
    failed: int = 0
    """To be tried again."""


def register(kind: str, owner: Owner) -> None:
    """Have events of a kind handed to a function. To be called in an `AppConfig.ready()`.

    Args:
        kind: X's word for it; its row in `kinds` has one of `CATEGORIES`.
        owner: Takes the event. May raise `NotYet`.
    """
    _owners[kind] = owner


def sweep(now: datetime, seconds: float = SECONDS) -> Swept:
    """Hand over what waits. Safe to repeat, to interrupt, and to run many times at once.

    Args:
        now: Decides what is due again.
        seconds: After these the rest is left to the next one.
    """
    swept, give_up_at = Swept(), monotonic() + seconds
    settled = settled_id(Event, now)
    for event_id in (*_due_again(now), *_new()):
        if monotonic() >= give_up_at:
            return swept
        _hand_over(event_id, now, swept)
    pass_to(FOLLOWER, settled)
    return swept


def _due_again(now: datetime) -> list[int]:
    waiting = HandedOver.objects.filter(_is_due(now), done_at=None).order_by("next_attempt_at")
    return list(waiting.values_list("event_id", flat=True)[:BATCH])


def _is_due(now: datetime) -> Q:
    return has_come("next_attempt_at", now, LONGEST_WAIT)


def _new() -> Iterator[int]:
    known = Exists(HandedOver.objects.filter(event_id=OuterRef("pk")))
    passed = passed_id(FOLLOWER)
    # One after the other: an index leads to each, and to both together none.
    for category in sorted(CATEGORIES):
        new = Event.objects.filter(~known, category=category, kind__in=list(_owners))
        last = passed
        while ids := list(new.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:BATCH]):
            yield from ids
            last = ids[-1]


def _hand_over(event_id: int, now: datetime, swept: Swept) -> None:
    try:
        with transaction.atomic():
            if not _claim(event_id, now):
                return
            event = Event.objects.filter(pk=event_id).first()
            if event is not None and (owner := _owners.get(event.kind)):  # else it has left meanwhile
                owner(event)
    except NotYet:
        _try_again(event_id, now, "")
        swept.failed += 1
    except Exception as error:  # noqa: BLE001 - one that fails must not stop the others
        # The type alone: a text can quote what X sent.
        log.error("an event could not be handed over", id=event_id, error=type(error).__name__)
        _try_again(event_id, now, type(error).__name__)
        swept.failed += 1
    else:
        swept.done += 1


def _claim(event_id: int, now: datetime) -> bool:
    HandedOver.objects.bulk_create([HandedOver(event_id=event_id, next_attempt_at=now)], ignore_conflicts=True)
    ours = HandedOver.objects.filter(_is_due(now), event_id=event_id, done_at=None)
    return bool(ours.update(done_at=now, attempts=F("attempts") + 1, error=""))


def _try_again(event_id: int, now: datetime, error: str) -> None:
    HandedOver.objects.bulk_create([HandedOver(event_id=event_id, next_attempt_at=now)], ignore_conflicts=True)
    attempts = HandedOver.objects.values_list("attempts", flat=True).get(event_id=event_id)
    wait = min(FIRST_WAIT * 2 ** min(attempts, 10), LONGEST_WAIT)
    unchanged = HandedOver.objects.filter(event_id=event_id, done_at=None, attempts=attempts)
    unchanged.update(attempts=attempts + 1, next_attempt_at=now + wait, error=error[:200])
