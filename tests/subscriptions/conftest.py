"""An app with a webhook at X, staff and owners at their browsers."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from pytest_django.fixtures import Settings

from aaa_dashboard.audit import Actor
from aaa_dashboard.subscriptions import invites, sign_in
from aaa_dashboard.subscriptions.subscribing import subscribe
from aaa_dashboard.webhooks.models import App, Webhook
from aaa_dashboard.x_api.credentials import UserToken
from aaa_dashboard.x_api.results import SignedIn
from tests.sandbox.client import X
from tests.sandbox.wire import Receiver
from tests.sandboxes import CALLBACK, PUBLIC_URL

BY = Actor("a test")
NAMES = {
    "613278910244360193": "acme",
    "838514127360458753": "acme_support",
    "1204907783556177921": "northwind",
    "187402663914528769": "mirakeller",
}


@pytest.fixture
def x(x: X, settings: Settings) -> X:
    """X, which sends people back to where it has been told."""
    settings.PUBLIC_URL = PUBLIC_URL
    cache.clear()
    return x


@pytest.fixture
def webhook(app: App, x: X, receiver: Receiver) -> Webhook:
    """A valid webhook that X has."""
    return Webhook.objects.create(app=app, x_id=x.register(receiver.url), url=receiver.url, valid=True)


@pytest.fixture
def operator(person: Callable[..., User]) -> Client:
    """Somebody signed in who may manage webhooks and subscriptions."""
    client = Client()
    client.force_login(person("olga", "manage_webhooks", "manage_subscriptions"))
    return client


@dataclass
class Owner:
    """The owner of an account at a browser of their own, without a login here."""

    x: X
    client: Client
    user_id: str

    def go_to_x(self, path: str, **answers: str) -> str:
        """Press the button that leads to X: the request token in the address there."""
        response = self.client.post(path, answers)
        assert response.status_code == 302, response.content.decode()
        return request_token(response["Location"])

    def come_back(self, token: str, answer: str = "allow") -> str:
        """Answer on X's page: the path to which X sends the browser back."""
        location = self.x.allow(token, self.user_id, answer).headers["Location"]
        assert location.startswith(CALLBACK + "?")
        return location.removeprefix(PUBLIC_URL)

    def consent(self, link: str) -> str:
        """Go the whole way of an invite: the text of the page at its end."""
        token = self.go_to_x(link.removeprefix(PUBLIC_URL), agreed=invites_version())
        response = self.client.get(self.come_back(token), follow=True)
        return words(response.content)

    def sign_in(self) -> str:
        """Sign in to see what is connected."""
        token = self.go_to_x("/connection/twitter/sign-in/")
        return words(self.client.get(self.come_back(token), follow=True).content)


def request_token(location: str) -> str:
    return parse_qs(urlsplit(location).query)["oauth_token"][0]


def invites_version() -> str:
    from aaa_dashboard.subscriptions import consent

    return consent.VERSION


def words(content: bytes) -> str:
    """What a person reads on a page."""
    main = content.decode().partition("<main")[2]
    text = re.sub(r"<[^>]+>", " ", f"<{main}")
    return re.sub(r"\s+", " ", text).replace("&#x27;", "'")


@pytest.fixture
def owner(x: X) -> Callable[..., Owner]:
    return lambda user_id="187402663914528769": Owner(x, Client(), user_id)


@pytest.fixture
def invite(webhook: Webhook) -> Callable[..., str]:
    """Makes links."""
    return lambda **fields: invites.create(webhook, **{"note": "", "days": 7, "by": BY, **fields})[1]


@pytest.fixture
def subscribed(x: X, webhook: Webhook) -> Callable[..., SignedIn]:
    """Has accounts subscribed, as their owners' consent would bring it."""

    def make(user_id: str = "187402663914528769") -> SignedIn:
        token = x.token_of(user_id)
        signed_in = SignedIn(user_id, NAMES[user_id], UserToken(token.token, token.secret))
        subscribe(webhook, signed_in, consent_by=f"@{NAMES[user_id]}", by=BY)
        return signed_in

    return make


def at_x(x: X, webhook: Webhook) -> set[str]:
    """Who is subscribed, by X's word."""
    answer = x.bearing().get(f"/1.1/account_activity/webhooks/{webhook.x_id}/subscriptions/all/list.json")
    assert requests.codes.ok == answer.status_code
    return {one["user_id"] for one in answer.json()["subscriptions"]}


__all__ = ["BY", "NAMES", "Owner", "at_x", "sign_in", "words"]
