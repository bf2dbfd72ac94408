"""Compare what we know of subscriptions with what X says."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone

from aaa_dashboard.audit import Actor
from aaa_dashboard.webhooks.credentials import api_of
from aaa_dashboard.webhooks.models import App, Webhook
from aaa_dashboard.x_api import errors

from . import profiles
from .claims import claimed
from .comparing import Comparison, check_all, why_doubt
from .ending import end
from .models import Subscription, Usage

State = Subscription.State
WARN_AT_PERCENT, ALARM_AT_PERCENT = 80, 95


def check(row: Subscription, *, by: Actor) -> Subscription:
    """Ask X about one subscription: by its owner's token, or by X's list where we hold none.

    Raises:
        XError: X could not be asked, or knows no such webhook.
        Busy: Somebody else is changing it.
    """
    with claimed(row):
        api, token = api_of(row.webhook.app), row.user_token
        try:
            found = api.is_subscribed(row.webhook.x_id, token) if token else _is_listed(row)
        except errors.TokenRevoked:
            end(row, State.REVOKED, "found a sign-in revoked", by=by)
        else:
            _note(row, found)
        row.checked_at = timezone.now()
        row.save(update_fields=["state", "state_since", "checked_at"])
    return row


def _is_listed(row: Subscription) -> bool:
    """Whether X's list holds it; one that is not believed says nothing about whom it lacks."""
    asked_at = timezone.now()
    user_ids = frozenset(api_of(row.webhook.app).subscriptions(row.webhook.x_id).user_ids)
    if row.account.x_user_id in user_ids:
        return True
    return row.is_at_x and bool(why_doubt(row.webhook, user_ids, asked_at))


def _note(row: Subscription, found: bool) -> None:
    if found:
        state = State.ACTIVE if row.user_token else State.UNKNOWN
    else:
        state = State.MISSING if row.is_at_x else State(row.state)
    if row.state != state:
        row.state, row.state_since = state, timezone.now()


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


def webhook_began(**_: Any) -> None:
    """Have a webhook that is new here compared soon: until then nobody knows whose events it brings."""
    # Late, since this is asked for by every process and background work by few.
    from aaa_dashboard import background

    from .tasks import reconcile

    background.nudge(reconcile)


def webhook_ended(webhook: Webhook, **_: Any) -> None:
    """Note that X forgot the subscriptions of a webhook with it.

    Tokens are kept: X may be wrong about what it has, or another webhook may take their place. Who wants them wiped
    removes the subscription.
    """
    gone = Subscription.objects.filter(webhook=webhook, state__in=[State.ACTIVE, State.UNKNOWN])
    gone.update(state=State.MISSING, state_since=timezone.now())


def count(app: App, *, now: datetime | None = None) -> Usage:
    """Ask X how many subscriptions of the contract are used, and remember it.

    Raises:
        XError: X could not be asked.
    """
    said = api_of(app).count_subscriptions()
    usage, _ = Usage.objects.update_or_create(
        app=app,
        defaults={
            "used": said.used,
            "provisioned": said.provisioned,
            "account_name": said.account_name[:100],
            "read_at": now or timezone.now(),
        },
    )
    return usage
