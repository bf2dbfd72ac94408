"""Why nothing can come, if that is so: no receiver, no webhook, none that is valid, or no account on one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, Q, QuerySet, Sum

from aaa_dashboard.deliveries.models import TrafficMinute
from aaa_dashboard.deliveries.traffic import minute_of
from aaa_dashboard.subscriptions.models import Subscription
from aaa_dashboard.webhooks.models import App, Webhook, WebhookChange

# A receiver writes its running minute every 5 s.
RECEIVER_IS_THERE = timedelta(seconds=30)
LIVELY = timedelta(minutes=5)
AT_X = ("active", "unknown")


@dataclass(frozen=True, slots=True)
class Standstill:
    """Why nothing comes, and since when."""

    words: str
    """A sentence without a full stop."""
    because: str
    """What it means, or what to do: sentences."""
    since: datetime | None = None
    """As far as it is known."""
    is_new: bool = False
    """Whether it never was otherwise: something is to be set up, not to be mended."""


def current_webhooks() -> QuerySet[Webhook]:
    """Webhooks that X has, invalid ones first, each with `accounts`: how many it delivers."""
    accounts = Count("subscriptions", filter=Q(subscriptions__state__in=AT_X))
    return Webhook.objects.filter(deleted_at=None).annotate(accounts=accounts).order_by("valid", "pk")


def trouble(now: datetime) -> Standstill | None:
    """Return why nothing comes though it did before; None when it may come. Two queries when all is well."""
    minutes = TrafficMinute.objects.filter(minute__gte=minute_of(now) - LIVELY)
    lately = minutes.aggregate(until=Max("until"), events=Sum("events"))
    found = standstill(list(current_webhooks()), lately["until"], lately["events"] or 0, now)
    return None if found is None or found.is_new else found


def standstill(webhooks: Sequence[Webhook], until: datetime | None, came: int, now: datetime) -> Standstill | None:
    """Return why nothing comes; None when it may come.

    Args:
        webhooks: As `current_webhooks` gives them.
        until: The last sign of a receiver in the last minutes.
        came: How many events it stored in the last minutes.
        now: The moment that is asked about.
    """
    if until is None or now - until > RECEIVER_IS_THERE:
        last = until or TrafficMinute.objects.aggregate(at=Max("until"))["at"]
        because = "X tries each delivery for about five minutes; after that it has to be replayed."
        return Standstill("No receiver is running: what X sends is not taken", because, last)
    if not webhooks:
        return None if came and _may_be_elsewhere() else _without_a_webhook()
    if not any(webhook.valid for webhook in webhooks):
        every = "the webhook is" if len(webhooks) == 1 else "every webhook is"
        since = max((webhook.invalid_since for webhook in webhooks if webhook.invalid_since), default=None)
        return Standstill(f"X delivers nothing: {every} invalid", "The notice below says what to do.", since)
    # One that was just adopted has accounts of which only the next comparison tells.
    if not came and not any(webhook.accounts for webhook in webhooks):  # type: ignore[attr-defined]
        return _without_an_account()
    return None


def _may_be_elsewhere() -> bool:
    """Whether X has, or may have, a webhook that is not here."""
    return App.objects.filter(Q(asked_at=None) | ~Q(strangers=[])).exists()


def _without_a_webhook() -> Standstill:
    last = Webhook.objects.order_by("-deleted_at").first()
    if last is None or last.deleted_at is None:
        words = "Nothing can come yet: no webhook is registered"
        return Standstill(words, "X delivers to registered webhooks alone.", is_new=True)
    if last.changes.filter(kind=WebhookChange.Kind.GONE, at__gte=last.deleted_at).exists():
        because = "It was deleted at X, not from here. Its page offers to subscribe its accounts again."
        return Standstill("X delivers nothing: the webhook is gone from X", because, last.deleted_at)
    because = "X delivers to registered webhooks alone; register one under Webhooks."
    return Standstill("X delivers nothing: the webhook was deleted", because, last.deleted_at)


def _without_an_account() -> Standstill:
    because = "X delivers what happens on subscribed accounts alone; subscribe them under Accounts."
    last = Subscription.objects.exclude(state=Subscription.State.NEW).aggregate(at=Max("state_since"))["at"]
    if last is None:
        return Standstill("Nothing can come yet: no account is subscribed", because, is_new=True)
    return Standstill("X delivers nothing: no account is subscribed", because, last)
