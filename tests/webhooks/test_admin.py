"""Webhooks in Django's admin: looked at, never edited; what is done to X has the same rule as on the pages."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client

from aaa_dashboard.staff.models import AuditEntry
from aaa_dashboard.webhooks.models import App, Webhook
from aaa_dashboard.webhooks.timeline import set_valid
from aaa_dashboard.x_api.credentials import fingerprint
from tests.sandbox.client import X
from tests.sandbox.wire import Receiver

WEBHOOKS = "/admin/webhooks/webhook/"


@pytest.fixture
def clerk(person: Callable[..., User]) -> Callable[..., Client]:
    """Makes somebody who may look at data."""

    def make(*permissions: str) -> Client:
        user = person("clerk", "view_webhook", "view_app", *permissions)
        user.is_staff = True
        user.save()
        client = Client()
        client.force_login(user)
        return client

    return make


def chosen(action: str, webhook: Webhook) -> dict[str, str]:
    return {"action": action, "_selected_action": str(webhook.pk)}


def test_webhooks_are_neither_added_nor_changed_nor_deleted(webhook: Webhook, clerk: Callable[..., Client]) -> None:
    client = clerk("add_webhook", "change_webhook", "delete_webhook")
    assert client.get(f"{WEBHOOKS}add/").status_code == 403
    assert "_save" not in client.get(f"{WEBHOOKS}{webhook.pk}/change/").content.decode()
    assert client.post(f"{WEBHOOKS}{webhook.pk}/delete/", {"post": "yes"}).status_code == 403


def test_who_may_manage_validates_from_the_list(x: X, webhook: Webhook, clerk: Callable[..., Client]) -> None:
    x.change("UPDATE sandbox_webhook SET valid = 0")
    set_valid(webhook, False)
    page = clerk("manage_webhooks").post(WEBHOOKS, chosen("validate", webhook), follow=True).content.decode()
    assert "valid." in page
    webhook.refresh_from_db()
    assert webhook.valid
    assert AuditEntry.objects.latest("pk").by == "clerk"


def test_what_x_refuses_is_explained_there_too(
    webhook: Webhook, clerk: Callable[..., Client], receiver: Receiver
) -> None:
    receiver.secret = "another-secret"
    page = clerk("manage_webhooks").post(WEBHOOKS, chosen("validate", webhook), follow=True).content.decode()
    assert "with code 214" in page


def test_states_are_checked_at_x_from_the_list(x: X, webhook: Webhook, clerk: Callable[..., Client]) -> None:
    x.change("UPDATE sandbox_webhook SET valid = 0")
    clerk("manage_webhooks").post(WEBHOOKS, chosen("check_at_x", webhook), follow=True)
    webhook.refresh_from_db()
    assert not webhook.valid


def test_who_may_only_look_is_offered_no_action(x: X, webhook: Webhook, clerk: Callable[..., Client]) -> None:
    client = clerk()
    assert "Validate now" not in client.get(WEBHOOKS).content.decode()
    before = webhook.changes.count()
    client.post(WEBHOOKS, chosen("validate", webhook), follow=True)
    assert webhook.changes.count() == before


def test_keys_that_are_changed_in_the_admin_are_recorded_alike(app: App, clerk: Callable[..., Client]) -> None:
    fields = {"name": app.name, "slug": app.slug, "environment": "", "x_app_id": "", "api_version": "1.1"}
    client = clerk("change_app")
    client.post(f"/admin/webhooks/app/{app.pk}/change/", fields | {"consumer_secret": "typed-in-the-admin"})
    entry = AuditEntry.objects.latest("pk")
    assert entry.after["consumer_secret (fingerprint)"] == fingerprint("typed-in-the-admin")
    assert "typed-in-the-admin" not in client.get(f"/admin/webhooks/app/{app.pk}/change/").content.decode()
