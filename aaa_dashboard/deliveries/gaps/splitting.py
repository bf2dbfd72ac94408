"""What X cannot bring back of a gap is said: it becomes a gap of its own, which is lost."""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from ..models import Gap
from .states import DETAIL_LENGTH
from .stretches import Stretch, intersect, subtract

State = Gap.State


def split_off(gap: Gap, lost: Iterable[Stretch], detail: str) -> list[Gap]:
    """Divide a gap that is the caller's own into what is lost and what is not. What is missing is divided by time.

    Args:
        gap: One that is over. It keeps its row and its state, for the oldest of what is left.
        lost: Stretches, of which some may lie in the gap.
        detail: Why they are lost, to people.

    Returns:
        What is left of it: the gap, and more rows of its state where something in its middle is lost. Nothing when
        all of it is lost, which its row then says.
    """
    assert gap.ended_at is not None, "what goes on cannot be divided"
    whole = Stretch(gap.began_at, gap.ended_at)
    away = intersect([whole], lost)
    if not away:
        return [gap]
    left = [_part(gap, whole, stretch) for stretch in subtract([whole], away)]
    with transaction.atomic():
        if left:
            left[0].pk = gap.pk
            left[0].save(update_fields=["began_at", "ended_at", "missing"])
            Gap.objects.bulk_create(left[1:])
            for stretch in away:
                _lose(_part(gap, whole, stretch), detail[:DETAIL_LENGTH])
        else:
            Gap.objects.filter(pk=gap.pk).update(
                state=State.LOST, state_since=timezone.now(), detail=detail[:DETAIL_LENGTH]
            )
    gap.refresh_from_db()
    return [gap, *left[1:]] if left else []


def _part(gap: Gap, whole: Stretch, stretch: Stretch) -> Gap:
    missing = None if gap.missing is None else round(gap.missing * (stretch.length / whole.length))
    return Gap(
        webhook_id=gap.webhook_id,
        cause=gap.cause,
        began_at=stretch.began_at,
        ended_at=stretch.ended_at,
        missing=missing,
        state=gap.state,
        state_since=gap.state_since,
        detail=gap.detail,
    )


def _lose(part: Gap, detail: str) -> None:
    """Keep a part that is lost. When the one before it was lost for the same reason, that one is longer now."""
    before = Gap.objects.filter(
        webhook=part.webhook_id, cause=part.cause, state=State.LOST, detail=detail, ended_at=part.began_at
    )
    if before.update(ended_at=part.ended_at, missing=F("missing") + (part.missing or 0)):
        return
    part.state, part.state_since, part.detail = State.LOST, timezone.now(), detail
    part.save()
