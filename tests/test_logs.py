"""A log line says what happened and nothing of what was in hand: no local variable, however pretty."""

import io
import json
import logging
import sys

import pytest
from django.test import Client

from aaa_dashboard.logs import Calm, formatter


def _record() -> logging.LogRecord:
    token = "a token that nobody may read"
    try:
        raise RuntimeError(f"failed with {len(token)} characters")
    except RuntimeError:
        return logging.LogRecord("test", logging.ERROR, __file__, 1, "it broke", (), sys.exc_info())


@pytest.mark.any_database
@pytest.mark.parametrize("as_json", [False, True])
def test_a_traceback_holds_no_local_variable(as_json: bool) -> None:
    line = formatter(as_json).format(_record())
    assert "RuntimeError: failed with 28 characters" in line
    assert "a token that nobody may read" not in line


@pytest.mark.any_database
def test_json_is_one_object_a_line() -> None:
    line = formatter(as_json=True).format(_record())
    assert "\n" not in line
    assert json.loads(line)["event"] == "it broke"


@pytest.mark.parametrize(("path", "host", "status"), [("/sign-in/", "evil.example", 400), ("/sign-in/", "", 403)])
def test_what_a_visitor_causes_is_one_calm_line(
    monkeypatch: pytest.MonkeyPatch, db: None, path: str, host: str, status: int
) -> None:
    ours = next(
        handler for handler in logging.getLogger().handlers if any(isinstance(f, Calm) for f in handler.filters)
    )
    written = io.StringIO()
    monkeypatch.setattr(ours, "stream", written)
    client = Client(enforce_csrf_checks=True)
    response = client.post(path, headers={"Host": host} if host else {})
    assert response.status_code == status
    lines = written.getvalue().splitlines()
    assert [line for line in lines if "[warning" not in line] == []
    assert len([line for line in lines if "django.security" in line]) == 1


@pytest.mark.any_database
def test_a_refusal_has_no_traceback_and_a_failure_keeps_it() -> None:
    for level, kept in ((logging.WARNING, False), (logging.ERROR, True)):
        record = _record()
        record.name, record.levelno = "django.request", level
        assert Calm().filter(record)
        assert bool(record.exc_info) is kept


@pytest.mark.parametrize(
    ("asked", "logged"),
    [
        ("/connect/the-secret-of-a-link/", "/connect/•••/"),
        ("/x/callback?oauth_token=a-token&oauth_verifier=7", "/x/callback?oauth_token=•••&oauth_verifier=•••"),
        ("/connection/twitter/", "/connection/twitter/"),
    ],
)
@pytest.mark.any_database
def test_what_is_secret_in_an_address_is_not_logged(asked: str, logged: str) -> None:
    record = logging.LogRecord("django.request", logging.WARNING, __file__, 1, "%s: %s", ("Gone", asked), None)
    assert Calm().filter(record)
    assert record.getMessage() == f"Gone: {logged}"


@pytest.mark.parametrize(
    ("logger", "event", "is_shown"),
    [
        ("aaa_dashboard.deliveries.tasks", {"event": "handed over", "done": 0, "failed": 0}, False),
        ("aaa_dashboard.deliveries.tasks", {"event": "handed over", "done": 0, "failed": 1}, True),
        ("aaa_dashboard.staff.tasks", {"event": "cleared expired sessions"}, True),
        ("aaa_dashboard.deliveries.writer", {"event": "commit failed", "deliveries": 0}, True),
    ],
)
def test_a_round_that_found_nothing_to_do_is_not_told(logger: str, event: dict[str, object], is_shown: bool) -> None:
    record = logging.LogRecord(logger, logging.INFO, __file__, 1, event, (), None)
    assert Calm().filter(record) is is_shown


@pytest.mark.any_database
def test_a_database_that_is_away_from_beat_is_a_line_and_no_traceback() -> None:
    record = _record()
    record.name = "django_celery_beat.schedulers"
    assert Calm().filter(record)
    assert record.exc_info is None
