"""What looks for secrets after each test finds those that are there."""

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.sessions.backends.db import SessionStore

from aaa_dashboard.encryption import encrypt
from aaa_dashboard.webhooks.models import App
from aaa_dashboard.x_api.credentials import UserToken
from tests import secrecy
from tests.environment import ROOT

PLANTED = """
import logging
import sys
from urllib.parse import quote

import pytest

from aaa_dashboard.webhooks.models import App
from aaa_dashboard.x_api.credentials import UserToken

TOKEN = UserToken("{token}", "of no matter")

@pytest.mark.django_db
def test_that_stores_it():
    App.objects.create(name=f"app with {{TOKEN.token}} in its name", slug="planted")

def test_that_logs_it():
    logging.getLogger("aaa_dashboard.planted").warning("asked with %s", quote(TOKEN.token, safe=""))

def test_that_fails_and_prints_it():
    print(TOKEN.token, file=sys.stderr)
    raise RuntimeError

@pytest.mark.django_db
def test_that_keeps_it_to_itself():
    App.objects.create(name="app", slug="planted", consumer_key=TOKEN.token)
"""


@pytest.fixture
def secret() -> Iterator[str]:
    """One that is known while the test runs."""
    made = UserToken(f"planted/{secrets.token_urlsafe(24)}", "of no matter").token
    yield made
    secrecy.known.forget(made)


def test_a_secret_in_a_table_is_found_by_its_column(secret: str, db: None) -> None:
    app = App.objects.create(name="app", slug="planted", consumer_secret=secret, strangers=[{"url": "/"}])
    assert secrecy.in_database() == []
    App.objects.filter(pk=app.pk).update(strangers=[{"url": f"https://x.example/{secret}"}])
    assert secrecy.in_database() == ["webhooks_app.strangers"]
    app.delete()
    session = SessionStore()
    session["planted"] = secret
    session.save()
    assert secrecy.in_database() == ["django_session.session_data"]
    session.delete()


def test_what_is_encrypted_is_not_taken_for_clear(secret: str) -> None:
    assert secrecy.known.within(encrypt(secret)) == set()
    assert secrecy.known.within(f"so {secret} lies there") == {secret}


@pytest.mark.any_database
@pytest.mark.slow
def test_a_run_in_which_a_secret_gets_out_fails_and_does_not_show_it(tmp_path: Path) -> None:
    token = f"planted+{secrets.token_urlsafe(24)}"
    (tmp_path / "test_planted.py").write_text(PLANTED.format(token=token), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-c", "pyproject.toml", "--tb=line", str(tmp_path)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_XDIST")}
    environment["DATABASE_URL"] = f"sqlite:///{tmp_path}/planted.sqlite3"
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert "1 failed, 3 passed, 3 errors" in run.stdout
    assert "in clear in the database: webhooks_app.name" in run.stdout
    assert "in clear in a log: log of call: WARNING" in run.stdout
    assert "in clear in a log: stderr of call: •••" in run.stdout
    assert token not in run.stdout + run.stderr
