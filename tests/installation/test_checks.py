"""Settings that do not fit each other are named with their remedy, and errors stop the start."""

import subprocess
import sys
from itertools import chain
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core import checks as django_checks
from django.test import override_settings

from aaa_dashboard import checks
from tests.environment import ROOT

pytestmark = [
    pytest.mark.any_database,
    pytest.mark.filterwarnings("ignore:Overriding setting DATABASES"),  # the checks read the setting alone
]

SAFE: dict[str, Any] = {
    "DEBUG": False,
    "SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJ",
    "SECRET_ENCRYPTION_KEYS": [Fernet.generate_key().decode()],
    "PUBLIC_URL": "https://dashboard.company.net",
    "ALLOWED_HOSTS": ["dashboard.company.net"],
    "X_API_BASE_URL": "https://api.twitter.com",
    "X_CONSUMER_SECRET": "set",
    "DATABASES": {"default": {"ENGINE": "django.db.backends.postgresql"}},
    "REDIS_URL": "redis://localhost",
}


def found(**changes: Any) -> list[str]:
    """Ids of what the checks say about a safe installation with these changes."""
    with override_settings(**{**SAFE, **changes}):
        messages = list(chain.from_iterable(check() for check in checks.ALL))
    assert all(message.hint for message in messages)
    return [str(message.id).removeprefix("aaa_dashboard.") for message in messages]


def test_a_safe_installation_passes() -> None:
    assert found() == []


@pytest.mark.parametrize(
    "key", ["", "changeme-changeme-changeme-changeme-changeme", "django-insecure-" + "k" * 40, "short"]
)
def test_a_secret_key_that_is_none_is_an_error(key: str) -> None:
    assert found(SECRET_KEY=key) == ["E001"]


def test_the_secret_key_does_not_matter_while_debugging() -> None:
    local = {"PUBLIC_URL": "http://127.0.0.1:8000", "ALLOWED_HOSTS": ["127.0.0.1"]}
    assert found(SECRET_KEY="", DEBUG=True, **local) == []


def test_debugging_at_a_public_address_is_an_error() -> None:
    assert found(DEBUG=True) == ["E009"]


@pytest.mark.parametrize("secret", ["changeme", "your-consumer-secret", "xxxxxxxx"])
def test_a_consumer_secret_that_is_a_placeholder_is_an_error(secret: str) -> None:
    assert found(X_CONSUMER_SECRET=secret) == ["E008"]


def test_a_random_key_is_no_placeholder_whatever_letters_it_has() -> None:
    assert found(SECRET_KEY="kQXxxVn3p0J-xXx_0123456789abcdefghijklmn") == []


def test_missing_encryption_keys_are_an_error() -> None:
    assert found(SECRET_ENCRYPTION_KEYS=[]) == ["E002"]


def test_each_encryption_key_must_be_one() -> None:
    good = Fernet.generate_key().decode()
    assert found(SECRET_ENCRYPTION_KEYS=[good, "not a key", "not-ascii-ä"]) == ["E003", "E003"]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "dashboard.company.net",
        "ftp://dashboard.company.net",
        "https://",
        "https://a.net/path",
        "https://a.net:port",
    ],
)
def test_a_public_url_that_is_no_site_is_an_error(url: str) -> None:
    assert "E004" in found(PUBLIC_URL=url)


def test_a_public_url_that_was_forgotten_is_an_error_where_a_database_server_is_set() -> None:
    here = {"PUBLIC_URL": "http://127.0.0.1:8000", "PUBLIC_URL_IS_SET": False, "ALLOWED_HOSTS": ["127.0.0.1"]}
    assert found(**here) == ["E010"]
    assert found(**here, DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3"}}) == []
    assert found(**here, DEBUG=True) == []


def test_a_queue_that_the_largest_delivery_never_fits_in_is_an_error() -> None:
    assert found(RECEIVER_QUEUE_BYTES=1024, RECEIVER_MAX_BODY_BYTES=1025) == ["E011"]


def test_replays_that_would_end_before_they_begin_are_an_error() -> None:
    assert found(X_REPLAY_FROM_MINUTES=10, X_REPLAY_TO_MINUTES=10) == ["E012"]


def test_a_public_url_without_tls_is_an_error() -> None:
    assert found(PUBLIC_URL="http://dashboard.company.net") == ["E005"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_a_loopback_address_needs_no_tls_and_no_services(host: str) -> None:
    sqlite = {"default": {"ENGINE": "django.db.backends.sqlite3"}}
    assert found(PUBLIC_URL=f"http://{host}:8000", ALLOWED_HOSTS=["*"], DATABASES=sqlite, REDIS_URL="") == []


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8001", "http://localhost", "http://sandbox.company.net:8001", "", "x"]
)
def test_a_public_installation_that_asks_the_sandbox_is_an_error(url: str) -> None:
    assert found(X_API_BASE_URL=url) == ["E006"]


def test_a_local_installation_may_ask_the_sandbox() -> None:
    assert (
        found(X_API_BASE_URL="http://127.0.0.1:8001", PUBLIC_URL="http://localhost:8000", ALLOWED_HOSTS=["localhost"])
        == []
    )


def test_allowed_hosts_without_our_own_is_an_error() -> None:
    assert found(ALLOWED_HOSTS=["other.company.net"]) == ["E007"]


@pytest.mark.parametrize("pattern", ["*", ".company.net"])
def test_allowed_hosts_may_be_a_pattern(pattern: str) -> None:
    assert found(ALLOWED_HOSTS=[pattern]) == []


def test_a_missing_consumer_secret_is_a_warning() -> None:
    assert found(X_CONSUMER_SECRET="") == ["W001"]


def test_sqlite_behind_a_public_address_is_a_warning() -> None:
    assert found(DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3"}}) == ["W002"]


def test_a_public_installation_without_redis_is_warned() -> None:
    assert found(REDIS_URL="") == ["W003"]


def test_django_knows_the_checks() -> None:
    with override_settings(**{**SAFE, "X_CONSUMER_SECRET": ""}):
        messages = django_checks.run_checks(tags=["security"])
    assert "aaa_dashboard.W001" in [message.id for message in messages]


@pytest.mark.parametrize(
    "command",
    [
        ["uvicorn", "aaa_dashboard.asgi:application", "--port", "0"],
        ["uvicorn", "aaa_dashboard.asgi:receiver", "--port", "0"],
        ["celery", "--app", "aaa_dashboard.celery", "worker"],
        ["celery", "--app", "aaa_dashboard.celery", "beat"],
    ],
    ids=lambda command: " ".join(command[:3]),
)
def test_every_process_stops_with_the_remedy_and_without_a_traceback(
    command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", "")
    ended = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, timeout=30, check=False
    )
    assert ended.returncode != 0
    assert "The dashboard does not start:\n  SECRET_KEY is not set. (aaa_dashboard.E001)\n    Set it to" in ended.stderr
    assert "Traceback" not in ended.stderr
