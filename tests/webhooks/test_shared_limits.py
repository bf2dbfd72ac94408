"""What X says to one process about limits holds for every other, and whoever knows the bearer token tells it."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from itertools import pairwise
from typing import NoReturn

import pytest
import time_machine
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from aaa_dashboard.webhooks import allowances, bearer_tokens, limits
from aaa_dashboard.webhooks.credentials import api_of, credentials_of
from aaa_dashboard.webhooks.models import Allowance, App, BearerToken
from aaa_dashboard.x_api import bearer_tokens as in_memory
from aaa_dashboard.x_api import endpoints as at
from aaa_dashboard.x_api import errors, rate_limits
from aaa_dashboard.x_api.credentials import AppCredentials, fingerprint
from tests.environment import ROOT
from tests.sandbox.client import OWNER, X
from tests.sandbox.wire import CONSUMER_KEY

X_URL = "https://api.twitter.com"
KEYS = AppCredentials("key-of-this-test", "secret-of-this-test")
TURNS = """
import time
import django
django.setup()
from aaa_dashboard.webhooks.limits import shared
from aaa_dashboard.x_api.endpoints import LIST_WEBHOOKS
for _ in range(8):
    print(time.time() + shared.take_turn(LIST_WEBHOOKS, "subject"))
"""


def says(remaining: int, seconds: float = 600) -> dict[str, str]:
    return {
        "x-rate-limit-limit": "15",
        "x-rate-limit-remaining": str(remaining),
        "x-rate-limit-reset": str(int(time.time() + seconds)),
    }


def another_process() -> None:
    """Forget what this process knows by itself, as one that has just begun."""
    rate_limits.shared.__init__()  # type: ignore[misc]
    in_memory.shared.__init__()  # type: ignore[misc]


@pytest.fixture
def away(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that does not answer."""

    def fail(*_: object, **__: object) -> NoReturn:
        raise OperationalError("server closed the connection")

    for model in (Allowance, BearerToken):
        for name in ("filter", "get_or_create", "bulk_create"):
            monkeypatch.setattr(model.objects, name, fail)


def test_a_limit_that_another_process_has_used_up_is_not_run_into(app: App, x: X) -> None:
    limits.shared.note(at.LIST_WEBHOOKS, fingerprint(CONSUMER_KEY), says(0))
    another_process()
    with pytest.raises(errors.RateLimited) as refused:
        api_of(app).webhooks()
    assert refused.value.failure.key == "rate-limit-known"
    with time_machine.travel(timezone.now() + timedelta(seconds=601)):
        assert api_of(app).webhooks() == ()


def test_the_newest_word_of_x_counts(db: None) -> None:
    limits.shared.note(at.LIST_WEBHOOKS, "subject", says(3))
    with time_machine.travel(timezone.now() - timedelta(seconds=5)):
        limits.shared.note(at.LIST_WEBHOOKS, "subject", says(0))
    assert Allowance.objects.get().remaining == 3
    limits.shared.note(at.LIST_WEBHOOKS, "subject", says(2))
    assert Allowance.objects.get().remaining == 2


def test_headers_that_say_nothing_change_nothing(db: None) -> None:
    limits.shared.note(at.LIST_WEBHOOKS, "subject", {"x-rate-limit-remaining": "many"})
    assert not Allowance.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_processes_take_different_turns() -> None:
    database = connection.settings_dict
    url = f"sqlite:///{database['NAME']}"
    if connection.vendor == "postgresql":
        password = f":{database['PASSWORD']}" if database["PASSWORD"] else ""
        url = f"postgres://{database['USER']}{password}@{database['HOST']}:{database['PORT']}/{database['NAME']}"
    environment = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "aaa_dashboard.settings"}
    command = [sys.executable, "-c", TURNS]
    processes = [
        subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    turns = sorted(float(line) for process in processes for line in process.communicate(timeout=60)[0].splitlines())
    assert len(turns) == 24
    assert min(later - earlier for earlier, later in pairwise(turns)) > 0.5


def test_turns_are_by_endpoint_and_by_whom_x_counts_for(db: None) -> None:
    assert limits.shared.take_turn(at.REGISTER_WEBHOOK, "a") == 0
    assert limits.shared.take_turn(at.REGISTER_WEBHOOK, "b") == 0
    assert limits.shared.take_turn(at.DELETE_WEBHOOK, "a") == 0
    assert limits.shared.take_turn(at.REGISTER_WEBHOOK, "a") > 0.5
    assert limits.shared.take_turn(at.SUBSCRIBE, "a") == limits.shared.take_turn(at.SUBSCRIBE, "a") == 0


def test_nobody_waits_for_a_clock_that_was_wrong(db: None) -> None:
    Allowance.objects.create(
        subject="a", intent=at.REGISTER_WEBHOOK.intent, next_turn_at=timezone.now() + timedelta(hours=3)
    )
    assert limits.shared.take_turn(at.REGISTER_WEBHOOK, "a") == 0
    assert 0.5 < limits.shared.take_turn(at.REGISTER_WEBHOOK, "a") <= 1


def test_windows_that_closed_long_ago_are_let_go(db: None) -> None:
    with time_machine.travel(timezone.now() - timedelta(days=2)):
        limits.shared.note(at.SUBSCRIBE, "left", says(400))
        limits.shared.take_turn(at.REGISTER_WEBHOOK, "left")
    limits.shared.note(at.SUBSCRIBE, "stays", says(400))
    assert list(Allowance.objects.values_list("subject", flat=True)) == ["stays"]


def test_a_database_that_is_away_breaks_no_call_and_the_process_goes_by_what_it_knows(
    app: App, x: X, away: None
) -> None:
    api = api_of(app)
    assert api.webhooks() == ()
    limits.shared.note(at.LIST_WEBHOOKS, fingerprint(CONSUMER_KEY), says(0))
    with pytest.raises(errors.RateLimited):
        api.webhooks()
    assert limits.shared.take_turn(at.REGISTER_WEBHOOK, "a") == 0
    assert limits.shared.take_turn(at.REGISTER_WEBHOOK, "a") > 0.5


def test_what_is_left_is_shown_whoever_asked(
    app: App, x: X, agent: Client, django_assert_num_queries: Callable[..., AbstractContextManager[object]]
) -> None:
    limits.shared.note(at.REGISTER_WEBHOOK, fingerprint(OWNER.token), says(7))
    limits.shared.note(at.COUNT_SUBSCRIPTIONS, fingerprint(CONSUMER_KEY), says(3))
    limits.shared.note(at.COUNT_SUBSCRIPTIONS, fingerprint("another app"), says(1))
    limits.shared.note(at.SUBSCRIBE, fingerprint(CONSUMER_KEY), says(1, seconds=-1))
    another_process()
    assert [(one.intent, one.remaining) for one in allowances.of(app)] == [
        ("count the subscriptions", 3),
        ("register a webhook", 7),
    ]
    other = App.objects.create(name="Second", slug="second")
    with django_assert_num_queries(1):
        assert allowances.of_each([app, other])[other.pk] == []
    page = agent.get("/webhooks/").content.decode()
    assert "count the subscriptions</td><td>3 of 15" in page


def test_a_bearer_token_is_fetched_by_one_process_for_all(app: App, x: X) -> None:
    api_of(app).webhooks()
    fetched = BearerToken.objects.get()
    another_process()
    api_of(app).webhooks()
    assert BearerToken.objects.get().fetched_at == fetched.fetched_at


def test_bearer_tokens_lie_encrypted_and_by_the_keys_they_were_fetched_with(db: None) -> None:
    bearer_tokens.shared.put(X_URL, KEYS, "a-fetched-token")
    another_process()
    assert bearer_tokens.shared.get(X_URL, KEYS) == "a-fetched-token"
    assert bearer_tokens.shared.get(X_URL, AppCredentials(KEYS.consumer_key, "new", None, "given")) == "given"
    assert bearer_tokens.shared.get("https://api.x.com", KEYS) == ""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM webhooks_bearertoken")
        stored = str(cursor.fetchall())
    for secret in ("a-fetched-token", KEYS.consumer_key, KEYS.consumer_secret):
        assert secret not in stored


def test_a_bearer_token_that_no_key_opens_is_fetched_anew(app: App, x: X) -> None:
    api_of(app).webhooks()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE webhooks_bearertoken SET token = 'of a key that is gone'")
    another_process()
    assert api_of(app).webhooks() == ()
    another_process()
    assert bearer_tokens.shared.get(x.sandbox.url, credentials_of(app))


def test_without_a_database_a_fetched_token_is_kept_by_the_process(app: App, x: X, away: None) -> None:
    bearer_tokens.shared.put(X_URL, KEYS, "a-fetched-token")
    assert bearer_tokens.shared.get(X_URL, KEYS) == "a-fetched-token"
