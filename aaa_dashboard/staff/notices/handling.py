"""What people do about notices: say that they are on it, and have a kind told to nobody for a while."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from aaa_dashboard.audit import Actor, record

from . import kinds
from .models import Message, Mute, Notice
from .outbox import WAITING

LONGEST = timedelta(days=7)


def acknowledge(notice: Notice, *, by: Actor, now: datetime) -> bool:
    """Note that somebody is on it. False: somebody else was before, or it is over."""
    with transaction.atomic():
        is_open = Notice.objects.filter(pk=notice.pk, cleared_at=None, acknowledged_at=None)
        if not is_open.update(acknowledged_at=now, acknowledged_by=by.name[:150]):
            return False
        record(by, "acknowledged a notice", notice, after={"kind": notice.kind, "subject": notice.subject})
    return True


def mute(kind: str, span: timedelta, *, by: Actor, now: datetime) -> Mute:
    """Have nobody told of a kind for a while. What is still open then is told then.

    Raises:
        LookupError: There is no such kind.
    """
    if kinds.get(kind) is None:
        raise LookupError(kind)
    until = now + min(span, LONGEST)
    with transaction.atomic():
        made, _ = Mute.objects.update_or_create(kind=kind, defaults={"until": until, "by": by.name[:150]})
        _waiting(kind).filter(due_at__lt=until).update(due_at=until)
        record(by, "muted a kind of notice", made, after={"kind": kind, "until": until.isoformat()})
    return made


def unmute(kind: str, *, by: Actor, now: datetime) -> bool:
    """Have people told of a kind again, of what is open as well. False: it was not muted."""
    with transaction.atomic():
        muted = Mute.objects.filter(kind=kind).first()
        if muted is None:
            return False
        record(by, "unmuted a kind of notice", muted, before={"kind": kind, "until": muted.until.isoformat()})
        muted.delete()
        _waiting(kind).filter(attempts=0).update(due_at=now)
    return True


def _waiting(kind: str) -> QuerySet[Message]:
    return Message.objects.filter(WAITING, notice__kind=kind, claimed_until=None).exclude(change=Message.Change.CLEARED)
