"""A webhook that X has, and staff at their browsers."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client

from aaa_dashboard.audit import Actor
from aaa_dashboard.webhooks.models import App, Webhook
from aaa_dashboard.webhooks.registering import register
from tests.sandbox.client import X

BY = Actor("a test")


@pytest.fixture
def webhook(app: App, x: X) -> Webhook:
    """A webhook that was registered from here."""
    return register(app, app.receive_url, by=BY)


@pytest.fixture
def operator(person: Callable[..., User]) -> Client:
    """Somebody signed in who may manage webhooks."""
    client = Client()
    client.force_login(person("olga", "manage_webhooks"))
    return client


def timeline(webhook: Webhook) -> list[str]:
    """Kinds of what became of a webhook, oldest first."""
    return list(webhook.changes.order_by("at", "pk").values_list("kind", flat=True))
