"""Accounts that are not subscribed any more, one or all of a webhook, and limits of X that come near."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.urls import reverse

from aaa_dashboard.subscriptions.checking import ALARM_AT_PERCENT, WARN_AT_PERCENT
from aaa_dashboard.subscriptions.models import Move, Subscription, Usage
from aaa_dashboard.webhooks import allowances
from aaa_dashboard.webhooks.models import App, Webhook, WebhookChange

from ..finding import Finding, moment
from ..models import Severity

State, Kind = Subscription.State, WebhookChange.Kind
AT_X = (State.ACTIVE, State.UNKNOWN)
# What an owner decided needs no mending: it is told, and is over after a while.
REVOKED_IS_NEWS = timedelta(days=3)
GONE_IS_NEWS = timedelta(days=7)
# Of few calls in a window, using most is how they are meant to be used.
LIMITS_FROM = 10


def subscription_missing(_now: datetime) -> Iterator[Finding]:
    """Find accounts that X ought to have and has not."""
    for row in _rows().filter(state=State.MISSING):
        yield Finding(
            subject=f"subscription:{row.pk}",
            title=f"{row.account} is missing at X",
            text=f"It was subscribed on {row.webhook}; X does not have it since {moment(row.state_since)}, and "
            "delivers nothing of it.",
            url=reverse("subscriptions:account", args=[row.account_id]),
        )


def webhook_gone(now: datetime) -> Iterator[Finding]:
    """Find webhooks that were deleted at X, not from here, and left accounts that are subscribed nowhere else."""
    elsewhere = Subscription.objects.filter(
        webhook__app=OuterRef("webhook__app"), webhook__deleted_at=None, account=OuterRef("account"), state__in=AT_X
    )
    gone = WebhookChange.objects.filter(webhook=OuterRef("webhook"), kind=Kind.GONE, at__gte=OuterRef("deleted_at"))
    # Whose sign-in we do not hold cannot be brought back from here: that is told, and is over after a while.
    held = ~Q(access_token="")
    left = Subscription.objects.alias(deleted_at=F("webhook__deleted_at")).filter(
        held | Q(state_since__gt=now - GONE_IS_NEWS), Exists(gone), ~Exists(elsewhere), state=State.MISSING
    )
    counted = left.values("webhook").annotate(accounts=Count("pk"), held=Count("pk", filter=held)).order_by("webhook")
    webhooks = Webhook.objects.in_bulk(row["webhook"] for row in counted)
    for row in counted:
        yield _left_by(webhooks[row["webhook"]], accounts=row["accounts"], held=row["held"])


def _left_by(webhook: Webhook, *, accounts: int, held: int) -> Finding:
    assert webhook.deleted_at is not None
    were = "1 account was" if accounts == 1 else f"{accounts} accounts were"
    remedy = "Register the address again under Webhooks, and send the owners of its accounts an invite."
    if held:
        remedy = "Its page leads to subscribing them again, at the same address or at another."
    if 0 < held < accounts:
        remedy += " Those whose sign-in we do not hold need an invite."
    signed_in = f" We hold {held} of their sign-ins." if held else " We hold none of their sign-ins."
    return Finding(
        subject=f"webhook:{webhook.pk}",
        title=f"{webhook} is gone from X",
        text=f"X does not have it since {moment(webhook.deleted_at)}, and it was not deleted from here. {were} "
        f"subscribed on it and {'is' if accounts == 1 else 'are'} now subscribed nowhere: X delivers nothing of "
        f"{'it' if accounts == 1 else 'them'}, and sends nothing of it later.{signed_in}",
        remedy=remedy,
        url=reverse("webhooks:webhook", args=[webhook.pk]),
    )


def subscription_revoked(now: datetime) -> Iterator[Finding]:
    """Find accounts whose owner took the access away in the last days."""
    for row in _rows().filter(state=State.REVOKED, state_since__gt=now - REVOKED_IS_NEWS):
        yield Finding(
            subject=f"subscription:{row.pk}",
            title=f"The owner of {row.account} took the access away",
            text=f"Revoked at X on {moment(row.state_since)}: the token is wiped, and X delivers nothing more of it.",
            url=reverse("subscriptions:account", args=[row.account_id]),
        )


def move_stopped(_now: datetime) -> Iterator[Finding]:
    """Find moves that do not go on by themselves any more, because of something that a person has to mend."""
    stopped = Move.objects.filter(finished_at=None, under_way=False, trouble__isnull=False)
    for row in stopped.select_related("source").order_by("pk"):
        yield Finding(
            subject=f"move:{row.pk}",
            title=f"The move of {row.source} has stopped",
            text=f"It is at “{row.get_step_display()}” and does not go on by itself. X delivers to the old address "
            "meanwhile, and to the new one as far as accounts have moved.",
            url=reverse("subscriptions:move", args=[row.pk]),
        )


def subscriptions_limit(_now: datetime) -> Iterator[Finding]:
    """Find contracts that have few places left for accounts."""
    for usage in Usage.objects.filter(provisioned__gt=0).select_related("app").order_by("pk"):
        percent = usage.percent or 0
        if percent >= WARN_AT_PERCENT:
            yield Finding(
                subject=f"app:{usage.app_id}",
                title=f"{usage.app}: {percent} % of the subscriptions are used",
                text=f"{usage.used} of the {usage.provisioned} that the contract allows over all apps. When all are "
                "used, X refuses the next account.",
                severity=Severity.URGENT if percent >= ALARM_AT_PERCENT else Severity.WARNING,
                url=reverse("subscriptions:accounts"),
            )


def rate_limit(now: datetime) -> Iterator[Finding]:
    """Find apps that may hardly ask X for something any more, until X's window is over."""
    apps = list(App.objects.order_by("pk"))
    open_windows = allowances.of_each(apps)
    for app in apps:
        for one in open_windows[app.pk]:
            if one.remaining is None or one.resets_at is None or one.resets_at <= now or (one.limit or 0) < LIMITS_FROM:
                continue
            assert one.limit
            percent = (one.limit - one.remaining) * 100 // one.limit
            if percent >= WARN_AT_PERCENT:
                yield Finding(
                    subject=f"allowance:{one.pk}",
                    title=f"{app} may hardly ask X any more: {one.intent}",
                    text=f"{one.remaining} of {one.limit} calls are left until {moment(one.resets_at)}.",
                    severity=Severity.WARNING if percent >= ALARM_AT_PERCENT else Severity.INFO,
                    url=reverse("webhooks:list"),
                )


def _rows() -> QuerySet[Subscription]:
    """Return subscriptions on webhooks that exist, with what their names need."""
    return Subscription.objects.filter(webhook__deleted_at=None).select_related("account", "webhook").order_by("pk")
