"""One look round: what is so is compared with the notices that are open, and each change is kept and told once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from cryptography.fernet import InvalidToken
from django.db import Error as DatabaseError
from django.db import IntegrityError, transaction
from django.db.models import F

from . import kinds, outbox
from .finding import Finding, Kind
from .models import Message, Notice, Turn

log = structlog.get_logger(__name__)

Change = Message.Change
# Of more than this, something else is wrong; the first tell it.
MOST_OF_A_KIND = 100
# What people see end before the next look, and what that costs little to see.
SWIFT = frozenset({"webhook-invalid", "receiver-silent", "silence", "gap", "gap-lost"})
# Beat sends it once a minute, and a little earlier at times.
NOT_WITHIN = timedelta(seconds=45)
CALM, LONGEST_CALM = timedelta(minutes=5), timedelta(hours=1)


@dataclass(slots=True)
class Looked:
    """How many notices a look changed."""

    raised: int = 0
    cleared: int = 0
    worse: int = 0

    @property
    def has_news(self) -> bool:
        return bool(self.raised or self.worse)


def look(now: datetime, *, by: str, not_within: timedelta = NOT_WITHIN) -> Looked | None:
    """Look round, unless somebody did just now.

    Args:
        now: The moment that everything is judged by.
        by: Who looks: a worker, or a web process in its place.
        not_within: How long ago the last look has to be.

    Returns:
        What changed; None when it was not our turn.
    """
    return compare(now) if Turn.take(by, now, not_within=not_within) else None


def compare(now: datetime) -> Looked:
    """Raise what is so, clear what is over. Two who do it at once raise, clear and tell once."""
    looked = Looked()
    is_open = {(notice.kind, notice.subject): notice for notice in Notice.objects.filter(cleared_at=None)}
    for kind in kinds.table():
        findings = _find(kind, now)
        if findings is None:  # not knowing is no news
            for key in [key for key in is_open if key[0] == kind.key]:
                del is_open[key]
            continue
        for finding in findings:
            notice = is_open.pop((kind.key, finding.subject), None)
            if notice is None:
                looked.raised += _raise(kind, finding, now)
            else:
                looked.worse += _keep(notice, kind, finding, now)
    for notice in is_open.values():
        looked.cleared += _clear(notice, now)
    return looked


def still_so(notices: Sequence[Notice], now: datetime) -> list[Notice]:
    """Leave out of open notices what the next look will clear, so that a page does not contradict itself until then."""
    of_kinds = {
        kind.key: _find(kind, now) for kind in kinds.table() if kind.key in SWIFT & {one.kind for one in notices}
    }
    subjects = {key: {one.subject for one in found} for key, found in of_kinds.items() if found is not None}
    return [one for one in notices if one.kind not in subjects or one.subject in subjects[one.kind]]


def calm(notice: Notice) -> timedelta:
    """How long a notice has to be over before people are told, the longer the more often it came back."""
    times: int = 2 ** min(notice.returns, 6)
    return min(CALM * times, LONGEST_CALM)


def _find(kind: Kind, now: datetime) -> list[Finding] | None:
    try:
        return list(kind.find(now))[:MOST_OF_A_KIND]
    except (DatabaseError, InvalidToken) as error:
        log.warning("a kind of notice could not be looked for", kind=kind.key, because=type(error).__name__)
        return None


def _raise(kind: Kind, finding: Finding, now: datetime) -> bool:
    """Open a notice, or the one again that was over for minutes only. False: somebody else was first."""
    try:
        with transaction.atomic():
            last = Notice.objects.filter(kind=kind.key, subject=finding.subject).order_by("-id").first()
            if last and last.cleared_at and last.cleared_at > now - calm(last) and _reopen(last, kind, finding):
                return False
            notice = Notice.objects.create(
                kind=kind.key, subject=finding.subject, raised_at=now, **_words(kind, finding)
            )
            outbox.put(notice, Change.RAISED, now)
    except IntegrityError:
        return False
    log.info("notice raised", kind=kind.key, subject=finding.subject)
    return True


def _reopen(notice: Notice, kind: Kind, finding: Finding) -> bool:
    """Go on with a notice whose end nobody has been told of. It is the same one, so that its return is not told."""
    if not outbox.take_back(notice, Change.CLEARED):
        return False
    Notice.objects.filter(pk=notice.pk, cleared_at__isnull=False).update(
        cleared_at=None, ending="", returns=F("returns") + 1, **_words(kind, finding)
    )
    return True


def _keep(notice: Notice, kind: Kind, finding: Finding, now: datetime) -> bool:
    """Bring an open notice up to date. True: it has become worse, and people are told."""
    words = _words(kind, finding)
    changed = {name: value for name, value in words.items() if getattr(notice, name) != value}
    if not changed:
        return False
    still = Notice.objects.filter(pk=notice.pk, cleared_at=None)
    if int(words["severity"]) <= notice.severity:
        still.update(**changed)
        return False
    with transaction.atomic():
        if not still.filter(severity__lt=words["severity"]).update(**changed, acknowledged_at=None):
            return False
        notice.severity = int(words["severity"])
        outbox.put(notice, Change.WORSE, now)
    return True


def _clear(notice: Notice, now: datetime) -> bool:
    kind = kinds.get(notice.kind)
    ending = kind.ended(notice.subject) if kind else "It is not watched any more."
    with transaction.atomic():
        if not Notice.objects.filter(pk=notice.pk, cleared_at=None).update(cleared_at=now, ending=ending[:300]):
            return False
        outbox.end(notice, now, now + calm(notice), is_told=kind is None or kind.tells_end)
    log.info("notice cleared", kind=notice.kind, subject=notice.subject)
    return True


def _words(kind: Kind, finding: Finding) -> dict[str, str | int]:
    """What a notice shows, bounded as its columns are."""
    return {
        "severity": int(finding.severity or kind.severity),
        "title": finding.title[:300],
        "text": finding.text[:1000],
        "remedy": (finding.remedy or kind.remedy)[:500],
        "url": finding.url[:300],
        "action": kind.action,
        "posts": finding.posts[:300],
    }
