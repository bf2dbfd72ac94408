"""What X has said about how often it may be asked, and whose turn it is: known to every process through the database.

X counts for all processes together, so that one that has used up a limit keeps the others from running into it. A
database that is away breaks no call: each process then goes by what it knows itself.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

import structlog
from django.db import Error
from django.db.models import Q
from django.utils import timezone

from aaa_dashboard.x_api import rate_limits
from aaa_dashboard.x_api.endpoints import Endpoint

from .models import Allowance

SPACING = timedelta(seconds=rate_limits.SCARCE_SPACING_SECONDS)
# A turn further away is one of a clock that was wrong: no window holds so many calls.
FURTHEST_TURN = timedelta(minutes=1)
# Each try that fails is a turn that somebody else got.
MOST_TRIES = 100
KEPT = timedelta(days=1)
FORGOTTEN_AT_ONCE = 100

log = structlog.get_logger(__name__)


class SharedLimits:
    """What all processes know. See `x_api.rate_limits.Limits`, which it fulfils."""

    def used_up_until(self, endpoint: Endpoint, subject: str) -> datetime | None:
        try:
            used_up = Allowance.objects.filter(
                subject=subject, intent=endpoint.intent, remaining=0, resets_at__gt=timezone.now()
            )
            return used_up.values_list("resets_at", flat=True).first()
        except Error as error:
            _warn("read a limit", error)
        return rate_limits.shared.used_up_until(endpoint, subject)

    def take_turn(self, endpoint: Endpoint, subject: str) -> float:
        if not rate_limits.is_scarce(endpoint):
            return 0.0
        try:
            return _take_turn(endpoint, subject)
        except Error as error:
            _warn("take a turn", error)
        return rate_limits.shared.take_turn(endpoint, subject)

    def note(self, endpoint: Endpoint, subject: str, headers: Mapping[str, str]) -> None:
        rate_limits.shared.note(endpoint, subject, headers)
        said = rate_limits.read(endpoint, subject, headers)
        if said is None:
            return
        try:
            _keep(said)
        except Error as error:
            _warn("keep a limit", error)


def _take_turn(endpoint: Endpoint, subject: str) -> float:
    row, is_new = Allowance.objects.get_or_create(subject=subject, intent=endpoint.intent)
    if is_new:
        _forget_old()
    rows = Allowance.objects.filter(pk=row.pk)
    taken = row.next_turn_at
    for _ in range(MOST_TRIES):
        now = timezone.now()
        turn = taken if taken and now < taken < now + FURTHEST_TURN else now
        if rows.filter(next_turn_at=taken).update(next_turn_at=turn + SPACING):
            return (turn - now).total_seconds()
        taken = rows.values_list("next_turn_at", flat=True).first()
    return FURTHEST_TURN.total_seconds()


def _keep(said: rate_limits.Allowance) -> None:
    """Write down what X said, unless it has said something newer to another process."""
    whose = {"subject": said.subject, "intent": said.intent}
    what = {"limit": said.limit, "remaining": said.remaining, "resets_at": said.resets_at, "seen_at": said.seen_at}
    older = Q(seen_at=None) | Q(seen_at__lte=said.seen_at)
    if Allowance.objects.filter(older, **whose).update(**what):
        return
    if Allowance.objects.get_or_create(**whose, defaults=what)[1]:
        _forget_old()


def _forget_old() -> None:
    """Let go of windows that closed long ago: a row for each token and endpoint would stay for good."""
    before = timezone.now() - KEPT
    old = Allowance.objects.filter(
        Q(resets_at__lt=before) | Q(resets_at=None, next_turn_at__lt=before),
    )
    Allowance.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:FORGOTTEN_AT_ONCE])).delete()


def _warn(what: str, error: Error) -> None:
    log.warning("the database does not share limits", cannot=what, because=type(error).__name__)


shared = SharedLimits()
