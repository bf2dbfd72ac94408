"""The environment of an embedded installation: `.env` written once, ports looked at, the rest derived."""

import base64
import os
import re
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from aaa_dashboard.environment import WrongSetting, read_file

HOST = "127.0.0.1"
# Whose app it is in the sandbox: X's tokens begin with the id of the user they act for.
SANDBOX_OWNER_ID = "613278910244360193"
LOOPBACK = {"127.0.0.1", "::1", "localhost"}


class CannotStart(Exception):
    """The start is impossible; the message is one sentence for a person and names the remedy."""


@dataclass(frozen=True)
class Configuration:
    """Ports on this machine, and the environment that every process gets."""

    port: int
    sandbox_port: int
    environment: dict[str, str]

    @property
    def dashboard_url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def sandbox_url(self) -> str:
        return f"http://{HOST}:{self.sandbox_port}"


def write_env_file(env_file: Path, example: Path) -> bool:
    """Write the first `.env` from its example, with secrets of its own. An existing file is left alone.

    Returns:
        Whether it was written.
    """
    values = {
        "SECRET_KEY": secrets.token_urlsafe(50),
        "SECRET_ENCRYPTION_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "X_CONSUMER_KEY": secrets.token_urlsafe(18),
        "X_CONSUMER_SECRET": secrets.token_urlsafe(36),
        "X_ACCESS_TOKEN": f"{SANDBOX_OWNER_ID}-{secrets.token_urlsafe(30)}",
        "X_ACCESS_TOKEN_SECRET": secrets.token_urlsafe(34),
        "DEMO_PASSWORD": secrets.token_urlsafe(9),
    }
    text = example.read_text(encoding="utf-8")
    for name, value in values.items():
        text = re.sub(rf"^{name}=$", f"{name}={value}", text, flags=re.MULTILINE)
    try:
        # Created for its owner alone, never readable by others even for a moment.
        descriptor = os.open(env_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    return True


def configure(env_file: Path) -> Configuration:
    """Derive the environment of all processes from this process's environment and `.env`; the former wins.

    Raises:
        CannotStart: The file is wrong, a port is no port, or the settings are those of a public installation.
    """
    try:
        read_file(env_file)
    except WrongSetting as error:
        raise CannotStart(str(error)) from error
    port = _port("PORT", 8000)
    sandbox_port = _port("SANDBOX_PORT", 8001)
    if port == sandbox_port:
        raise CannotStart(f"PORT and SANDBOX_PORT are both {port}; choose two: make run PORT=8000 SANDBOX_PORT=8001")
    public_url = os.environ.get("PUBLIC_URL") or f"http://{HOST}:{port}"
    if urlsplit(public_url).hostname not in LOOPBACK:
        raise CannotStart(
            f"PUBLIC_URL is {public_url}, but `make run` is for this machine alone; README.md tells of production."
        )
    configuration = Configuration(port, sandbox_port, {})
    configuration.environment.update(_environment(os.environ, configuration, public_url))
    return configuration


def _environment(given: Mapping[str, str], configuration: Configuration, public_url: str) -> dict[str, str]:
    defaults = {
        "PUBLIC_URL": public_url,
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "COOKIE_SUFFIX": f"_{configuration.port}",
        "X_API_BASE_URL": configuration.sandbox_url,
        "SANDBOX_TRAFFIC_PER_SECOND": "2",
        "SANDBOX_WEBHOOK_URL": f"{configuration.dashboard_url}/webhook/twitter",
        "SANDBOX_CONSUMER_KEY": given.get("X_CONSUMER_KEY", ""),
        "SANDBOX_CONSUMER_SECRET": given.get("X_CONSUMER_SECRET", ""),
        "SANDBOX_ACCESS_TOKEN": given.get("X_ACCESS_TOKEN", ""),
        "SANDBOX_ACCESS_TOKEN_SECRET": given.get("X_ACCESS_TOKEN_SECRET", ""),
        # Webhooks on this machine, and owners of accounts who come back to it.
        "SANDBOX_ALLOW_LOOPBACK": "on",
        "SANDBOX_CALLBACK_URLS": f"{public_url}/x/callback",
        # Nobody who tries a replay wants to wait half an hour first; both sides have to agree on it.
        "X_REPLAY_FROM_MINUTES": "2",
        "X_REPLAY_TO_MINUTES": "1",
        "SANDBOX_REPLAY_FROM_MINUTES": "2",
        "SANDBOX_REPLAY_TO_MINUTES": "1",
        **_sandbox_database(given),
        # glibc keeps a heap for every thread; with as few threads as here, two do and save a quarter of the memory.
        "MALLOC_ARENA_MAX": "2",
    }
    fixed = {
        "PORT": str(configuration.port),
        "SANDBOX_PORT": str(configuration.sandbox_port),
        "DJANGO_SETTINGS_MODULE": "aaa_dashboard.settings",
        "PYTHONUNBUFFERED": "1",
    }
    return {**defaults, **{name: value for name, value in given.items() if value or name not in defaults}, **fixed}


def _sandbox_database(given: Mapping[str, str]) -> dict[str, str]:
    """Keep what the sandbox remembers beside what we remember, wherever that is."""
    var = given.get("VAR_DIR")
    return {"SANDBOX_DATABASE_URL": f"sqlite:///{Path(var).resolve()}/sandbox.sqlite3"} if var else {}


def require_free_ports(configuration: Configuration) -> None:
    """See that nobody listens on either port.

    Raises:
        CannotStart: Somebody does.
    """
    for name, port in (("PORT", configuration.port), ("SANDBOX_PORT", configuration.sandbox_port)):
        with socket.socket() as listener:
            # As servers do: an address whose last connections are still fading is free.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind((HOST, port))
            except OSError as error:
                raise CannotStart(
                    f"Port {port} cannot be used ({error.strerror}); choose another: make run {name}={port + 100}"
                ) from error


def _port(name: str, default: int) -> int:
    text = os.environ.get(name) or str(default)
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise CannotStart(f"{name} is “{text}”, which is no port; choose one: make run {name}={default}")
    return int(text)
