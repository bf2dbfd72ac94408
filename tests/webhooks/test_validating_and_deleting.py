"""Validating and deleting: what X says is kept, and two who do it at once do it once."""

from typing import Any

import pytest

from aaa_dashboard.staff.models import AuditEntry
from aaa_dashboard.webhooks.deleting import delete
from aaa_dashboard.webhooks.models import App, Webhook
from aaa_dashboard.webhooks.registering import register
from aaa_dashboard.webhooks.timeline import set_valid
from aaa_dashboard.webhooks.validating import validate
from aaa_dashboard.x_api import errors
from tests.sandbox.client import X
from tests.sandbox.wire import Receiver
from tests.webhooks.conftest import BY, timeline
from tests.webhooks.test_registering import at_once, at_x


def test_an_invalid_webhook_becomes_valid_again(x: X, webhook: Webhook) -> None:
    x.change("UPDATE sandbox_webhook SET valid = 0")
    set_valid(webhook, False)
    validate(webhook, by=BY)
    assert webhook.valid
    assert webhook.invalid_since is None
    assert timeline(webhook) == ["registered", "invalid", "validated", "valid"]
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.before, entry.after) == ("validated a webhook", {"valid": False}, {"valid": True})


def test_a_challenge_that_fails_is_kept_with_the_reason(x: X, webhook: Webhook, receiver: Receiver) -> None:
    receiver.secret = "another-secret"
    with pytest.raises(errors.ChallengeFailed):
        validate(webhook, by=BY)
    last = webhook.changes.latest("pk")
    assert (last.kind, last.by) == ("refused", "a test")
    assert "214" in last.detail


def test_validating_what_x_has_no_more_marks_it_gone(x: X, webhook: Webhook) -> None:
    x.change("DELETE FROM sandbox_webhook")
    with pytest.raises(errors.WebhookNotFound):
        validate(webhook, by=BY)
    webhook.refresh_from_db()
    assert webhook.deleted_at is not None


def test_a_wrong_address_of_x_ends_no_webhook(x: X, webhook: Webhook, settings: Any) -> None:
    settings.X_API_BASE_URL += "/nowhere"
    with pytest.raises(errors.XError):
        validate(webhook, by=BY)
    webhook.refresh_from_db()
    assert webhook.deleted_at is None


def test_a_deleted_webhook_is_gone_from_x_and_keeps_its_timeline(x: X, webhook: Webhook) -> None:
    assert delete(webhook, by=BY)
    assert at_x(x) == []
    assert webhook.deleted_at is not None
    assert timeline(webhook) == ["registered", "deleted"]


def test_deleting_what_x_has_no_more_is_no_error(x: X, webhook: Webhook) -> None:
    x.change("DELETE FROM sandbox_webhook")
    assert delete(webhook, by=BY)


def test_a_deleted_address_can_be_registered_anew(app: App, x: X, webhook: Webhook) -> None:
    delete(webhook, by=BY)
    again = register(app, app.receive_url, by=BY)
    assert again != webhook
    assert at_x(x) == [app.receive_url]


@pytest.mark.django_db(transaction=True)
def test_two_who_delete_at_once_delete_once(x: X, webhook: Webhook) -> None:
    def one() -> Webhook:
        mine = Webhook.objects.select_related("app").get()
        delete(mine, by=BY)
        return mine

    at_once(one)
    assert at_x(x) == []
    assert timeline(webhook) == ["registered", "deleted"]
    assert AuditEntry.objects.filter(action="deleted a webhook").count() == 1
