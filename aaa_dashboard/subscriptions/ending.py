"""End subscriptions: X is told, tokens are wiped, what was received stays."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from aaa_dashboard.audit import Actor, record
from aaa_dashboard.webhooks.credentials import api_of
from aaa_dashboard.webhooks.models import App
from aaa_dashboard.x_api import errors
from aaa_dashboard.x_api.credentials import UserToken
from aaa_dashboard.x_api.errors import Failure

from .claims import Busy, claimed, free
from .models import Account, Subscription, Visit

State = Subscription.State
X_OWNER_REVOKED = Actor("X: owner revoked")

# What the app's own bearer token cannot do, the user's token may: X has had times when only the deprecated way worked.
REFUSED_TO_THE_APP = (
    errors.BearerTokenRejected,
    errors.CredentialsRejected,
    errors.NotEntitled,
    errors.PermissionTooLow,
    errors.UnknownAnswer,
)


def remove(row: Subscription, *, by: Actor) -> bool:
    """End one subscription and wipe its token. That there is none any more at X is as good.

    Returns:
        Whether X had it.

    Raises:
        XError: X did not end it; nothing was changed.
        Busy: Somebody else is changing it.
    """
    with claimed(row):
        if row.state == State.REMOVED and not row.user_token:
            return False
        had = _tell_x(row)
        end(row, State.REMOVED, "removed a subscription", by=by)
    return had


def end(row: Subscription, state: Subscription.State, action: str, *, by: Actor) -> None:
    """Note that a subscription is no more, and wipe its token."""
    before = {"state": row.get_state_display(), "token": "held" if row.user_token else "none"}
    row.state, row.state_since = state, timezone.now()
    row.access_token = row.access_token_secret = ""
    with transaction.atomic():
        row.save(update_fields=["state", "state_since", "access_token", "access_token_secret"])
        record(by, action, row, before=before, after={"state": row.get_state_display(), "token": "none"})


@dataclass(frozen=True, slots=True)
class Disconnected:
    """What became of an owner's wish to leave."""

    count: int
    """Subscriptions that were ended."""
    token_failure: Failure | None
    """Why X could not be told to forget the sign-in; None: it has forgotten it."""


def disconnect(account: Account, app: App, token: UserToken, *, by: Actor) -> Disconnected:
    """End everything between an account and an app: each subscription, then the token itself at X.

    Raises:
        XError: X did not end a subscription. Those before it are ended; it is safe to repeat.
        Busy: Somebody else is changing one.
    """
    rows = Subscription.objects.filter(account=account, webhook__app=app).select_related("webhook__app", "account")
    connected = [row for row in rows if row.is_at_x or row.user_token]
    for row in connected:
        remove(row, by=by)
    try:
        api_of(app).end_token(token)
    except errors.TokenRevoked:
        return Disconnected(len(connected), None)
    except errors.XError as error:
        return Disconnected(len(connected), error.failure)
    return Disconnected(len(connected), None)


def revoked_by_owner(app: App, x_user_id: str, at: datetime) -> int:
    """Follow an owner who has taken an app's access away at X: X ended everything, and no token works any more.

    Asks X nothing, so that it may be part of a transaction. Safe to repeat, also long after: whoever consented again
    since then stays subscribed.

    Args:
        app: From which app.
        x_user_id: Whose access.
        at: When, by X's clock, which tells whole seconds.

    Returns:
        How many subscriptions were ended by this call.

    Raises:
        Busy: Somebody is at X about one of them. Nothing was changed; try again in a minute.
    """
    until = at + timedelta(seconds=1)
    newer = Q(consented_at__gt=until) | Q(consented_at=None, state_since__gt=until)
    rows = Subscription.objects.filter(webhook__app=app, account__x_user_id=x_user_id).exclude(newer)
    rows = rows.exclude(state__in=[State.REVOKED, State.REMOVED], access_token="").order_by("pk")
    with transaction.atomic():
        for row in (connected := list(rows.select_related("webhook", "account"))):
            now = timezone.now()
            # Who holds it has an older answer of X in hand, and would write it over this.
            if not Subscription.objects.filter(free(now), pk=row.pk, state=row.state).update(claimed_until=None):
                raise Busy
            end(row, State.REVOKED, "revoked a subscription", by=X_OWNER_REVOKED)
        Visit.objects.filter(app=app, account__x_user_id=x_user_id, created_at__lte=until).delete()
    return len(connected)


def _tell_x(row: Subscription) -> bool:
    if row.webhook.deleted_at:
        return False
    api, token = api_of(row.webhook.app), row.user_token
    try:
        try:
            api.unsubscribe(row.webhook.x_id, row.account.x_user_id)
        except REFUSED_TO_THE_APP:
            if token is None:
                raise
            api.unsubscribe_as_user(row.webhook.x_id, token)
    except (errors.NotSubscribed, errors.WebhookNotFound):
        return False
    return True
