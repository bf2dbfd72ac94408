"""What X has beside what we have."""

from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.utils import timezone

from aaa_dashboard.staff.models import AuditEntry
from aaa_dashboard.subscriptions.models import Account, Subscription
from aaa_dashboard.subscriptions.tasks import reconcile
from aaa_dashboard.webhooks.asking import adopt, ask
from aaa_dashboard.webhooks.deleting import delete
from aaa_dashboard.webhooks.models import App, Webhook
from aaa_dashboard.x_api import errors
from aaa_dashboard.x_api.results import Webhook as AtX
from aaa_dashboard.x_api.v1_1 import Client
from tests.sandbox.client import X
from tests.sandbox.wire import Receiver
from tests.webhooks.conftest import BY, timeline


def test_a_webhook_of_our_own_address_is_adopted_at_first_sight(app: App, x: X) -> None:
    x_id = x.register(app.receive_url)
    assert ask(app) == []
    assert Webhook.objects.get().x_id == x_id
    assert AuditEntry.objects.get().by == "the dashboard"


def test_one_of_another_address_is_shown_and_left_alone(app: App, x: X, receiver: Receiver) -> None:
    x_id = x.register(receiver.url.replace("twitter", "other"))
    assert [one.id for one in ask(app)] == [x_id]
    app.refresh_from_db()
    assert app.strangers == [{"id": x_id, "url": receiver.url.replace("twitter", "other"), "valid": True}]
    assert not Webhook.objects.exists()


def test_x_calling_it_invalid_is_one_line_however_often_it_is_said(app: App, x: X, webhook: Webhook) -> None:
    x.change("UPDATE sandbox_webhook SET valid = 0")
    ask(app)
    ask(app)
    webhook.refresh_from_db()
    assert not webhook.valid
    assert webhook.invalid_since is not None
    assert timeline(webhook) == ["registered", "invalid"]
    x.change("UPDATE sandbox_webhook SET valid = 1")
    ask(app)
    assert timeline(webhook) == ["registered", "invalid", "valid"]


def test_one_that_x_has_no_more_is_marked_gone_and_so_are_its_subscriptions(app: App, x: X, webhook: Webhook) -> None:
    account = Account.objects.create(x_user_id="1", screen_name="acme")
    row = Subscription.objects.create(
        webhook=webhook, account=account, state="active", access_token="t", access_token_secret="s"
    )
    x.change("DELETE FROM sandbox_webhook")
    ask(app)
    webhook.refresh_from_db()
    assert webhook.deleted_at is not None
    assert (webhook.valid_since, webhook.invalid_since) == (None, None), "it is neither any more"
    assert timeline(webhook) == ["registered", "gone"]
    row.refresh_from_db()
    assert row.state == "missing"


def test_a_list_that_comes_empty_ends_no_webhook(app: App, x: X, webhook: Webhook) -> None:
    with mock.patch.object(Client, "webhooks", return_value=()):
        ask(app)
    webhook.refresh_from_db()
    assert webhook.deleted_at is None
    assert timeline(webhook) == ["registered"]


def test_a_webhook_that_is_new_here_is_compared_soon(app: App, x: X, django_capture_on_commit_callbacks: Any) -> None:
    with mock.patch.object(reconcile, "apply_async") as nudged, django_capture_on_commit_callbacks(execute=True):
        adopt(app, AtX("17", app.receive_url, True, None), by=BY, as_of=timezone.now())
    assert nudged.call_count == 1


def test_an_old_answer_of_x_brings_no_deleted_webhook_back(app: App, x: X, webhook: Webhook) -> None:
    before = timezone.now()
    delete(webhook, by=BY)
    adopt(app, AtX(webhook.x_id, webhook.url, True, None), by=BY, as_of=before)
    webhook.refresh_from_db()
    assert webhook.deleted_at is not None
    adopt(app, AtX(webhook.x_id, webhook.url, True, None), by=BY, as_of=timezone.now() + timedelta(seconds=1))
    webhook.refresh_from_db()
    assert webhook.deleted_at is None


def test_when_x_does_not_tell_nothing_changes(app: App, x: X, webhook: Webhook) -> None:
    app.consumer_secret = ""
    with pytest.raises(errors.CredentialsRejected), x.app_is(consumer_secret="somebody-else's"):
        ask(app)
    webhook.refresh_from_db()
    assert webhook.valid
    assert webhook.deleted_at is None
