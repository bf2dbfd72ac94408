"""What comparisons with X found and left to a person, beside accounts that are missing or were revoked."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter

from django.urls import reverse

from aaa_dashboard.subscriptions.models import Finding as Difference
from aaa_dashboard.subscriptions.reconciling.words import WORDS

from ..finding import Finding, moment

Kind = Difference.Kind
LEFT = (Kind.UNKNOWN, Kind.DEAD, Kind.COUNT)
# X is asked every quarter of an hour: what it does not tell once or twice, it tells later.
UNREAD_FOR = timedelta(hours=1)


def list_not_believed(_now: datetime) -> Iterator[Finding]:
    """Find webhooks whose list at X lacks too much to be believed."""
    for one in _standing(Kind.DOUBTED):
        yield _finding(one, f"webhook:{one.webhook_id}", f"X’s list of accounts on {one.webhook} is not believed")


def list_not_read(now: datetime) -> Iterator[Finding]:
    """Find webhooks of whose accounts X has told nothing for a while. Why it cannot be asked has its own notice."""
    for one in _standing(Kind.UNREAD):
        if one.found_at < now - UNREAD_FOR and not one.app.ask_failure:
            yield _finding(one, f"webhook:{one.webhook_id}", f"X does not tell which accounts are on {one.webhook}")


def sign_ins_refused(_now: datetime) -> Iterator[Finding]:
    """Find apps of which X refuses many sign-ins at once."""
    for one in _standing(Kind.REFUSED):
        yield _finding(one, f"app:{one.app_id}", f"X refuses many sign-ins of {one.app}")


def ended_not_at_x(_now: datetime) -> Iterator[Finding]:
    """Find accounts that were ended here, and of which X sends all the same."""
    for one in _standing(Kind.ENDED):
        yield _finding(one, f"account:{one.subject}", f"X still sends the activity of {one.account}")


def left_to_a_person(_now: datetime) -> Iterator[Finding]:
    """Find apps of which comparisons left something to a person that has no notice of its own."""
    rows = Difference.objects.filter(kind__in=LEFT, settled_at=None).exclude(webhook__deleted_at__isnull=False)
    by_app = groupby(rows.select_related("app").order_by("app", "pk"), key=attrgetter("app"))
    for app, group in by_app:
        numbers = Counter(one.get_kind_display() for one in group)
        number = numbers.total()
        yield Finding(
            subject=f"app:{app.pk}",
            title=f"{app}: {number} difference{'s' if number > 1 else ''} with X left to a person",
            text="; ".join(f"{label}: {count}" for label, count in numbers.most_common()) + ".",
            url=reverse("subscriptions:comparisons"),
        )


def remedy(kind: Difference.Kind) -> str:
    """What the page of comparisons says to do about a kind."""
    return WORDS[kind].remedy


def _standing(kind: Difference.Kind) -> Iterator[Difference]:
    rows = Difference.objects.filter(kind=kind, settled_at=None).exclude(webhook__deleted_at__isnull=False)
    yield from rows.select_related("app", "webhook", "account").order_by("pk")


def _finding(one: Difference, subject: str, title: str) -> Finding:
    return Finding(
        subject=subject[:80],
        title=title,
        text=f"Since {moment(one.found_at)}. {one.detail} {WORDS[Kind(one.kind)].means}",
        url=reverse("subscriptions:comparisons"),
    )
