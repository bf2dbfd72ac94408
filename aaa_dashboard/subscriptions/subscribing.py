"""Have X send an account's activity to a webhook, with the token that its owner's sign-in brought."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from aaa_dashboard.audit import Actor, record
from aaa_dashboard.webhooks.credentials import api_of
from aaa_dashboard.webhooks.models import Webhook
from aaa_dashboard.x_api import errors
from aaa_dashboard.x_api.credentials import UserToken
from aaa_dashboard.x_api.results import SignedIn

from . import consent
from .claims import claimed
from .models import Account, Subscription

State = Subscription.State


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it."""

    subscription: Subscription
    was_there: bool
    """Whether X had it already."""
    had_agreed: bool
    """Whether somebody had agreed to it before."""


def account_of(signed_in: SignedIn) -> Account:
    """The account of somebody who signed in, made if need be. One that was erased stays without a name."""
    account, _ = Account.objects.get_or_create(x_user_id=signed_in.user_id)
    if signed_in.screen_name and account.screen_name != signed_in.screen_name:
        named = Account.objects.filter(pk=account.pk, forgotten_at=None)
        named.update(screen_name=signed_in.screen_name)
        account.refresh_from_db()
    return account


def subscribe(webhook: Webhook, signed_in: SignedIn, *, consent_by: str, by: Actor) -> Outcome:
    """Subscribe the account of somebody who signed in at X and agreed to `consent`. Safe to repeat.

    Args:
        webhook: Where its activity shall go.
        signed_in: Who, with the token.
        consent_by: Who agreed, in words: `@acme`, `ada for @acme`.
        by: Whom the audit names.

    Raises:
        XError: X did not take it; nothing is kept. `LimitReached`, `TokenRevoked` and `WebhookNotFound` are particular.
        Busy: Somebody else is changing the same subscription.
    """
    account = account_of(signed_in)
    row, _ = Subscription.objects.get_or_create(webhook=webhook, account=account, defaults={"state": State.NEW})
    with claimed(row):
        before, had_agreed = row.get_state_display(), row.consented_at is not None
        was_there = not _ask_with(
            row,
            signed_in.token,
            consent_version=consent.version(),
            consented_at=timezone.now(),
            consent_by=consent_by,
            added_by_id=by.person.pk if by.person else None,
            repairs=0,
        )
        with transaction.atomic():
            Account.objects.filter(pk=account.pk).exclude(forgotten_at=None).update(forgotten_at=None)
            row.account = account_of(signed_in)
            _note_active(row)
            record(by, "subscribed an account", row, before={"state": before}, after=_facts(row))
    return Outcome(row, was_there, had_agreed)


def subscribe_as_before(old: Subscription, webhook: Webhook, *, by: Actor) -> Subscription:
    """Subscribe an account to another webhook of the same app, with the token and the consent it gave for the first.

    Raises:
        XError: As for `subscribe`.
        Busy: Likewise.
    """
    token = old.user_token
    assert token is not None, "without the owner's token nobody can be subscribed"
    row, _ = Subscription.objects.get_or_create(webhook=webhook, account=old.account, defaults={"state": State.NEW})
    with claimed(row):
        if row.state == State.ACTIVE and row.user_token == token:
            return row
        _ask_with(
            row,
            token,
            consent_version=old.consent_version,
            consented_at=old.consented_at,
            consent_by=old.consent_by,
            added_by_id=old.added_by_id,
        )
        with transaction.atomic():
            _note_active(row)
            record(by, "subscribed an account again", row, before={"webhook": str(old.webhook)}, after=_facts(row))
    return row


def _ask_with(row: Subscription, token: UserToken, **consented: Any) -> bool:
    """Ask X to subscribe; False when there was nothing to do.

    Token and consent are written before, so that a worker that is killed leaves no account behind of which X delivers
    and nobody knows why: reconciliation finds what it takes to finish it.

    Raises:
        XError: X refused, and what was written is taken back.
    """
    given = {"access_token": token.token, "access_token_secret": token.secret, **consented}
    if not row.is_at_x:
        given |= {"state": State.NEW, "state_since": timezone.now()}
    before = {name: getattr(row, name) for name in given}
    _write(row, given)
    try:
        return ask_x(row.webhook, token)
    except errors.XError:
        if before.get("state") == State.NEW and not before["access_token"]:
            Subscription.objects.filter(pk=row.pk).delete()
        else:
            _write(row, before)
        raise


def ask_x(webhook: Webhook, token: UserToken) -> bool:
    """Ask X to subscribe; False when there was nothing to do.

    Raises:
        XError: X refused.
    """
    try:
        api_of(webhook.app).subscribe(webhook.x_id, token)
    except errors.AlreadySubscribed:
        return False
    return True


def _note_active(row: Subscription) -> None:
    now = timezone.now()
    _write(
        row, {"state": State.ACTIVE, "checked_at": now} | ({} if row.state == State.ACTIVE else {"state_since": now})
    )


def _write(row: Subscription, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    row.save(update_fields=list(values))


def _facts(row: Subscription) -> dict[str, str]:
    return {
        "state": row.get_state_display(),
        "webhook": str(row.webhook),
        "consent": f"{row.consent_version} by {row.consent_by}",
    }
