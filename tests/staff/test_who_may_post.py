"""Who may only look can change nothing: every address of the project refuses it, and no page has a button for it."""

import re
from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse
from django.utils import timezone

from aaa_dashboard.deliveries.models import Gap
from aaa_dashboard.subscriptions.models import Account, Subscription
from aaa_dashboard.webhooks.models import DEFAULT_SLUG, App, Webhook

pytestmark = pytest.mark.django_db

PUBLIC = {
    "staff:sign-in",
    "staff:sign-out",
    "subscriptions:callback",
    "subscriptions:invite",
    "subscriptions:connection",
    "subscriptions:owner-begin",
    "subscriptions:disconnect",
    "subscriptions:leave",
}
"""For everybody who signs in, and for owners, who are known by their sign-in at X."""
VALUES = {"pk": 1, "slug": DEFAULT_SLUG, "name": "deliveries.find_gaps", "x_id": 12}
PAGES = [
    "/overview/", "/live/", "/events/", "/accounts/", "/accounts/1/", "/accounts/comparisons/", "/webhooks/",
    "/webhooks/1/", "/webhooks/apps/twitter/", "/replays/", "/gaps/", "/gaps/1/", "/health/", "/notices/",
    "/takedowns/", "/retention/",
]  # fmt: skip


@pytest.fixture(autouse=True)
def _something_to_act_upon(db: None) -> None:
    app = App.objects.get_or_create(slug=DEFAULT_SLUG, defaults={"name": "Acme"})[0]
    now = timezone.now()
    webhook = Webhook.objects.create(pk=1, app=app, x_id="1", url=app.receive_url, failures=1, finding="It is away.")
    account = Account.objects.create(pk=1, x_user_id="1", screen_name="acme")
    for pk, state in enumerate(Subscription.State.values, start=1):
        names = {"x_user_id": f"9{pk}", "screen_name": f"acme{pk}"}
        of = account if state == "missing" else Account.objects.create(pk=100 + pk, **names)
        Subscription.objects.create(webhook=webhook, account=of, state=state, state_since=now)
    Gap.objects.create(
        pk=1, webhook=webhook, cause=Gap.Cause.INVALID, began_at=now, ended_at=now, state="found", state_since=now
    )


def ours(found: URLResolver | None = None, namespace: str = "") -> Iterator[tuple[str, str]]:
    """Every address of the project with its name, but Django's own under Data."""
    for pattern in (found or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            if pattern.namespace != "admin":
                yield from ours(pattern, f"{pattern.namespace}:" if pattern.namespace else namespace)
        elif pattern.name:
            arguments = pattern.pattern.converters
            if arguments.keys() <= VALUES.keys():
                name = f"{namespace}{pattern.name}"
                yield name, reverse(name, kwargs={key: VALUES[key] for key in arguments})


def test_every_address_refuses_what_an_agent_posts(agent: Client) -> None:
    answers = {name: agent.post(address).status_code for name, address in ours() if name not in PUBLIC}
    assert len(answers) > 40
    assert {name: status for name, status in answers.items() if status not in {403, 405}} == {}


@pytest.mark.parametrize("path", PAGES)
def test_no_page_has_a_button_that_would_be_refused(agent: Client, path: str) -> None:
    response = agent.get(path)
    assert response.status_code == 200
    forms = re.findall(r"<form[^>]*method=\"post\"[^>]*>", response.content.decode())
    assert [form for form in forms if "/sign-out/" not in form] == []


def test_an_operator_has_them(person: Callable[..., User]) -> None:
    client = Client()
    client.force_login(person("olga", "manage_webhooks", "manage_subscriptions"))
    assert "/webhooks/1/validate/" in client.get("/webhooks/1/").content.decode()
