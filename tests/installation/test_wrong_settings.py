"""A mistake in the settings ends every process with one sentence that names it, and shows no value."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.environment import ROOT
from tests.sandbox.wire import free_port

pytestmark = pytest.mark.any_database

SECRET = "a secret in the wrong place"
MANAGE = ("manage.py", "check")
SERVER = ("-m", "uvicorn", "aaa_dashboard.asgi:receiver", "--port", "1")
WORKER = ("-m", "celery", "--app", "aaa_dashboard.celery", "worker")
MAKE_RUN = ("-m", "aaa_dashboard.embedded")


def run(*command: str, **settings: str) -> tuple[int, str]:
    """Run a program of ours; returns its status and everything it said."""
    ended = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={**os.environ, **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    return ended.returncode, ended.stdout


@pytest.mark.parametrize("program", [MANAGE, SERVER, WORKER, MAKE_RUN], ids=["manage", "server", "worker", "make run"])
def test_a_line_of_the_file_that_is_no_setting_is_told_by_its_number(program: tuple[str, ...], tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text(f"# a comment\n\n   # another\nexport LOG_FORMAT=text\nSECRET_KEY {SECRET}\n", encoding="utf-8")
    status, said = run(*program, ENV_FILE=str(file), VAR_DIR=str(tmp_path / "var"))
    assert status == 1
    assert said == "Line 5 of .env is not NAME=value.\n"


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"SECRET_KEY=\xff\xfe\n")
    assert run(*MANAGE, ENV_FILE=str(tmp_path / ".env")) == (1, ".env is not text in UTF-8.\n")


@pytest.mark.parametrize(
    ("name", "value", "takes"),
    [
        ("RECEIVER_MAX_BODY_BYTES", "1MB", "a whole number from 65536 on, such as 1048576"),
        ("RECEIVER_MAX_BODY_BYTES", "0", "a whole number from 65536 on, such as 1048576"),
        ("RECEIVER_QUEUE_DELIVERIES", "0", "a whole number from 1 on, such as 5000"),
        ("REDIS_URL", f"http://:{SECRET}@host:6379", "redis://host:6379/0"),
        ("REDIS_URL", f"redis://:{SECRET}@host:port/0", "redis://host:6379/0"),
        ("REDIS_URL", "redis:///0", "redis://host:6379/0"),
        ("DATABASE_URL", f"postgre://ada:{SECRET}@host/name", "postgres://user:password@host:5432/name or sqlite:////"),
        ("DATABASE_URL", f"postgres://ada:{SECRET}@host:port/name", "postgres://user:password@host:5432/name"),
        ("DEBUG", "maybe", "“on” or “off”"),
        ("BEHIND_TLS_PROXY", "perhaps", "“on” or “off”"),
        ("LOG_FORMAT", "jsn", "“text” or “json”"),
        ("EMAIL_URL", f"smtps://ada:{SECRET}@host:465", "smtp+tls://user:password@host:587, smtp+ssl://"),
        ("EMAIL_URL", f"smtp://ada:{SECRET}@host:port", "smtp+tls://user:password@host:587, smtp+ssl://"),
        ("EMAIL_URL", "smtp+tls://", "smtp+tls://user:password@host:587, smtp+ssl://"),
    ],
)
def test_a_value_that_a_setting_does_not_take_is_told_with_what_it_takes(name: str, value: str, takes: str) -> None:
    status, said = run(*MANAGE, **{name: value})
    assert status == 1
    assert said.startswith(f"{name} takes {takes}")
    assert said.count("\n") == 1
    assert SECRET not in said


@pytest.mark.parametrize("program", [MANAGE, SERVER, WORKER], ids=["manage", "server", "worker"])
def test_a_file_that_was_named_and_is_not_there_is_told(program: tuple[str, ...], tmp_path: Path) -> None:
    said = run(*program, ENV_FILE=str(tmp_path / "production.env"), VAR_DIR=str(tmp_path / "var"))
    assert said == (1, "ENV_FILE names production.env, which cannot be read (FileNotFoundError).\n")


def test_a_file_that_nobody_named_may_be_missing() -> None:
    assert run(*MANAGE, ENV_FILE="")[0] == 0


@pytest.mark.parametrize("application", ["web", "application"])
def test_pages_do_not_start_before_their_files_are_collected(application: str, tmp_path: Path) -> None:
    server = ("-m", "uvicorn", f"aaa_dashboard.asgi:{application}", "--port", str(free_port()))
    status, said = run(*server, STATIC_COLLECTED="on", VAR_DIR=str(tmp_path))
    assert status == 3
    assert "no files were collected: run “manage.py collectstatic” before the start." in said
    assert "Traceback" not in said


def test_a_setting_that_is_empty_is_left_out() -> None:
    empty = dict.fromkeys(("DEBUG", "LOG_FORMAT", "RECEIVER_MAX_BODY_BYTES", "DATABASE_URL", "EMAIL_URL"), "")
    assert run(*MANAGE, **empty)[0] == 0


def test_make_run_ends_without_a_traceback(tmp_path: Path) -> None:
    own = {"ENV_FILE": str(tmp_path / ".env"), "VAR_DIR": str(tmp_path / "var")}
    status, said = run(
        *MAKE_RUN, **own, PUBLIC_URL="", PORT=str(free_port()), SANDBOX_PORT=str(free_port()), LOG_FORMAT="jsn"
    )
    assert status == 1
    assert "LOG_FORMAT takes “text” or “json”" in said
    assert "Traceback" not in said
