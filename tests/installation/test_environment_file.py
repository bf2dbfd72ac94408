"""The first start writes `.env`; everything else follows from it and from the environment, which wins."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from aaa_dashboard.embedded.configuration import CannotStart, configure, require_free_ports, write_env_file
from tests.environment import ROOT, documented_settings

pytestmark = pytest.mark.any_database
EXAMPLE = ROOT / ".env.example"


@pytest.fixture(autouse=True)
def _bare_environment() -> Iterator[None]:
    """Start without any setting, and forget afterwards what reading a file put into the environment."""
    before = dict(os.environ)
    for name in documented_settings():
        os.environ.pop(name, None)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def env_file(tmp_path: Path) -> Path:
    path = tmp_path / ".env"
    assert write_env_file(path, EXAMPLE)
    return path


def test_the_file_is_for_its_owner_alone(env_file: Path) -> None:
    assert env_file.stat().st_mode & 0o777 == 0o600


def test_each_installation_gets_secrets_of_its_own(env_file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.env"
    write_env_file(other, EXAMPLE)
    ours, theirs = (path.read_text(encoding="utf-8").splitlines() for path in (env_file, other))
    differing = {line.split("=")[0] for line, their_line in zip(ours, theirs, strict=True) if line != their_line}
    assert differing == {
        *("SECRET_KEY", "SECRET_ENCRYPTION_KEYS", "DEMO_PASSWORD"),
        *("X_CONSUMER_KEY", "X_CONSUMER_SECRET", "X_ACCESS_TOKEN", "X_ACCESS_TOKEN_SECRET"),
    }


def test_the_encryption_key_is_one(env_file: Path) -> None:
    Fernet(configure(env_file).environment["SECRET_ENCRYPTION_KEYS"])


def test_an_existing_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("SECRET_KEY=mine\n", encoding="utf-8")
    assert not write_env_file(path, EXAMPLE)
    assert path.read_text(encoding="utf-8") == "SECRET_KEY=mine\n"


def test_both_sides_of_the_wire_have_the_same_keys(env_file: Path) -> None:
    environment = configure(env_file).environment
    assert environment["SANDBOX_CONSUMER_KEY"] == environment["X_CONSUMER_KEY"] != ""
    assert environment["SANDBOX_CONSUMER_SECRET"] == environment["X_CONSUMER_SECRET"] != ""


def test_addresses_follow_the_ports(env_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "8180")
    monkeypatch.setenv("SANDBOX_PORT", "8181")
    environment = configure(env_file).environment
    assert environment["PUBLIC_URL"] == "http://127.0.0.1:8180"
    assert environment["SANDBOX_WEBHOOK_URL"] == "http://127.0.0.1:8180/webhook/twitter"
    assert environment["X_API_BASE_URL"] == "http://127.0.0.1:8181"
    assert environment["SANDBOX_PORT"] == "8181"
    # Browsers keep cookies by host alone: a second installation must not sign out the people of the first.
    assert environment["COOKIE_SUFFIX"] == "_8180"


def test_the_environment_beats_the_file(env_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEMO_PASSWORD", "from the environment")
    assert configure(env_file).environment["DEMO_PASSWORD"] == "from the environment"


def test_a_public_address_is_refused(env_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLIC_URL", "https://dashboard.example.org")
    with pytest.raises(CannotStart, match="for this machine alone"):
        configure(env_file)


@pytest.mark.parametrize("port", ["http", "0", "70000", "-1"])
def test_a_port_that_is_none_is_named(env_file: Path, monkeypatch: pytest.MonkeyPatch, port: str) -> None:
    monkeypatch.setenv("SANDBOX_PORT", port)
    with pytest.raises(CannotStart, match=f"SANDBOX_PORT is “{port}”, which is no port"):
        configure(env_file)


def test_one_port_for_both_is_refused(env_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_PORT", "8000")
    with pytest.raises(CannotStart, match="are both 8000"):
        configure(env_file)


@pytest.mark.parametrize("name", ["PORT", "SANDBOX_PORT"])
def test_an_occupied_port_is_named_with_the_way_out(env_file: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as occupant:
        port = occupant.getsockname()[1]
        monkeypatch.setenv(name, str(port))
        with pytest.raises(CannotStart, match=rf"Port {port} cannot be used .*: make run {name}=\d+$"):
            require_free_ports(configure(env_file))
