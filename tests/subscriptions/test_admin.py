"""Subscriptions in Django's admin: no secret is shown, and the actions do what the pages do."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client

from aaa_dashboard.subscriptions.models import Invite, SignIn, Subscription
from aaa_dashboard.webhooks.models import Webhook
from aaa_dashboard.x_api.results import SignedIn
from tests.sandbox.client import MIRA, X
from tests.subscriptions.conftest import Owner, at_x

pytestmark = pytest.mark.django_db

LIST = "/admin/subscriptions/subscription/"


@pytest.fixture
def administrator(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("ada", password="correct horse battery"))
    return client


def test_tokens_and_hashes_are_nowhere(
    administrator: Client, subscribed: Callable[..., SignedIn], invite: Callable[..., str], owner: Callable[..., Owner]
) -> None:
    signed_in = subscribed()
    invite()
    request = owner().go_to_x("/connection/twitter/sign-in/")
    secrets = (*signed_in.token.secrets(), Invite.objects.get().secret_hash, request)
    paths = [
        LIST,
        f"{LIST}{Subscription.objects.get().pk}/change/",
        f"/admin/subscriptions/invite/{Invite.objects.get().pk}/change/",
        f"/admin/subscriptions/signin/{SignIn.objects.get().pk}/change/",
    ]
    for path in paths:
        response = administrator.get(path)
        assert response.status_code == 200
        assert [secret for secret in secrets if secret in response.content.decode()] == []


def test_check_and_remove(x: X, administrator: Client, webhook: Webhook, subscribed: Callable[..., SignedIn]) -> None:
    subscribed()
    row = Subscription.objects.get()
    chosen = {"_selected_action": [row.pk]}
    administrator.post(LIST, {"action": "check_at_x", **chosen})
    assert at_x(x, webhook) == {MIRA}
    administrator.post(LIST, {"action": "remove", **chosen})
    row.refresh_from_db()
    assert (row.state, row.user_token) == ("removed", None)
    assert at_x(x, webhook) == set()
