"""Stretches in which events may have been missed: silence that goes on, gaps to be recovered, and what is lost."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.urls import reverse

from aaa_dashboard.deliveries.models import Gap

from ..finding import Finding, moment
from ..models import Severity

Cause, State = Gap.Cause, Gap.State
LOST_IS_NEWS = timedelta(days=7)


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
    for row in _gaps().filter(state__in=[State.FOUND, State.RECOVERING]):
        assert row.ended_at is not None
        doing = "X is sending them again." if row.state == State.RECOVERING else row.detail
        yield Finding(
            subject=f"gap:{row.pk}",
            title=f"Events may be missing on {row.webhook}",
            text=f"{row.get_cause_display()} from {moment(row.began_at)} to {moment(row.ended_at)}. "
            f"{_number(row)} {doing}",
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


def _page(row: Gap) -> str:
    return reverse("staff:gap", args=[row.pk])
