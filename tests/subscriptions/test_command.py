"""`manage.py subscriptions`: tables for people, JSON for scripts, exit codes that mean something."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from aaa_dashboard.subscriptions.models import Subscription
from aaa_dashboard.webhooks.models import Webhook
from aaa_dashboard.x_api.results import SignedIn
from tests.sandbox.client import ACME, MIRA, X
from tests.subscriptions.conftest import at_x

pytestmark = pytest.mark.django_db

Subscribed = Callable[..., SignedIn]


def run(*words: str) -> str:
    out = io.StringIO()
    call_command("subscriptions", *words, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def as_json(*words: str) -> Any:
    return json.loads(run(*words, "--json"))


def test_list_shows_no_token(subscribed: Subscribed) -> None:
    signed_in = subscribed()
    text = run("list")
    assert "mirakeller" in text
    assert "active" in text
    assert "held" in text
    assert signed_in.token.token not in text
    assert [row["id"] for row in as_json("list")] == [MIRA]
    assert as_json("list", "--state", "missing") == []


def test_add_by_pin(x: X, webhook: Webhook, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []

    def type_pin(_: str) -> str:
        [(token,)] = _rows(x, "SELECT token FROM sandbox_requesttoken")
        page = x.allow(token, ACME).text
        said.append(page)
        return page.partition("<code>")[2].partition("</code>")[0]

    monkeypatch.setattr("builtins.input", type_pin)
    assert "acme" in run("add", "--owner-agrees")
    assert at_x(x, webhook) == {ACME}
    assert Subscription.objects.get().consent_by.endswith("for @acme")


def test_add_without_consent_is_misuse(webhook: Webhook) -> None:
    with pytest.raises(CommandError) as caught:
        run("add")
    assert caught.value.returncode == 2
    assert "Direct messages" in str(caught.value)


def test_check_ends_with_one_when_something_differs(x: X, subscribed: Subscribed) -> None:
    subscribed()
    assert as_json("check")[0]["missing"] == 0
    x.change("DELETE FROM sandbox_subscription")
    with pytest.raises(CommandError) as caught:
        run("check")
    assert caught.value.returncode == 1
    with pytest.raises(CommandError):
        run("check", "mirakeller")


def test_count(subscribed: Subscribed) -> None:
    subscribed()
    assert as_json("count") == [{"app": "twitter", "used": 1, "of": 50, "percent": 2}]


def test_remove_wants_the_name(x: X, webhook: Webhook, subscribed: Subscribed, monkeypatch: pytest.MonkeyPatch) -> None:
    subscribed()
    monkeypatch.setattr("builtins.input", lambda _: "somebody")
    with pytest.raises(CommandError):
        run("remove", "mirakeller")
    assert at_x(x, webhook) == {MIRA}
    monkeypatch.setattr("builtins.input", lambda _: "mirakeller")
    run("remove", "@mirakeller")
    assert at_x(x, webhook) == set()


def test_invite_prints_the_link(webhook: Webhook) -> None:
    [made] = as_json("invite", "--days", "3")
    assert made["link"].startswith("http://127.0.0.1:8000/connect/")


def test_which_webhook_has_to_be_said_where_there_are_several(webhook: Webhook) -> None:
    Webhook.objects.create(app=webhook.app, x_id="2", url="https://other.example/webhook/twitter")
    with pytest.raises(CommandError) as caught:
        run("invite")
    assert caught.value.returncode == 2


def test_x_out_of_reach_ends_with_three(subscribed: Subscribed, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    subscribed()
    monkeypatch.setattr("aaa_dashboard.x_api.retries.MAX_ATTEMPTS", 1)
    settings.X_API_BASE_URL = "http://127.0.0.1:9"
    with pytest.raises(CommandError) as caught:
        run("check")
    assert caught.value.returncode == 3


def _rows(x: X, sql: str) -> list[Any]:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(x.sandbox.database)) as database:
        return database.execute(sql).fetchall()
