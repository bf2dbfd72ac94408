"""What people ask to have erased: taken down with its clock, done in steps behind the page, told at the end."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from aaa_dashboard.audit import Actor, record
from aaa_dashboard.clocks import has_come
from aaa_dashboard.subscriptions.models import Subscription
from aaa_dashboard.webhooks.models import App

from ..following import newest_id
from ..models import Event
from .erasing import erase
from .index import lock
from .models import Takedown, Tombstone
from .search_index import forget
from .steps import STEPS

CLOCK = timedelta(hours=24)
"""X's developer agreement: within 24 hours of a request."""
LEASE = timedelta(minutes=2)
SECONDS = 40.0
ACTIONS = {
    Takedown.What.POST: "asked to take down a post",
    Takedown.What.AUTHOR: "asked to take down an account's posts",
    Takedown.What.ACCOUNT: "asked to erase an account",
    Takedown.What.LEFT: "had events of an owner erased",
}


class StillSubscribed(Exception):
    """Events of the account go on arriving: its subscriptions have to be removed first."""


@dataclass(frozen=True, slots=True)
class Worked:
    """What a run did."""

    events: int
    """Events that something was taken out of."""
    finished: int
    """Takedowns that are done."""


def bury(post_id: str, why: Tombstone.Why, now: datetime) -> None:
    """Have a post leave every copy, now and whenever it comes again. To be called in a transaction."""
    lock()
    Tombstone.objects.bulk_create([Tombstone(post_id=post_id, why=why, at=now)], ignore_conflicts=True)


def ask(
    what: Takedown.What, x_id: str, *, by: Actor, now: datetime, app: App | None = None, until: datetime | None = None,
    note: str = "",
) -> tuple[Takedown, bool]:  # fmt: skip
    """Write down a wish; the work is done by `work`.

    Args:
        what: Of what kind.
        x_id: Id of the post, or of the account.
        by: Who asks.
        now: From when the clock runs.
        app: For `LEFT`: through which app the owner was connected.
        until: What is younger is not meant; now, unless told otherwise.
        note: Where the wish came from, for the report.

    Returns:
        The takedown, and whether it is new: who asks for what is under way gets that, by its clock, and what has
        arrived since it was asked for is meant as well.

    Raises:
        StillSubscribed: Everything of an account is to go while X still sends it.
    """
    if what == Takedown.What.ACCOUNT and _is_subscribed(x_id):
        raise StillSubscribed
    of_it = {"what": what, "x_id": x_id, "app": app, "done_at": None}
    asked_by = {"by": by.name[:150], "person_id": by.person.pk if by.person else None, "note": note[:200]}
    times = {"until": until or now, "asked_at": now, "due_at": now + CLOCK}
    try:
        with transaction.atomic():
            takedown = Takedown.objects.create(**of_it, **asked_by, **times, last_event_id=newest_id(Event))
            _promise(takedown, by, now)
    except IntegrityError:
        if widened := _widen(Takedown.objects.filter(**of_it), until or now, by, now):
            return widened, False
        # It was done just now, so that this is a new one.
        return ask(what, x_id, by=by, now=now, app=app, until=until, note=note)
    return takedown, True


def _promise(takedown: Takedown, by: Actor, now: datetime) -> None:
    if takedown.what == Takedown.What.POST:
        bury(takedown.x_id, Tombstone.Why.TAKEN_DOWN, now)
    else:
        lock()
    action = ACTIONS[Takedown.What(takedown.what)]
    record(by, action, takedown, after={"id at X": takedown.x_id, "due": due_words(takedown)})


def _widen(same: QuerySet[Takedown], until: datetime, by: Actor, now: datetime) -> Takedown | None:
    """Let what is under way reach up to now: its steps begin anew. None: it is under way no more."""
    with transaction.atomic():
        lock()  # before the takedown, as everybody does
        if not same.update(last_event_id=newest_id(Event), step=0):
            return None
        same.filter(until__lt=until).update(until=until)
        takedown = same.get()
        _promise(takedown, by, now)
    return takedown


def work(now: datetime, seconds: float = SECONDS) -> Worked:
    """Go on with everything that is to be erased. Safe to repeat, to interrupt, and at the same time."""
    give_up_at = monotonic() + seconds
    erased = erase(give_up_at, now)
    forget(give_up_at)
    finished = 0
    for takedown in Takedown.objects.filter(done_at=None).order_by("due_at", "pk"):
        with _claimed(takedown, now) as ours:
            if ours:
                finished += _go_on(takedown, now, give_up_at)
    return Worked(erased, finished)


def due_words(takedown: Takedown) -> str:
    """Write the end of the clock for the audit."""
    return f"{takedown.due_at:%Y-%m-%d %H:%M} UTC"


def steps_of(takedown: Takedown) -> list[str]:
    """Return its steps in words, in order; `takedown.step` of them are done."""
    return [step.words for step in STEPS[Takedown.What(takedown.what)]]


def _go_on(takedown: Takedown, now: datetime, give_up_at: float) -> bool:
    steps = STEPS[Takedown.What(takedown.what)]
    # One that somebody asked for again meanwhile begins anew: what was done of it did not reach far enough.
    same = Takedown.objects.filter(pk=takedown.pk, last_event_id=takedown.last_event_id, until=takedown.until)
    while takedown.step < len(steps):
        if not steps[takedown.step].do(takedown, give_up_at):
            return False
        takedown.step += 1
        if not same.update(step=takedown.step):
            return False
    return bool(same.filter(done_at=None).update(done_at=now))


@contextmanager
def _claimed(takedown: Takedown, now: datetime) -> Iterator[bool]:
    until = now + LEASE
    free = has_come("claimed_until", now, LEASE)
    ours = bool(Takedown.objects.filter(free, pk=takedown.pk, done_at=None).update(claimed_until=until))
    try:
        if ours:
            takedown.refresh_from_db()
        yield ours
    finally:
        if ours:
            Takedown.objects.filter(pk=takedown.pk, claimed_until=until).update(claimed_until=None)


def _is_subscribed(x_user_id: str) -> bool:
    return any(row.is_at_x for row in Subscription.objects.filter(account__x_user_id=x_user_id))
