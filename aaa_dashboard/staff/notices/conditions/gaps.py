"""Stretches in which events may have been missed: silence that goes on, gaps to be recovered, and what is lost."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.urls import reverse

from aaa_dashboard.deliveries.models import Gap

from ..finding import Finding, moment
from ..models import Severity

Cause, State = Gap.Cause, Gap.State
LOST_IS_NEWS = timedelta(days=7)
ASK = "“Recover” has X send it again: it keeps deliveries for five days."

_waiting: list[Callable[[], Iterable[Gap]]] = []


def register(waiting: Callable[[], Iterable[Gap]]) -> None:
    """Have somebody who recovers gaps tell from now on which of them wait for a person; once, however often."""
    if waiting not in _waiting:
        _waiting.append(waiting)


def silence(_now: datetime) -> Iterator[Finding]:
    """Find webhooks on which nothing comes at an hour at which something always did."""
    for gap in _gaps().filter(cause=Cause.SILENCE, state=State.OPEN):
        yield Finding(
            subject=f"gap:{gap.pk}",
            title=f"Nothing comes on {gap.webhook}",
            text=f"No event since {moment(gap.began_at)}, which is unlikely for this hour of the week. {gap.detail}",
            url=_page(gap),
        )


def gap(_now: datetime) -> Iterator[Finding]:
    """Find gaps that are over and not recovered yet. While one goes on, its cause has a notice of its own."""
    for_people = {one.pk for waiting in _waiting for one in waiting()}
    for row in _gaps().filter(state__in=[State.FOUND, State.RECOVERING]):
        assert row.ended_at is not None
        doing = "X is sending them again." if row.state == State.RECOVERING else row.detail
        yield Finding(
            subject=f"gap:{row.pk}",
            title=f"Events may be missing on {row.webhook}",
            text=f"{row.get_cause_display()} from {moment(row.began_at)} to {moment(row.ended_at)}. "
            f"{_number(row)} {doing}",
            remedy=_remedy(row, for_people),
            severity=Severity.INFO if row.missing == 0 else None,
            url=_page(row),
        )


def gap_lost(now: datetime) -> Iterator[Finding]:
    """Find gaps that could not be recovered, of the last days."""
    for row in _gaps().filter(state=State.LOST, state_since__gt=now - LOST_IS_NEWS):
        until = f" to {moment(row.ended_at)}" if row.ended_at else ""
        yield Finding(
            subject=f"gap:{row.pk}",
            title=f"Events of {row.webhook} could not be recovered",
            text=f"{row.get_cause_display()} from {moment(row.began_at)}{until}. {_number(row)} {row.detail}",
            url=_page(row),
        )


def gap_ended(subject: str) -> str:
    """Say what became of a gap."""
    row = Gap.objects.filter(pk=subject.removeprefix("gap:")).first()
    return f"{row.get_state_display()}. {row.detail}".strip() if row else ""


def _gaps() -> QuerySet[Gap]:
    return Gap.objects.select_related("webhook").order_by("pk")


def _number(row: Gap) -> str:
    if row.missing is None:
        return "How many are missing is not known."
    away = "lost" if row.state == State.LOST else "missing"
    return f"About {row.missing:,} are {away}." if row.missing else "By all signs none is missing."


def _remedy(row: Gap, for_people: set[int]) -> str:
    if row.state == State.RECOVERING:
        return "Nothing: its page says how far it is."
    return ASK if row.pk in for_people else "Nothing: X is asked to send it again by itself."


def _page(row: Gap) -> str:
    return reverse("staff:gap", args=[row.pk])
