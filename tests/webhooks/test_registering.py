"""Registering and adopting: one webhook comes of it, however often and by however many it is wanted."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from aaa_dashboard.staff.models import AuditEntry
from aaa_dashboard.webhooks.asking import ask
from aaa_dashboard.webhooks.models import App, Webhook
from aaa_dashboard.webhooks.registering import adopt_by_id, register
from aaa_dashboard.x_api import errors
from tests.sandbox.client import X
from tests.sandbox.wire import Receiver
from tests.webhooks.conftest import BY, timeline


def at_x(x: X) -> list[str]:
    return [one["url"] for one in x.bearing().get("/1.1/account_activity/webhooks.json").json()]


def test_a_registered_webhook_is_valid_on_the_record_and_in_the_audit(app: App, x: X) -> None:
    made = register(app, app.receive_url, by=BY)
    assert at_x(x) == [app.receive_url]
    assert (made.url, made.valid, made.app) == (app.receive_url, True, app)
    assert made.registered_at is not None
    assert timeline(made) == ["registered"]
    entry = AuditEntry.objects.get()
    assert (entry.by, entry.action, entry.object_name) == ("a test", "registered a webhook", app.receive_url)
    assert entry.after == {"app": "twitter", "X id": made.x_id, "address": app.receive_url}


def test_registering_twice_is_no_error_and_no_second_webhook(app: App, x: X, webhook: Webhook) -> None:
    assert register(app, app.receive_url, by=BY) == webhook
    assert at_x(x) == [app.receive_url]
    assert Webhook.objects.count() == AuditEntry.objects.count() == 1


def test_one_that_x_has_already_is_adopted(app: App, x: X) -> None:
    x_id = x.register(app.receive_url)
    made = register(app, app.receive_url, by=BY)
    assert made.x_id == x_id
    assert timeline(made) == ["adopted"]


def test_a_full_contract_is_said_to_be_full(app: App, x: X, receiver: Receiver) -> None:
    base = receiver.url.removesuffix("twitter")
    for slug in ("one", "two", "three"):
        x.register(base + slug)
    with pytest.raises(errors.LimitReached) as refused:
        register(app, app.receive_url, by=BY)
    assert refused.value.failure.code == 214
    assert not Webhook.objects.exists()


def test_one_that_does_not_answer_rightly_is_not_registered(app: App, x: X, receiver: Receiver) -> None:
    receiver.secret = "another-secret"
    with pytest.raises(errors.ChallengeFailed):
        register(app, app.receive_url, by=BY)
    assert not Webhook.objects.exists()
    assert not AuditEntry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_who_register_at_once_get_the_same_webhook(app: App, x: X) -> None:
    made = at_once(lambda: register(app, app.receive_url, by=BY))
    assert made[0] == made[1]
    assert at_x(x) == [app.receive_url]
    assert Webhook.objects.count() == AuditEntry.objects.count() == 1


def test_adopting_by_id(app: App, x: X, receiver: Receiver) -> None:
    x_id = x.register(receiver.url.replace("twitter", "other"))
    [stranger] = ask(app)
    assert stranger.id == x_id
    made = adopt_by_id(app, x_id, by=BY)
    assert made.url.endswith("/webhook/other")
    app.refresh_from_db()
    assert app.strangers == []
    with pytest.raises(LookupError):
        adopt_by_id(app, "12345", by=BY)


def at_once(act: Callable[[], Webhook]) -> list[Webhook]:
    """Let two people do the same at the same time."""
    together = threading.Barrier(2)
    done: list[Webhook] = []

    def one() -> None:
        try:
            together.wait(60)
            done.append(act())
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)
    assert len(done) == 2
    return done
