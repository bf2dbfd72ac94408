"""While Redis is away owners come and go: what only counts holds nobody back."""

from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django.fixtures import Settings
from structlog.testing import capture_logs

from aaa_dashboard.subscriptions.models import Subscription, Usage
from aaa_dashboard.webhooks.models import Webhook
from tests.sandbox.client import X
from tests.sandbox.wire import free_port
from tests.subscriptions.conftest import Owner

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def redis_is_away(x: X, settings: Settings) -> None:
    location = f"redis://127.0.0.1:{free_port()}/0"
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": location}}


def test_an_owner_accepts_an_invite_and_disconnects(owner: Callable[..., Owner], invite: Callable[..., str]) -> None:
    with capture_logs() as logs:
        mira = owner()
        mira.consent(invite())
        assert Subscription.objects.get().state == "active"
        mira.client.cookies.clear()
        mira.sign_in()
        mira.client.post("/connection/twitter/disconnect/")
    assert Subscription.objects.get().state == "removed"
    assert {one["event"] for one in logs if one["log_level"] == "warning"} == {
        "the cache does not answer, so that nothing is counted"
    }


def test_the_accounts_are_shown_though_an_app_was_never_counted(agent: Client, webhook: Webhook) -> None:
    assert agent.get("/accounts/").status_code == 200
    assert not Usage.objects.exists(), "what could be asked at every look is not asked"
