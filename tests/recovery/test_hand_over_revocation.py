"""An owner who takes the access away at X is followed: tokens go, and events where that was agreed."""

from typing import Any

import pytest
from django.conf import LazySettings
from django.utils import timezone

from aaa_dashboard.audit import Actor
from aaa_dashboard.deliveries.models import Event
from aaa_dashboard.deliveries.takedown.models import Takedown
from aaa_dashboard.subscriptions import consent
from aaa_dashboard.subscriptions.models import Account, Subscription
from aaa_dashboard.subscriptions.signals import owner_left
from aaa_dashboard.webhooks.models import Webhook
from tests.activity.factory import Store
from tests.recovery.erasure import ACME, SUPPORT, copies, message, run_by_itself, where

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def store(db: None) -> Store:
    """Puts payloads into the table of events."""
    return Store()


@pytest.fixture
def subscription(store: Store) -> Subscription:
    webhook = Webhook.objects.create(app=store.app, x_id="9", url="https://a.example/webhook/twitter", valid=True)
    return Subscription.objects.create(
        webhook=webhook, account=Account.objects.get(x_user_id=ACME), state="active", access_token="tokenquux",
        access_token_secret="secretquux", consent_version=consent.VERSION, consent_by="@acme",
        state_since=datetime_of("2025-01-01T00:00:00+00:00"), consented_at=datetime_of("2025-01-01T00:00:00+00:00"),
    )  # fmt: skip


def datetime_of(text: str) -> Any:
    from datetime import datetime

    return datetime.fromisoformat(text)


REVOKED: list[dict[str, Any]] = [
    {"user_event": {"revoke": {"date_time": "2025-11-21T11:01:46+00:00", "target": {"app_id": "1"},
                               "source": {"user_id": ACME}}}},
    {"data": {"event_uuid": "-46", "filter": {}, "event_type": "oauth.revoke",
              "payload": {"user_id": ACME, "app_id": "1", "revoked_at": "2025-11-21T11:01:46.482Z"}}},
]  # fmt: skip


def receive(store: Store) -> None:
    """Events with the times that X gave them."""
    for document in copies():
        store(document, occurred_at=datetime_of("2025-11-20T11:01:46+00:00"))
    store(message("Barquux for acme"), occurred_at=datetime_of("2025-11-20T11:01:46+00:00"))


@pytest.mark.parametrize("revoked", REVOKED, ids=["v1.1", "X Activity API"])
def test_a_revocation_wipes_the_tokens_and_keeps_events_where_nothing_else_was_agreed(
    store: Store, subscription: Subscription, revoked: dict[str, Any]
) -> None:
    receive(store)
    store(revoked, occurred_at=datetime_of("2025-11-21T11:01:46+00:00"))
    run_by_itself(timezone.now())
    subscription.refresh_from_db()
    assert (subscription.state, subscription.user_token) == ("revoked", None)
    assert Event.objects.filter(for_user_id=ACME).exists()
    assert not Takedown.objects.exists()


def test_a_revocation_erases_the_owners_events_where_the_installation_says_so(
    store: Store, subscription: Subscription, settings: LazySettings
) -> None:
    settings.EVENTS_WHEN_OWNERS_LEAVE = "erase"
    receive(store)
    Event.objects.filter(for_user_id=SUPPORT).delete()
    Event.objects.filter(for_user_id="").delete()
    store(message("This came for somebody else", to=SUPPORT))
    store(REVOKED[0], occurred_at=datetime_of("2025-11-21T11:01:46+00:00"))
    run_by_itself(timezone.now())
    assert where() == []
    assert Event.objects.filter(for_user_id=SUPPORT).count() == 1
    assert Takedown.objects.get().done_at is not None


def test_what_the_owner_was_told_holds_when_the_setting_has_changed(store: Store, subscription: Subscription) -> None:
    Subscription.objects.update(consent_version=consent.VERSION + consent.ERASES)
    receive(store)
    store(REVOKED[0], occurred_at=datetime_of("2025-11-21T11:01:46+00:00"))
    run_by_itself(timezone.now())
    assert not Event.objects.filter(for_user_id=ACME).exists()


def test_an_owner_who_disconnects_and_wants_their_events_gone_is_heard(
    store: Store, subscription: Subscription
) -> None:
    receive(store)
    by = Actor("@acme, the owner")
    owner_left.send(sender=None, account=subscription.account, app=store.app, at=timezone.now(), by=by)
    run_by_itself(timezone.now())
    assert not Event.objects.filter(for_user_id=ACME).exists()
    assert Takedown.objects.get().by == "@acme, the owner"
