"""Differences between X and us, written down when they are found and settled when they are no more."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from aaa_dashboard.webhooks.models import App, Webhook

from ..models import Account, Finding, Reconciliation, Subscription

Kind = Finding.Kind
State = Subscription.State

KEPT = timedelta(days=28)
PRUNED_AT_ONCE = 500
OF_ACCOUNTS = (Kind.MISSING, Kind.UNKNOWN, Kind.ENDED)
# How a finding about an account was settled, by the state that its subscription is in now.
SETTLED_BY_STATE = {
    State.ACTIVE: "It is subscribed.",
    State.UNKNOWN: "X has it again, not through us.",
    State.MISSING: "X does not have it any more.",
    State.REMOVED: "It was removed here.",
    State.REVOKED: "Its owner revoked it.",
}
SETTLED_BY_KIND = {
    Kind.REFUSED: "X takes most sign-ins again.",
    Kind.LIMIT: "There are more places.",
    Kind.COUNT: "They agree.",
    Kind.DOUBTED: "X’s list is believed.",
    Kind.UNREAD: "X tells.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Something that is not the same at X and here."""

    kind: Finding.Kind
    subject: str
    """The same as long as it is the same difference."""
    app: App
    webhook: Webhook | None = None
    account: Account | None = None
    detail: str = ""
    is_news: bool = True
    """Whether the detail is worth more than what was written when it was found."""

    @property
    def key(self) -> tuple[str, str]:
        return self.kind, self.subject

    def row(self, run: Reconciliation, now: datetime, **more: Any) -> Finding:
        return Finding(
            kind=self.kind, subject=self.subject, app=self.app, webhook=self.webhook, account=self.account,
            detail=self.detail[:500], found_at=now, found_in=run, **more,
        )  # fmt: skip


def of_account(kind: Finding.Kind, row: Subscription, detail: str, *, is_news: bool = True) -> Difference:
    """A difference about one subscription."""
    return Difference(
        kind=kind,
        subject=f"{row.webhook_id}/{row.account.x_user_id}",
        app=row.webhook.app,
        webhook=row.webhook,
        account=row.account,
        detail=detail,
        is_news=is_news,
    )


def of_webhook(kind: Finding.Kind, webhook: Webhook, detail: str) -> Difference:
    """A difference about one webhook's list."""
    return Difference(kind=kind, subject=str(webhook.pk), app=webhook.app, webhook=webhook, detail=detail)


def write(run: Reconciliation, differences: Collection[Difference], judged: Q, now: datetime) -> None:
    """Bring what stands in line with what was found. Safe to repeat.

    Args:
        run: The comparison that found it.
        differences: Everything there is.
        judged: Findings about which there is a clear word: those that were not found again are settled.
        now: The time.
    """
    standing = {(one.kind, one.subject): one for one in Finding.objects.filter(settled_at=None)}
    found = {one.key: one for one in differences}
    new = [one.row(run, now) for key, one in found.items() if key not in standing]
    Finding.objects.bulk_create(new, batch_size=500, ignore_conflicts=True)
    for key, one in found.items():
        if key in standing and one.is_news and standing[key].detail != one.detail[:500]:
            Finding.objects.filter(pk=standing[key].pk).update(detail=one.detail[:500])
    is_gone = judged | Q(webhook__deleted_at__isnull=False)
    gone = Finding.objects.filter(is_gone, pk__in=[one.pk for key, one in standing.items() if key not in found])
    settle(run, gone.select_related("webhook"), now)


def settle(run: Reconciliation, findings: Iterable[Finding], now: datetime) -> None:
    """Write down that differences are no more."""
    findings = list(findings)
    wanted = Q(account__in={one.account_id for one in findings}, webhook__in={one.webhook_id for one in findings})
    states: dict[tuple[int | None, int | None], str] = {
        (webhook, account): state
        for webhook, account, state in Subscription.objects.filter(wanted).values_list("webhook", "account", "state")
    }
    for one in findings:
        outcome = SETTLED_BY_KIND.get(Kind(one.kind)) or SETTLED_BY_STATE.get(
            State(states.get((one.webhook_id, one.account_id), State.NEW)), "It is no more."
        )
        if one.webhook and one.webhook.deleted_at:
            outcome = "The webhook is gone from X."
        Finding.objects.filter(pk=one.pk, settled_at=None).update(settled_at=now, settled_in=run, outcome=outcome)


def note(run: Reconciliation, difference: Difference, outcome: str, now: datetime) -> None:
    """Write down what was found and settled at once."""
    difference.row(run, now, settled_at=now, settled_in=run, outcome=outcome).save()


def prune(now: datetime) -> int:
    """Forget comparisons that are over for four weeks, and what was settled as long ago; a part at a time.

    Returns:
        How many rows were removed.
    """
    settled = Finding.objects.filter(settled_at__lt=now - KEPT).values_list("pk", flat=True)[:PRUNED_AT_ONCE]
    ended = Reconciliation.objects.filter(started_at__lt=now - KEPT).exclude(finished_at=None)
    runs = ended.values_list("pk", flat=True)[:PRUNED_AT_ONCE]
    return (
        Finding.objects.filter(pk__in=list(settled)).delete()[0]
        + Reconciliation.objects.filter(pk__in=list(runs)).delete()[0]
    )
