"""An owner comes back, sees what is connected, and ends it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.apps import apps
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from aaa_dashboard.subscriptions.models import Subscription, Visit
from aaa_dashboard.subscriptions.tasks import reconcile
from aaa_dashboard.webhooks.deleting import delete
from aaa_dashboard.webhooks.models import Webhook
from aaa_dashboard.x_api.results import SignedIn
from tests.sandbox.client import Token, X
from tests.subscriptions.conftest import BY, Owner, at_x, words

pytestmark = pytest.mark.django_db

MakeOwner = Callable[..., Owner]
Subscribed = Callable[..., SignedIn]


def test_signing_in_later_shows_what_is_connected(owner: MakeOwner, subscribed: Subscribed) -> None:
    subscribed()
    text = owner().sign_in()
    assert "Your account is connected" in text
    assert "@mirakeller agreed to version 2026-11" in text


def test_who_has_nothing_connected_is_told_so(owner: MakeOwner, webhook: Webhook) -> None:
    assert "Nothing is connected" in owner().sign_in()


def test_disconnecting_tells_x_and_wipes_the_tokens(
    x: X, owner: MakeOwner, webhook: Webhook, subscribed: Subscribed
) -> None:
    signed_in = subscribed()
    one = owner()
    one.sign_in()
    asked = words(one.client.get("/connection/twitter/disconnect/").content)
    assert "What was received until now stays stored" in asked
    text = words(one.client.post("/connection/twitter/disconnect/").content)
    assert "You are disconnected" in text
    assert at_x(x, webhook) == set()
    row = Subscription.objects.get()
    assert (row.state, row.user_token) == ("removed", None)
    assert not Visit.objects.exists()
    ended = Token(signed_in.token.token, signed_in.token.secret)
    assert x.signed(ended).get("/1.1/account/verify_credentials.json").status_code in {401, 403}, (
        "the token is ended at X"
    )
    entry = apps.get_model("staff", "AuditEntry")._default_manager.order_by("-pk")[0]
    assert (entry.by, entry.action) == ("@mirakeller, the owner", "removed a subscription")


def test_without_a_sign_in_nothing_is_shown_and_nothing_ends(
    x: X, webhook: Webhook, subscribed: Subscribed, client: Client
) -> None:
    subscribed()
    assert "Sign in with X to see" in words(client.get("/connection/twitter/").content)
    assert client.post("/connection/twitter/disconnect/").status_code == 302
    assert len(at_x(x, webhook)) == 1


def test_one_owner_cannot_disconnect_another(x: X, owner: MakeOwner, webhook: Webhook, subscribed: Subscribed) -> None:
    subscribed()
    stranger = owner("402118395527389185")
    stranger.sign_in()
    stranger.client.post("/connection/twitter/disconnect/")
    assert len(at_x(x, webhook)) == 1


def test_a_visit_ends_by_itself_and_its_token_is_forgotten(owner: MakeOwner, subscribed: Subscribed) -> None:
    subscribed()
    one = owner()
    one.sign_in()
    Visit.objects.update(created_at=timezone.now() - timedelta(minutes=31))
    assert "Sign in with X to see" in words(one.client.get("/connection/twitter/").content)
    reconcile()
    assert not Visit.objects.exists()


def test_sign_ins_cannot_be_begun_without_end(webhook: Webhook, client: Client) -> None:
    cache.clear()
    answers = [client.post("/connection/twitter/sign-in/") for _ in range(21)]
    assert [answer.status_code for answer in answers] == [302] * 20 + [429]
    assert "Too many tries" in words(answers[-1].content)
    cache.clear()


def test_deleting_a_webhook_leaves_its_subscriptions_missing_with_their_tokens(
    webhook: Webhook, subscribed: Subscribed
) -> None:
    subscribed()
    delete(webhook, by=BY)
    row = Subscription.objects.get()
    assert row.state == "missing"
    assert row.user_token


def test_leaving_forgets_who_was_here_and_keeps_the_connection(
    x: X, owner: MakeOwner, webhook: Webhook, subscribed: Subscribed
) -> None:
    subscribed()
    one = owner()
    one.sign_in()
    text = words(one.client.post("/connection/twitter/leave/", follow=True).content)
    assert "Sign in with X to see" in text
    assert len(at_x(x, webhook)) == 1
