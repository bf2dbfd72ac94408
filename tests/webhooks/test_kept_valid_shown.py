"""What is tried by itself to keep webhooks valid is seen on the webhook's page and on the command line."""

import json
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils.html import strip_tags

from aaa_dashboard.webhooks import versions
from aaa_dashboard.webhooks.models import App, Version, Webhook
from aaa_dashboard.webhooks.revalidating import keep_valid
from tests.sandbox.client import X
from tests.sandbox.wire import Receiver

pytestmark = pytest.mark.django_db


def shown(client: Client, webhook: Webhook) -> str:
    return " ".join(strip_tags(client.get(f"/webhooks/{webhook.pk}/").content.decode()).split())


def test_failed_attempts_are_shown_with_what_they_found_and_the_next_one(
    x: X, webhook: Webhook, receiver: Receiver, operator: Client
) -> None:
    receiver.secret = "another-secret"
    x.change("UPDATE sandbox_webhook SET valid = 0")
    now = datetime.now(UTC)
    keep_valid(now)
    text = shown(operator, webhook)
    assert "It was tried 1 time by itself to have it validated, and is tried again" in text
    assert f"{now + timedelta(minutes=1):%H:%M:%S} UTC" in text
    assert "Restart the receivers so that they know the consumer secret" in text
    assert "X answered 403 with code 214" in text


def test_one_that_turned_invalid_just_now_says_that_it_is_looked_after(webhook: Webhook, agent: Client) -> None:
    Webhook.objects.update(valid=False)
    assert "It is validated by itself within a minute or two." in shown(agent, webhook)


def test_missing_keys_are_shown(webhook: Webhook, agent: Client) -> None:
    App.objects.update(ask_failure="no_consumer_keys")
    assert "X cannot be asked for" in shown(agent, webhook)


def test_a_valid_one_says_nothing_of_this(webhook: Webhook, agent: Client) -> None:
    assert "by itself to have it validated" not in shown(agent, webhook)


def seen() -> None:
    now = datetime.now(UTC)
    Version.objects.create(fingerprint=versions.fingerprint(), began_at=now - timedelta(days=1), seen_at=now)


def test_the_command_validates_what_is_invalid_whatever_was_waited_for(x: X, webhook: Webhook) -> None:
    seen()
    x.change("UPDATE sandbox_webhook SET valid = 0")
    Webhook.objects.update(valid=False, failures=6, next_attempt_at=datetime.now(UTC) + timedelta(minutes=30))
    out = StringIO()
    call_command("webhooks", "revalidate", stdout=out)
    assert f"{webhook.x_id} {webhook.url}: valid" in out.getvalue()


def test_the_command_says_that_nothing_was_to_be_done(x: X, webhook: Webhook) -> None:
    seen()
    out = StringIO()
    call_command("webhooks", "revalidate", stdout=out)
    assert "All are valid" in out.getvalue()


def test_the_command_ends_with_one_when_something_stays_wrong(x: X, webhook: Webhook, receiver: Receiver) -> None:
    seen()
    receiver.secret = "another-secret"
    x.change("UPDATE sandbox_webhook SET valid = 0")
    out = StringIO()
    with pytest.raises(CommandError) as ended:
        call_command("webhooks", "revalidate", "--json", stdout=out)
    assert ended.value.returncode == 1
    [row] = json.loads(out.getvalue())
    assert (row["valid"], row["because"]) == (False, "the webhook was invalid")
    assert "X answered 403" in row["failure"]


def test_the_fingerprint_of_what_runs_is_the_same_until_something_changes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    first = versions.fingerprint()
    versions.fingerprint.cache_clear()
    assert versions.fingerprint() == first
    monkeypatch.setattr(versions, "PACKAGE", versions.PACKAGE / "webhooks")
    versions.fingerprint.cache_clear()
    assert versions.fingerprint() != first
    versions.fingerprint.cache_clear()
