"""Compare what we know of subscriptions with what X says."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from aaa_dashboard.audit import Actor
from aaa_dashboard.webhooks.credentials import api_of
from aaa_dashboard.webhooks.models import App, Webhook
from aaa_dashboard.x_api import errors

from . import profiles
from .claims import claimed
from .ending import end
from .models import Account, Subscription, Usage

State = Subscription.State
WARN_AT_PERCENT, ALARM_AT_PERCENT = 80, 95


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of comparing a webhook's subscriptions."""

    at_x: int
    """Accounts that X has."""
    missing: int
    """Ours that X does not have; noted just now."""
    unknown: int
    """X's of which we hold no token; noted just now."""
    back: int
    """Missing ones that X has again."""

    @property
    def is_as_before(self) -> bool:
        return not (self.missing or self.unknown or self.back)


def check(row: Subscription, *, by: Actor) -> Subscription:
    """Ask X about one subscription: by its owner's token, or by X's list where we hold none.

    Raises:
        XError: X could not be asked, or knows no such webhook.
        Busy: Somebody else is changing it.
    """
    with claimed(row):
        api, token = api_of(row.webhook.app), row.user_token
        try:
            if token:
                found = api.is_subscribed(row.webhook.x_id, token)
            else:
                found = row.account.x_user_id in api.subscriptions(row.webhook.x_id).user_ids
        except errors.TokenRevoked:
            end(row, State.REVOKED, "found a sign-in revoked", by=by)
        else:
            _note(row, found)
        row.checked_at = timezone.now()
        row.save(update_fields=["state", "state_since", "checked_at"])
    return row


def _note(row: Subscription, found: bool) -> None:
    if found:
        state = State.ACTIVE if row.user_token else State.UNKNOWN
    else:
        state = State.MISSING if row.is_at_x else State(row.state)
    if row.state != state:
        row.state, row.state_since = state, timezone.now()


def check_all(webhook: Webhook) -> Comparison:
    """Compare all of a webhook's subscriptions with X's list, and take on accounts we did not know. One call to X.

    Raises:
        XError: X could not be asked, or knows no such webhook.
    """
    asked_at = timezone.now()
    user_ids = set(api_of(webhook.app).subscriptions(webhook.x_id).user_ids)
    with transaction.atomic():
        # What changed while X was answering is newer than its answer.
        rows = Subscription.objects.filter(webhook=webhook, state_since__lt=asked_at)
        there = rows.filter(account__x_user_id__in=user_ids)
        back = (
            there.filter(state=State.MISSING).exclude(access_token="").update(state=State.ACTIVE, state_since=asked_at)
        )
        unknown = there.exclude(state__in=[State.ACTIVE, State.UNKNOWN]).update(
            state=State.UNKNOWN, state_since=asked_at
        )
        missing = (
            rows.filter(state__in=[State.ACTIVE, State.UNKNOWN])
            .exclude(account__x_user_id__in=user_ids)
            .update(state=State.MISSING, state_since=asked_at)
        )
        unknown += _take_on(webhook, user_ids, asked_at)
        Subscription.objects.filter(webhook=webhook).update(checked_at=asked_at)
    return Comparison(len(user_ids), missing, unknown, back)


def compare(webhooks: Sequence[Webhook]) -> list[Comparison]:
    """Compare these webhooks with X, count what their apps use, and read the oldest profiles anew.

    Raises:
        XError: X could not be asked. What was compared before is kept.
    """
    compared = [check_all(webhook) for webhook in webhooks]
    for app in {webhook.app_id: webhook.app for webhook in webhooks}.values():
        count(app)
        profiles.refresh(app, profiles.stale())
    return compared


def _take_on(webhook: Webhook, user_ids: set[str], at: datetime) -> int:
    """Make rows for X's subscriptions of which we have none."""
    known = Subscription.objects.filter(webhook=webhook).values_list("account__x_user_id", flat=True)
    new = user_ids - set(known)
    Account.objects.bulk_create([Account(x_user_id=user_id) for user_id in sorted(new)], ignore_conflicts=True)
    Subscription.objects.bulk_create(
        [
            Subscription(webhook=webhook, account=account, state=State.UNKNOWN, state_since=at)
            for account in Account.objects.filter(x_user_id__in=new)
        ],
        ignore_conflicts=True,
    )
    return len(new)


def webhook_ended(webhook: Webhook, **_: Any) -> None:
    """Note that X forgot the subscriptions of a webhook with it.

    Tokens are kept: X may be wrong about what it has, or another webhook may take their place. Who wants them wiped
    removes the subscription.
    """
    gone = Subscription.objects.filter(webhook=webhook, state__in=[State.ACTIVE, State.UNKNOWN])
    gone.update(state=State.MISSING, state_since=timezone.now())


def count(app: App) -> Usage:
    """Ask X how many subscriptions of the contract are used, and remember it.

    Raises:
        XError: X could not be asked.
    """
    said = api_of(app).count_subscriptions()
    usage, _ = Usage.objects.update_or_create(
        app=app, defaults={"used": said.used, "provisioned": said.provisioned, "read_at": timezone.now()}
    )
    return usage
