"""`manage.py webhooks`: tables for people, JSON for scripts, exit codes that mean something."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from aaa_dashboard.staff.models import AuditEntry
from aaa_dashboard.webhooks.models import App, Webhook
from tests.sandbox.client import X
from tests.sandbox.wire import Receiver


def run(*arguments: str) -> tuple[int, str]:
    """Exit code and output."""
    out = StringIO()
    try:
        call_command("webhooks", *arguments, stdout=out)
    except CommandError as failed:
        return failed.returncode, out.getvalue() + str(failed)
    return 0, out.getvalue()


def as_json(*arguments: str) -> Any:
    code, output = run(*arguments, "--json")
    assert code == 0, output
    return json.loads(output)


@pytest.mark.django_db
def test_a_webhook_from_registration_to_deletion(x: X) -> None:
    made = as_json("register")
    assert (made["done"], made["valid"]) == ("registered", True)
    assert [row["id"] for row in as_json("list")] == [made["id"]]
    code, table = run("list")
    assert code == 0
    assert made["id"] in table
    assert as_json("validate", made["id"])["valid"] is True
    assert as_json("delete", made["id"], "--yes")["done"] == "deleted"
    assert run("list") == (0, "X has no webhook for us.\n")
    assert all(entry.by.startswith("command line") for entry in AuditEntry.objects.all())


def test_adopting(app: App, x: X, receiver: Receiver) -> None:
    x_id = x.register(receiver.url.replace("twitter", "other"))
    assert [row["ours"] for row in as_json("list")] == [False]
    assert as_json("adopt", x_id)["ours"] is True
    assert run("adopt", "404")[0] == 2


def test_preflight_ends_with_1_when_x_would_refuse(app: App, x: X, receiver: Receiver) -> None:
    assert run("preflight")[0] == 0
    receiver.secret = "another-secret"
    code, output = run("preflight")
    assert code == 1
    assert "Challenge" in output
    assert run("register")[0] == 1
    code, output = run("register", "--anyway")
    assert code == 1
    assert "code 214" in output


def test_nothing_is_deleted_when_another_address_is_typed(
    x: X, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("builtins.input", lambda _prompt: "another")
    code, output = run("delete", webhook.x_id)
    assert code == 2
    assert "nothing was deleted" in output
    webhook.refresh_from_db()
    assert webhook.deleted_at is None


@pytest.mark.django_db
def test_misuse_ends_with_2_and_an_absent_x_with_3(x: X, settings: Settings) -> None:
    assert run("validate", "404")[0] == 2
    assert run("list", "--app", "nobody")[0] == 2
    settings.X_API_BASE_URL = "http://127.0.0.1:9"
    assert run("list")[0] == 3
