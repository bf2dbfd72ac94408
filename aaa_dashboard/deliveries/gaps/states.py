"""What becomes of a gap: OPEN → FOUND → RECOVERING → RECOVERED, LOST or DISMISSED.

Each step is taken by a conditional UPDATE and is True when it was this call that took it: of two who do the same at
once, one did. Who asks X to send again works through `waiting` with them.
"""

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from aaa_dashboard.audit import Actor, record

from ..models import Gap

State = Gap.State
DETAIL_LENGTH = 500


def waiting() -> QuerySet[Gap]:
    """Gaps that are over and to be recovered, oldest first."""
    return Gap.objects.filter(state=State.FOUND).select_related("webhook__app").order_by("began_at", "pk")


def recovering(gap: Gap, detail: str = "") -> bool:
    """X is being asked to send again what the gap missed."""
    return move(gap, {State.FOUND, State.LOST}, State.RECOVERING, detail)


def recovered(gap: Gap, detail: str = "") -> bool:
    """Everything that X still has of it has been sent again."""
    return move(gap, {State.FOUND, State.RECOVERING, State.LOST}, State.RECOVERED, detail)


def found_again(gap: Gap, detail: str = "") -> bool:
    """What was tried did not recover it, and may be tried again."""
    return move(gap, {State.RECOVERING, State.LOST}, State.FOUND, detail)


def lost(gap: Gap, detail: str, *, missing: int | None = None) -> bool:
    """It cannot be recovered; `detail` says why, to people, and `missing` how many, if that has changed."""
    more = {} if missing is None else {"missing": missing}
    return move(gap, {State.FOUND, State.RECOVERING}, State.LOST, detail, **more)


def dismiss(gap: Gap, *, by: Actor) -> bool:
    """A person decides that nothing is to be done about it. One that goes on is followed to its end nevertheless."""
    with transaction.atomic():
        before = gap.state
        done = move(gap, {State.OPEN, State.FOUND, State.LOST}, State.DISMISSED, f"Dismissed by {by.name}.")
        if done:
            record(by, "dismissed a gap", gap, before={"state": before}, after={"state": gap.state})
    return done


def move(gap: Gap, expected: set[State], to: State, detail: str, **more: object) -> bool:
    """Change a gap's state if it is one of the expected; the object is as the database has it afterwards."""
    changed = Gap.objects.filter(pk=gap.pk, state__in=expected).update(
        state=to, state_since=timezone.now(), detail=detail[:DETAIL_LENGTH], **more
    )
    gap.refresh_from_db()
    return bool(changed)
