"""A move goes on by itself: through a worker that dies, two at once, X away, and people who change their minds."""

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing
from datetime import timedelta
from threading import Barrier

import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from aaa_dashboard import encryption
from aaa_dashboard.subscriptions import moving, moving_along, subscribing, tasks
from aaa_dashboard.subscriptions.models import Move, Subscription
from aaa_dashboard.subscriptions.moving_along import Went
from aaa_dashboard.webhooks.models import Webhook
from tests.environment import ROOT
from tests.sandbox.client import OWNER, X
from tests.sandbox.control import Control
from tests.sandbox.wire import CONSUMER_KEY, SECRET, Receiver, eventually
from tests.sandboxes import PUBLIC_URL
from tests.subscriptions.conftest import BY, at_x, words
from tests.subscriptions.test_moving import crowd, webhooks_at_x

pytestmark = pytest.mark.django_db

WORKER = """
import django
django.setup()
from django.utils import timezone
from aaa_dashboard.subscriptions.moving_along import go_on_with_all
go_on_with_all(timezone.now(), budget_seconds=100)
"""


@pytest.fixture
def wanted(webhook: Webhook, elsewhere: Receiver) -> Callable[[], Move]:
    """Has somebody want a move."""

    def want() -> Move:
        move = moving.begin(webhook, elsewhere.url, by=BY)
        assert moving_along.want(move, by=BY)
        move.refresh_from_db()
        return move

    return want


def database_url() -> str:
    name = connection.settings_dict["NAME"]
    if connection.vendor == "postgresql":
        return f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{name}"
    return f"sqlite:///{name}"


def times_subscribed(x: X, webhook: Webhook) -> int:
    """How often X took an account on for a webhook."""
    path = f"/1.1/account_activity/webhooks/{webhook.x_id}/subscriptions/all.json"
    asked = "SELECT COUNT(*) FROM sandbox_apirequest WHERE method = 'POST' AND path = ? AND status = 204"
    with closing(sqlite3.connect(x.sandbox.database, timeout=20)) as database:
        return int(database.execute(asked, [path]).fetchone()[0])


def page(client: Client, move: Move) -> str:
    return words(client.get(f"/moves/{move.pk}/").content)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_worker_that_dies_after_twenty_of_fifty_is_followed_by_one_that_goes_on(
    x: X, webhook: Webhook, wanted: Callable[[], Move]
) -> None:
    x.change("UPDATE sandbox_contract SET subscriptions_allowed = 200")
    everybody = crowd(x, webhook, 50)
    move = wanted()
    environment = {
        **os.environ, "DJANGO_SETTINGS_MODULE": "aaa_dashboard.settings", "DATABASE_URL": database_url(),
        "PUBLIC_URL": PUBLIC_URL, "X_API_BASE_URL": settings.X_API_BASE_URL, "X_CONSUMER_KEY": CONSUMER_KEY,
        "X_CONSUMER_SECRET": SECRET, "X_ACCESS_TOKEN": OWNER.token, "X_ACCESS_TOKEN_SECRET": OWNER.secret,
    }  # fmt: skip

    def moved() -> int:
        return moving.plan(Move.objects.get()).moved

    Control(x.sandbox).fault("api_slow", seconds=0.05)  # it must not be done before it is killed
    worker = subprocess.Popen([sys.executable, "-c", WORKER], cwd=ROOT, env=environment)
    eventually(lambda: moved() >= 20, seconds=60)
    worker.kill()
    worker.wait()
    Control(x.sandbox).ask("DELETE", "faults")
    assert 20 <= moved() < 50
    assert at_x(x, webhook) == everybody, "nobody is lost while nobody is at it"

    assert moving_along.go_on_with_all(timezone.now()) == Went(0, 0), "the dead worker's claim holds for a while"
    with time_machine.travel(timezone.now() + timedelta(minutes=2)):
        while moving_along.go_on_with_all(timezone.now()).left:
            time.sleep(0)
    move.refresh_from_db()
    assert move.step == Move.Step.DONE
    assert not move.under_way
    assert move.target
    assert at_x(x, move.target) == everybody
    assert times_subscribed(x, move.target) == 50, "none twice"
    assert len(webhooks_at_x(x)) == 1
    webhook.refresh_from_db()
    assert webhook.deleted_at
    assert Subscription.objects.filter(webhook=move.target, state="active").count() == 50
    assert not any(row.user_token for row in Subscription.objects.filter(webhook=webhook))


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_are_as_one(x: X, webhook: Webhook, wanted: Callable[[], Move]) -> None:
    everybody = crowd(x, webhook, 5)
    move = wanted()
    together = Barrier(3)

    def work(_: int) -> Went:
        together.wait()
        try:
            return moving_along.go_on_with_all(timezone.now())
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as workers:
        list(workers.map(work, range(3)))
    move.refresh_from_db()
    assert move.step == Move.Step.DONE
    assert move.target
    assert at_x(x, move.target) == everybody
    assert times_subscribed(x, move.target) == 5


def test_what_x_cannot_do_now_is_tried_again_later_and_said(
    x: X, webhook: Webhook, wanted: Callable[[], Move], operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aaa_dashboard.x_api.retries.MAX_ATTEMPTS", 1)
    crowd(x, webhook, 2)
    move, now = wanted(), timezone.now()
    Control(x.sandbox).fault("api_503", percent=100)
    assert moving_along.go_on_with_all(now) == Went(1, 0)
    move.refresh_from_db()
    assert move.under_way
    assert move.next_try_at == now + moving_along.FIRST_DELAY
    text = page(operator, move)
    for said in ("tried again by itself", "with code 67", "What it means", "What to do", "It is tried again at"):
        assert said in text

    assert moving_along.go_on_with_all(now) == Went(0, 0), "not yet"
    assert moving_along.go_on_with_all(now + timedelta(minutes=1)) == Went(1, 0)
    move.refresh_from_db()
    assert move.next_try_at == now + timedelta(minutes=1) + 2 * moving_along.FIRST_DELAY

    Control(x.sandbox).ask("DELETE", "faults")
    assert moving_along.go_on_with_all(now + timedelta(minutes=5)) == Went(1, 0)
    move.refresh_from_db()
    assert move.step == Move.Step.DONE
    assert moving_along.trouble_of(move) is None
    assert "The webhook has moved" in page(operator, move)


def test_what_x_refuses_stops_the_move_until_a_person_goes_on_with_it(
    x: X, webhook: Webhook, wanted: Callable[[], Move], operator: Client
) -> None:
    crowd(x, webhook, 2)
    move = wanted()
    with x.app_is(may_use_activity=0):
        assert moving_along.go_on_with_all(timezone.now()) == Went(1, 0)
    move.refresh_from_db()
    assert not move.under_way
    text = page(operator, move)
    for said in ("It stopped here", "with code 200", "What to do", "Go on"):
        assert said in text
    later = timezone.now() + timedelta(days=1)
    assert moving_along.go_on_with_all(later) == Went(0, 0), "it would be refused again"

    operator.post(f"/moves/{move.pk}/")
    assert "It waits for a worker" in page(operator, move)
    moving_along.go_on_with_all(timezone.now())
    assert "The webhook has moved" in page(operator, move)


def test_what_comes_to_nothing_again_and_again_is_given_to_a_person(
    x: X, webhook: Webhook, wanted: Callable[[], Move], operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    move, now = wanted(), timezone.now()

    def still(*_: object, **__: object) -> None:
        raise moving.StillMissing

    monkeypatch.setattr(moving, "go_on", still)
    for tried in range(moving_along.MOST_TRIES):
        assert moving_along.go_on_with_all(now + tried * moving_along.LONGEST_DELAY) == Went(1, 0)
    assert moving_along.go_on_with_all(now + timedelta(days=1)) == Went(0, 0)
    text = page(operator, move)
    assert "It stopped here" in text
    assert "Nothing is lost" in text


def test_when_it_is_abandoned_the_worker_ends_after_the_account_it_is_at(
    x: X, webhook: Webhook, wanted: Callable[[], Move], operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    everybody = crowd(x, webhook, 4)
    move = wanted()
    really = subscribing.subscribe_as_before

    def and_somebody_has_enough(*args: object, **kwargs: object) -> object:
        done = really(*args, **kwargs)  # type: ignore[arg-type]
        moving_along.stop(move)
        return done

    monkeypatch.setattr(moving, "subscribe_as_before", and_somebody_has_enough)
    assert moving_along.go_on_with_all(timezone.now()) == Went(1, 0)
    operator.post(f"/moves/{move.pk}/abandon/")
    move.refresh_from_db()
    assert move.step == Move.Step.ABANDONED
    assert move.target
    assert len(at_x(x, move.target)) == 1
    assert at_x(x, webhook) == everybody
    assert not moving_along.want(move, by=BY), "what is over is over"
    assert moving_along.go_on_with_all(timezone.now() + timedelta(days=1)) == Went(0, 0)


def test_who_has_no_time_left_says_what_is_left(x: X, webhook: Webhook, wanted: Callable[[], Move]) -> None:
    wanted()
    assert moving_along.go_on_with_all(timezone.now(), budget_seconds=0) == Went(1, 1)


def test_what_is_done_is_done_in_the_name_of_who_wanted_it(
    x: X, webhook: Webhook, wanted: Callable[[], Move], operator: Client
) -> None:
    from aaa_dashboard.staff.models import AuditEntry

    move = wanted()
    operator.post(f"/moves/{move.pk}/")
    tasks.go_on_moving()
    assert AuditEntry.objects.get(action="moved a webhook").by == "olga"


def test_a_worker_hears_of_it_at_once(
    x: X,
    webhook: Webhook,
    wanted: Callable[[], Move],
    operator: Client,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    heard: list[object] = []
    monkeypatch.setattr(tasks.go_on_moving, "apply_async", lambda *args, **_: heard.append(args))
    move = wanted()
    with django_capture_on_commit_callbacks(execute=True):
        operator.post(f"/moves/{move.pk}/")
    assert len(heard) == 1


def test_the_page_refreshes_itself_while_somebody_is_at_it_and_no_longer(
    x: X, webhook: Webhook, wanted: Callable[[], Move], operator: Client
) -> None:
    move = wanted()

    def part(seen: str) -> str:
        return operator.get(f"/moves/{move.pk}/?seen={seen}", headers={"HX-Request": "true"}).content.decode()

    waiting = part("waiting")
    assert 'hx-trigger="every 2s"' in waiting
    assert "<html" not in waiting
    assert "hx-swap-oob" not in waiting, "nobody is told what they have been told"
    moving_along.go_on_with_all(timezone.now())
    over = part("waiting")
    assert "hx-get" not in over
    assert 'id="said" hx-swap-oob' in over
    assert "The webhook has moved." in over


def test_the_page_asks_the_database_as_often_for_many_accounts_as_for_few(
    x: X,
    webhook: Webhook,
    wanted: Callable[[], Move],
    operator: Client,
    django_assert_max_num_queries: Callable[[int], AbstractContextManager[object]],
) -> None:
    move = wanted()
    crowd(x, webhook, 12)
    with django_assert_max_num_queries(11):
        operator.get(f"/moves/{move.pk}/")


def test_a_look_at_the_page_opens_no_token(
    x: X, webhook: Webhook, wanted: Callable[[], Move], operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    move = wanted()
    crowd(x, webhook, 3)
    really, opened = encryption.decrypt, 0

    def decrypt(cipher: str) -> str:
        nonlocal opened
        opened += bool(cipher)
        return really(cipher)

    monkeypatch.setattr(encryption, "decrypt", decrypt)
    operator.get(f"/moves/{move.pk}/")
    of_three_accounts = opened
    Subscription.objects.filter(webhook=webhook).delete()
    opened = 0
    operator.get(f"/moves/{move.pk}/")
    assert of_three_accounts == opened, "the keys of the app alone"
