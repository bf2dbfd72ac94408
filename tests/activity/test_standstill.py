"""Live says when nothing can come, rather than to look connected and stay as it was."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client

from aaa_dashboard.subscriptions.models import Account, Subscription
from aaa_dashboard.webhooks.models import App, Webhook
from tests.notices.conftest import traffic

NOW = datetime(2026, 3, 1, 12, 0, 30, tzinfo=UTC)
SINCE = NOW - timedelta(minutes=4)
PATHS = ["/live/", "/live/standstill/"]


@pytest.fixture(autouse=True)
def _well(db: None) -> None:
    app = App.objects.get_or_create(slug="twitter", defaults={"name": "Acme Care"})[0]
    webhook = Webhook.objects.create(app=app, x_id="1", url="https://acme.example/webhook/twitter", valid=True)
    account = Account.objects.create(x_user_id="613278910244360193", screen_name="acme")
    Subscription.objects.create(webhook=webhook, account=account, state="active", state_since=SINCE)
    traffic(app, NOW)


def look(client: Client, path: str) -> str:
    with time_machine.travel(NOW, tick=False):
        return client.get(path).content.decode()


@pytest.mark.parametrize("path", PATHS)
def test_when_all_is_well_nothing_is_said(ada: Client, path: str) -> None:
    assert "Nothing new can be here" not in look(ada, path)


@pytest.mark.parametrize("path", PATHS)
def test_an_invalid_webhook_is_said_with_since_when_and_where_more_is_known(ada: Client, path: str) -> None:
    Webhook.objects.update(valid=False, invalid_since=SINCE)
    said = look(ada, path)
    assert "X delivers nothing: the webhook is invalid" in said
    assert f'<time datetime="{SINCE.isoformat()}">' in said
    assert 'href="/overview/"' in said


@pytest.mark.parametrize("path", PATHS)
def test_a_webhook_that_is_gone_is_said(ada: Client, path: str) -> None:
    App.objects.update(asked_at=NOW)
    Webhook.objects.update(valid=False, deleted_at=SINCE)
    Webhook.objects.get().changes.create(kind="gone", at=SINCE)
    assert "the webhook is gone from X" in look(ada, path)


@pytest.mark.parametrize("path", PATHS)
def test_that_no_receiver_runs_is_said(ada: Client, path: str) -> None:
    with time_machine.travel(NOW + timedelta(minutes=2), tick=False):
        assert "No receiver is running" in ada.get(path).content.decode()


def test_who_is_not_signed_in_is_told_nothing(client: Client) -> None:
    assert look(client, "/live/standstill/") == ""


def test_it_costs_a_page_that_is_open_four_queries(ada: Client, django_assert_num_queries: object) -> None:
    with django_assert_num_queries(4):  # type: ignore[operator] # session, person, the last minutes, webhooks
        look(ada, "/live/standstill/")
