"""X tells that an owner has taken the app's access away."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.apps import apps
from django.utils import timezone

from aaa_dashboard.subscriptions.claims import Busy, claimed
from aaa_dashboard.subscriptions.ending import revoked_by_owner
from aaa_dashboard.subscriptions.models import Account, Subscription, Visit
from aaa_dashboard.webhooks.models import App, Webhook

pytestmark = pytest.mark.django_db

MIRA = "187402663914528769"
Held = Callable[..., Subscription]


@pytest.fixture
def held(app: App) -> Held:
    """Makes a subscription of Mira's with a token, an hour old."""

    def make(of: App = app, **fields: object) -> Subscription:
        account, _ = Account.objects.get_or_create(x_user_id=MIRA, defaults={"screen_name": "mirakeller"})
        webhook = Webhook.objects.create(app=of, x_id=str(Webhook.objects.count()), url=f"https://{of}.example/")
        hour_ago = timezone.now() - timedelta(hours=1)
        given: dict[str, object] = {
            "state": "active", "state_since": hour_ago, "consented_at": hour_ago, "access_token": "a token",
            "access_token_secret": "a secret", **fields,
        }  # fmt: skip
        return Subscription.objects.create(webhook=webhook, account=account, **given)

    return make


def state(row: Subscription) -> tuple[str, bool]:
    row.refresh_from_db()
    return row.state, row.user_token is not None


def test_every_subscription_of_the_app_ends_and_its_tokens_are_wiped(app: App, held: Held) -> None:
    on_two_webhooks = [held(), held(state="missing")]
    assert revoked_by_owner(app, MIRA, timezone.now()) == 2
    assert [state(row) for row in on_two_webhooks] == [("revoked", False)] * 2


def test_it_is_written_down_as_the_owners_doing(app: App, held: Held) -> None:
    row = held()
    revoked_by_owner(app, MIRA, timezone.now())
    entry = apps.get_model("staff", "AuditEntry")._default_manager.get()
    assert (entry.by, entry.action, entry.object_id) == (
        "X: owner revoked",
        "revoked a subscription",
        str(row.pk),
    )
    assert entry.after == {"state": "Revoked by the owner", "token": "none"}


def test_twice_is_once(app: App, held: Held) -> None:
    held()
    at = timezone.now()
    assert [revoked_by_owner(app, MIRA, at) for _ in range(2)] == [1, 0]
    assert apps.get_model("staff", "AuditEntry")._default_manager.count() == 1


def test_another_app_keeps_its_subscription(app: App, held: Held) -> None:
    others = held(App.objects.create(name="Other", slug="other"))
    assert revoked_by_owner(app, MIRA, timezone.now()) == 0
    assert state(others) == ("active", True)


def test_who_consented_again_since_then_stays_subscribed(app: App, held: Held) -> None:
    now = timezone.now()
    row = held(consented_at=now)
    assert revoked_by_owner(app, MIRA, now - timedelta(minutes=5)) == 0
    assert state(row) == ("active", True)


def test_consent_in_the_second_of_the_revocation_is_the_older(app: App, held: Held) -> None:
    second = datetime.fromisoformat("2026-11-20T10:00:05+00:00")
    held(consented_at=second + timedelta(milliseconds=300))
    assert revoked_by_owner(app, MIRA, second) == 1


def test_what_x_showed_after_the_revocation_is_not_ended_by_it(app: App, held: Held) -> None:
    now = timezone.now()
    row = held(state="unknown", consented_at=None, state_since=now, access_token="", access_token_secret="")
    assert revoked_by_owner(app, MIRA, now - timedelta(minutes=5)) == 0
    assert revoked_by_owner(app, MIRA, now) == 1
    assert state(row) == ("revoked", False)


def test_visits_that_began_before_are_forgotten(app: App, held: Held) -> None:
    account = held().account
    for minutes in (10, 0):
        visit = Visit.objects.create(app=app, account=account, access_token="a", access_token_secret="b")
        Visit.objects.filter(pk=visit.pk).update(created_at=timezone.now() - timedelta(minutes=minutes))
    revoked_by_owner(app, MIRA, timezone.now() - timedelta(minutes=5))
    assert Visit.objects.get().pk == visit.pk


def test_nothing_is_changed_while_somebody_asks_x_about_it(app: App, held: Held) -> None:
    free, busy = held(), held()
    with claimed(busy), pytest.raises(Busy):
        revoked_by_owner(app, MIRA, timezone.now())
    assert [state(row) for row in (free, busy)] == [("active", True)] * 2
    assert revoked_by_owner(app, MIRA, timezone.now()) == 2
