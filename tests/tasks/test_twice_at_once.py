"""Every task run twice at once changes things once: here, at X, and in the letters that go out.

What is declared is found by itself. The functions behind the doors are run, without the claim that keeps a second run
away: a message may come twice, and a claim may have run out.
"""

import re
import threading
import uuid
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.management import call_command
from django.db import connection, models
from django.utils import timezone

from aaa_dashboard import background
from aaa_dashboard.audit import Actor
from aaa_dashboard.deliveries.following import settled_id
from aaa_dashboard.deliveries.models import Event, Gap, Refusal, RetentionPeriod, TrafficMinute
from aaa_dashboard.deliveries.takedown import requests as takedowns
from aaa_dashboard.deliveries.takedown.models import Takedown
from aaa_dashboard.staff.notices import round as notices
from aaa_dashboard.staff.notices.models import Channel, Notice, Severity
from aaa_dashboard.subscriptions import moving
from aaa_dashboard.subscriptions.models import Account, Move, SignIn
from aaa_dashboard.subscriptions.subscribing import subscribe
from aaa_dashboard.webhooks.models import DEFAULT_SLUG, App, Webhook
from aaa_dashboard.webhooks.registering import register
from aaa_dashboard.x_api.credentials import UserToken
from aaa_dashboard.x_api.results import SignedIn
from tests.activity.factory import Store, post
from tests.sandbox.client import MIRA, X
from tests.sandbox.control import Control
from tests.sandbox.wire import Receiver
from tests.sandboxes import as_a_process_that_has_just_begun

BY = Actor("a test")
POST_ID = "1991461964141402118"
# Each comparison that comes to its end is a row; two that come one after the other are two, and repair once.
LOGS_OF_RUNS = {"subscriptions.reconciliation"}
# What X said last, and the door's own notes.
NO_CHANGE = {"webhooks.allowance", "webhooks.bearertoken", "staff.taskrun", "staff.backgroundprocess"}


class World:
    """An installation in which every task has something to do, beside an X with which it does not agree."""

    def __init__(self, x: X, elsewhere: Receiver) -> None:
        self._x = x
        self._control = Control(x.sandbox)
        self._elsewhere = elsewhere.url
        self._asked_before = 0

    def make(self, task: str) -> None:
        """Make it anew, here and at X, with what this one task needs besides."""
        self._x.clear()
        call_command("flush", interactive=False, verbosity=0, inhibit_post_migrate=True)
        mail.outbox.clear()
        as_a_process_that_has_just_begun()
        app = App.objects.create(slug=DEFAULT_SLUG, name="Acme Care")
        self._store(app)
        webhook = self._register(app)
        if task == "subscriptions.go_on_moving":
            move = moving.begin(webhook, self._elsewhere, by=BY)
            Move.objects.filter(pk=move.pk).update(under_way=True)
        else:
            self._disagree(webhook)
        if task == "staff.tell":
            Channel.objects.create(
                kind=Channel.Kind.EMAIL, name="All of us", address="us@acme.example", least=Severity.INFO
            )
            notices.look(timezone.now(), by="a test")
        self._asked_before = max((one["id"] for one in self._control.json("GET", "requests")), default=0)

    def changes(self) -> Counter[tuple[str, ...]]:
        """What is so now, without when and by which id; and what X was asked to change."""
        facts: Counter[tuple[str, ...]] = Counter()
        for model in apps.get_models():
            if model.__module__.startswith("aaa_dashboard.") or model is Session:
                facts.update(_facts(model))
        for one in self._control.json("GET", "requests", params={"after": self._asked_before}):
            if one["method"] != "GET" and "oauth2" not in one["path"]:
                facts["X was asked", one["method"], re.sub(r"\d{15,}", "…", one["path"].split("?")[0])] += 1
        facts["letters",] = len(mail.outbox)
        return facts

    def _register(self, app: App) -> Webhook:
        """A webhook with one account, as both sides know it."""
        webhook = register(app, app.receive_url, by=BY)
        token = self._x.token_of(MIRA)
        signed_in = SignedIn(MIRA, "mirakeller", UserToken(token.token, token.secret))
        subscribe(webhook, signed_in, consent_by="@mirakeller", by=BY)
        Account.objects.update(profile_read_at=timezone.now())
        Webhook.objects.update(created_at=timezone.now() - timedelta(days=9))
        webhook.refresh_from_db()
        return webhook

    def _disagree(self, webhook: Webhook) -> None:
        """X has lost the account and takes the webhook for invalid; and there is a gap."""
        path = f"/1.1/account_activity/webhooks/{webhook.x_id}/subscriptions/{MIRA}/all.json"
        assert self._x.bearing().delete(path).status_code == 204
        self._control.json("POST", f"webhooks/{webhook.x_id}/invalidate", {})
        now = timezone.now()
        Gap.objects.create(
            webhook=webhook, cause=Gap.Cause.NO_RECEIVER, began_at=now - timedelta(minutes=90),
            ended_at=now - timedelta(minutes=80), state=Gap.State.FOUND, state_since=now,
        )  # fmt: skip

    @staticmethod
    def _store(app: App) -> None:
        """What came, some of it long ago; a sign-in, a session and a notice that are over."""
        now = timezone.now()
        long_ago, lately = now - timedelta(days=2000), now - timedelta(minutes=10)
        store = Store()
        store(received_at=long_ago)
        store(received_at=lately)
        store(post(text="Quoting", quoted_status={"id_str": "7", "user": {"id_str": "8"}}), received_at=lately)
        deletion = {"status": {"id": POST_ID, "user_id": MIRA}, "timestamp_ms": "1763636506482"}
        store({"for_user_id": MIRA, "tweet_delete_events": [deletion]}, received_at=lately)
        settled_id(Event, now - timedelta(minutes=5))
        takedowns.ask(Takedown.What.POST, POST_ID, by=BY, now=now)
        for category, days in (("posts", 365), ("mentions", 365)):
            RetentionPeriod.objects.get_or_create(category=category, defaults={"days": days})
        Refusal.objects.create(
            at=long_ago, method="POST", path="/webhook/twitter", status=401, reason="signature", sender="192.0.2.1"
        )
        numbers = dict.fromkeys(("deliveries", "events", "duplicates", "unsplit", "crcs"), 0)
        for minutes in (60, 59, 58, 20, 19):
            minute = now.replace(second=0, microsecond=0) - timedelta(minutes=minutes)
            TrafficMinute.objects.create(
                app=app, minute=minute, began_at=minute, until=minute + timedelta(minutes=1), receiver="one", **numbers
            )
        Session.objects.create(session_key=uuid.uuid4().hex, session_data="", expire_date=lately)
        SignIn.objects.create(purpose=SignIn.Purpose.values[0], app=app)
        SignIn.objects.update(created_at=long_ago)
        Notice.objects.create(
            kind="silence", subject="1", severity=Severity.INFO, title="Silence", text="It was silent.", remedy="None.",
            url="/", action="Look", raised_at=long_ago, cleared_at=long_ago,
        )  # fmt: skip


def _facts(model: type[models.Model]) -> Counter[tuple[str, ...]]:
    """Rows by what is a choice, a yes or no, a number, or a moment that has come or not."""
    label = model._meta.label_lower
    if label in NO_CHANGE:
        return Counter()
    facts: Counter[tuple[str, ...]] = Counter()
    for row in model._default_manager.all():
        values = [label]
        for field in model._meta.concrete_fields:
            value = getattr(row, field.attname)
            if isinstance(field, models.DateTimeField):
                values.append(f"{field.name} {'set' if value else 'empty'}")
            elif field.choices or isinstance(field, (models.BooleanField, models.PositiveSmallIntegerField)):
                values.append(f"{field.name} {value}")
        facts[tuple(values)] += 1
    return facts


@pytest.fixture
def world(transactional_db: None, x: X, elsewhere: Receiver) -> World:
    return World(x, elsewhere)


@pytest.fixture(autouse=True)
def _no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background.Door, "apply_async", lambda *_, **__: None)


def twice_at_once(door: Any) -> list[Exception]:
    """Run a task in two threads that begin together; return what went wrong."""
    together = threading.Barrier(2)
    problems: list[Exception] = []

    def run() -> None:
        together.wait()
        try:
            door.run()
        except Exception as problem:  # noqa: BLE001 - told to the test
            problems.append(problem)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return problems


def without_logs(facts: Counter[tuple[str, ...]]) -> Counter[tuple[str, ...]]:
    return Counter({fact: number for fact, number in facts.items() if fact[0] not in LOGS_OF_RUNS})


@pytest.mark.parametrize("task", sorted(background.doors()))
def test_run_twice_at_once_it_changes_things_once(task: str, world: World) -> None:
    door = background.doors()[task]
    world.make(task)
    before = world.changes()
    door.run()
    once = world.changes()
    assert once != before, "nothing is prepared for it to do: see World"

    world.make(task)
    assert twice_at_once(door) == []
    at_once = world.changes()
    assert sorted((without_logs(at_once) - without_logs(once)).items()) == []
    assert sorted((without_logs(once) - without_logs(at_once)).items()) == []
