"""A webhook that is gone at X leaves tokens with us: its accounts are subscribed at another one with them."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from aaa_dashboard.staff.notices.conditions.accounts import webhook_gone
from aaa_dashboard.subscriptions import moving
from aaa_dashboard.subscriptions.models import Move, Subscription
from aaa_dashboard.subscriptions.subscribing import subscribe_as_before
from aaa_dashboard.webhooks import asking
from aaa_dashboard.webhooks.models import Webhook
from tests.sandbox.client import X
from tests.sandbox.wire import Receiver
from tests.subscriptions.conftest import BY, at_x, words
from tests.subscriptions.test_moving import crowd, worked

pytestmark = pytest.mark.django_db


@pytest.fixture
def everybody(x: X, webhook: Webhook) -> set[str]:
    """Three accounts of a webhook that somebody deletes in X's portal."""
    ids = crowd(x, webhook, 3)
    assert x.signed().delete(f"/1.1/account_activity/webhooks/{webhook.x_id}.json").status_code == 204
    asking.ask(webhook.app)
    webhook.refresh_from_db()
    assert webhook.deleted_at
    return ids


def move_page(operator: Client, webhook: Webhook, url: str) -> str:
    """What is said when an operator has had all accounts brought to an address."""
    operator.post(f"/webhooks/{webhook.pk}/move/", {"url": url})
    return worked(operator, Move.objects.get())


def test_they_are_offered_where_people_look_for_them(webhook: Webhook, everybody: set[str], operator: Client) -> None:
    account = Subscription.objects.earliest("pk").account
    assert "subscribe them at another address" in words(operator.get("/accounts/").content)
    assert "sign-ins of 3 accounts" in words(operator.get(f"/webhooks/{webhook.pk}/").content)
    assert "brought to another address" in words(operator.get(f"/accounts/{account.pk}/").content)
    assert f"/webhooks/{webhook.pk}/move/" in operator.get(f"/accounts/{account.pk}/").content.decode()
    text = words(operator.get(f"/webhooks/{webhook.pk}/move/").content)
    assert "X has this webhook no more" in text
    assert "3 accounts can come along" in text


def test_who_registers_the_address_again_is_told_that_nobody_is_subscribed_by_that(
    webhook: Webhook, everybody: set[str], elsewhere: Receiver, x: X, operator: Client, person: Callable[..., User]
) -> None:
    new = Webhook.objects.create(app=webhook.app, x_id=x.register(elsewhere.url), url=elsewhere.url, valid=True)
    agent = Client()
    agent.force_login(person("ada"))
    for page in ("/webhooks/", f"/webhooks/{new.pk}/"):
        found = operator.get(page).content
        assert "3 sign-ins of its accounts" in words(found)
        assert f"/webhooks/{webhook.pk}/move/" in found.decode()
        assert f"/webhooks/{webhook.pk}/move/" not in agent.get(page).content.decode()
    move_page(operator, webhook, new.url)
    assert "of its accounts" not in words(operator.get("/webhooks/").content)


def test_they_are_subscribed_at_a_webhook_that_x_has_already(
    x: X, webhook: Webhook, everybody: set[str], elsewhere: Receiver, operator: Client
) -> None:
    new = Webhook.objects.create(app=webhook.app, x_id=x.register(elsewhere.url), url=elsewhere.url, valid=True)
    assert "3 accounts are subscribed at the new address" in move_page(operator, webhook, elsewhere.url)
    assert at_x(x, new) == everybody
    rows = Subscription.objects.filter(webhook=new)
    assert all(row.user_token and row.consent_by for row in rows)
    assert not any(row.user_token for row in Subscription.objects.filter(webhook=webhook))
    assert "another address" not in words(operator.get("/accounts/").content)


def test_people_are_told_until_they_are_subscribed_again(
    webhook: Webhook, everybody: set[str], operator: Client
) -> None:
    told = [finding.text for finding in webhook_gone(timezone.now())]
    assert len(told) == 1
    assert "3 accounts were subscribed on it" in told[0]
    assert "We hold 3 of their sign-ins" in told[0]
    move_page(operator, webhook, webhook.url)
    assert list(webhook_gone(timezone.now())) == []


def test_they_are_subscribed_when_the_same_address_is_registered_anew(
    x: X, webhook: Webhook, everybody: set[str], operator: Client
) -> None:
    move_page(operator, webhook, webhook.url)
    new = Webhook.objects.get(deleted_at=None)
    assert at_x(x, new) == everybody


def test_one_that_x_has_again_is_not_deleted_at_the_end(
    x: X, webhook: Webhook, elsewhere: Receiver, operator: Client
) -> None:
    everybody = crowd(x, webhook, 2)
    asking.mark_gone(webhook)
    text = move_page(operator, webhook, webhook.url)
    assert "2 accounts are subscribed at the new address" in text
    assert "deleted" not in text
    assert at_x(x, webhook) == everybody
    assert Subscription.objects.filter(webhook=webhook, state="active").exclude(access_token="").count() == 2


def test_who_came_back_by_themselves_is_left_as_they_are(
    x: X, webhook: Webhook, everybody: set[str], elsewhere: Receiver
) -> None:
    new = Webhook.objects.create(app=webhook.app, x_id=x.register(elsewhere.url), url=elsewhere.url, valid=True)
    old = Subscription.objects.latest("pk")
    subscribe_as_before(old, new, by=BY)
    Subscription.objects.filter(webhook=new).update(consent_by="@somebody, lately")
    moving.go_on(moving.begin(webhook, new.url, by=BY), by=BY)
    assert Subscription.objects.get(webhook=new, account=old.account).consent_by == "@somebody, lately"
    assert at_x(x, new) == everybody


def test_without_a_token_there_is_nobody_to_move(webhook: Webhook, everybody: set[str], operator: Client) -> None:
    moving.close(webhook)
    assert operator.get(f"/webhooks/{webhook.pk}/move/").status_code == 404
    with pytest.raises(moving.AlreadyGone):
        moving.begin(webhook, "https://new.example/webhook/twitter", by=BY)


def test_the_command_moves_them_by_the_id_of_the_webhook(
    x: X, webhook: Webhook, everybody: set[str], elsewhere: Receiver
) -> None:
    call_command("subscriptions", "move", elsewhere.url, webhook=webhook.x_id)
    assert at_x(x, Webhook.objects.get(deleted_at=None)) == everybody
