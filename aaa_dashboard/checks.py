"""Rules that span settings: system checks `aaa_dashboard.E…` and `aaa_dashboard.W…`, each with its remedy.

Management commands run them by themselves. A server imports its application without running any check, so
`asgi.py` and `celery.py` call `stop_if_unsafe`.
"""

import ipaddress
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from cryptography.fernet import Fernet
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, Warning  # noqa: A004 - Django's name for it
from django.core.exceptions import ImproperlyConfigured
from django.http.request import validate_host

SHORTEST_SECRET_KEY = 32
# Long enough that no random text has one by chance.
PLACEHOLDERS = ("change", "example", "insecure", "placeholder", "secret-key", "your-")
# What the sandbox listens on unless told otherwise; X's API is never there.
SANDBOX_DEFAULT_PORT = 8001

RANDOM_TEXT = 'python3 -c "import secrets; print(secrets.token_urlsafe(50))"'
FERNET_KEY = 'python3 -c "import base64, secrets; print(base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())"'


def check_secret_key(**_: Any) -> Iterator[CheckMessage]:
    if settings.DEBUG:
        return
    try:
        key = settings.SECRET_KEY
    except ImproperlyConfigured:  # Django's own word for an empty one, which names no remedy
        key = ""
    if not key:
        problem = "SECRET_KEY is not set."
    elif _is_placeholder(key):
        problem = "SECRET_KEY is a placeholder that anybody may know."
    elif len(key) < SHORTEST_SECRET_KEY:
        problem = f"SECRET_KEY has {len(key)} characters; fewer than {SHORTEST_SECRET_KEY} can be guessed."
    else:
        return
    yield Error(problem, hint=f"Set it to what this prints: {RANDOM_TEXT}", id="aaa_dashboard.E001")


def check_encryption_keys(**_: Any) -> Iterator[CheckMessage]:
    keys = settings.SECRET_ENCRYPTION_KEYS
    if not keys and not settings.DEBUG:
        yield Error(
            "SECRET_ENCRYPTION_KEYS is not set, so keys and tokens cannot be stored.",
            hint=f"Set it to what this prints: {FERNET_KEY}",
            id="aaa_dashboard.E002",
        )
    for position, key in enumerate(keys, start=1):
        if not _is_fernet_key(key):
            yield Error(
                f"SECRET_ENCRYPTION_KEYS: number {position} is not a key.",
                hint=f"A key is 32 random bytes in URL-safe base64, as this prints them: {FERNET_KEY}",
                id="aaa_dashboard.E003",
            )


def check_public_url(**_: Any) -> Iterator[CheckMessage]:
    url = _split(settings.PUBLIC_URL)
    # `make run` sets it by itself, and commands beside it mean this machine.
    if not settings.PUBLIC_URL_IS_SET and not settings.DEBUG and not _is_sqlite():
        yield Error(
            "PUBLIC_URL is not set, so neither people nor X are told where we are, and no host name is answered.",
            hint="Set it to the address under which both reach us: https://dashboard.example.org",
            id="aaa_dashboard.E010",
        )
        return
    if url is None or url.scheme not in {"http", "https"} or url.path or url.query or url.fragment or url.username:
        yield Error(
            "PUBLIC_URL is not the address of a site.",
            hint="Write scheme and host, with a port if it is not the usual one: https://dashboard.example.org",
            id="aaa_dashboard.E004",
        )
        return
    if url.scheme != "https" and not settings.DEBUG and not _is_loopback(url.hostname):
        yield Error(
            "PUBLIC_URL is not https: sign-ins would cross the network in clear, and X delivers to https alone.",
            hint="Put a proxy that ends TLS in front and write its address: https://…",
            id="aaa_dashboard.E005",
        )
    if settings.DEBUG and url.scheme == "https" and not _is_loopback(url.hostname):
        yield Error(
            "DEBUG is on at a public address: its error pages show settings and data to everybody.",
            hint="Set DEBUG=off, or PUBLIC_URL to an address of this machine.",
            id="aaa_dashboard.E009",
        )
    if not validate_host(url.hostname or "", settings.ALLOWED_HOSTS):
        yield Error(
            f"ALLOWED_HOSTS lacks {url.hostname}, the host of PUBLIC_URL: every page would answer 400.",
            hint="Add it, or leave ALLOWED_HOSTS out: then it is that host.",
            id="aaa_dashboard.E007",
        )


def check_x(**_: Any) -> Iterator[CheckMessage]:
    api = _split(settings.X_API_BASE_URL)
    # X answers on https alone, so whatever is asked without it is a stand-in.
    sandbox = api is None or api.scheme != "https" or _is_loopback(api.hostname) or api.port == SANDBOX_DEFAULT_PORT
    if sandbox and _is_public():
        yield Error(
            "X_API_BASE_URL names the sandbox or nothing, while PUBLIC_URL is public: X would never be asked.",
            hint="Leave X_API_BASE_URL out, or set it to https://api.twitter.com.",
            id="aaa_dashboard.E006",
        )
    if not settings.DEBUG and _is_placeholder(settings.X_CONSUMER_SECRET):
        yield Error(
            "X_CONSUMER_SECRET is a placeholder that anybody may know: whoever does can forge events.",
            hint="Copy the consumer key and secret of the first app from X's developer portal.",
            id="aaa_dashboard.E008",
        )
    if not settings.X_CONSUMER_SECRET:
        yield Warning(
            "X_CONSUMER_SECRET is not set: /webhook/twitter answers 503 until it is.",
            hint="Copy the consumer key and secret of the first app from X's developer portal.",
            id="aaa_dashboard.W001",
        )


def check_numbers(**_: Any) -> Iterator[CheckMessage]:
    if settings.RECEIVER_QUEUE_BYTES < settings.RECEIVER_MAX_BODY_BYTES:
        yield Error(
            "RECEIVER_QUEUE_BYTES is less than RECEIVER_MAX_BODY_BYTES: what is larger would be answered 503 for ever.",
            hint="Leave RECEIVER_QUEUE_BYTES out, or set it to some times RECEIVER_MAX_BODY_BYTES.",
            id="aaa_dashboard.E011",
        )
    if settings.X_REPLAY_FROM_MINUTES <= settings.X_REPLAY_TO_MINUTES:
        yield Error(
            "X_REPLAY_FROM_MINUTES is not more than X_REPLAY_TO_MINUTES: a replay would end before it begins.",
            hint="Leave both out: then they are 31 and 10, which X takes.",
            id="aaa_dashboard.E012",
        )


def check_services(**_: Any) -> Iterator[CheckMessage]:
    if not _is_public():
        return
    if _is_sqlite():
        yield Warning(
            "PUBLIC_URL is public and the database is SQLite: one machine, one writer at a time.",
            hint="Set DATABASE_URL to a PostgreSQL database.",
            id="aaa_dashboard.W002",
        )
    if not settings.REDIS_URL:
        yield Warning(
            "PUBLIC_URL is public and REDIS_URL is not set: background work stays on this machine.",
            hint="Set REDIS_URL.",
            id="aaa_dashboard.W003",
        )


def check_database(databases: Iterable[str] | None = None, **_: Any) -> Iterator[CheckMessage]:
    """Whether the server lets us in; for commands that need it, which would else end in a limit of the pool."""
    from aaa_dashboard import database  # needs the settings

    if databases is None:
        return
    if why := database.why_closed():
        yield Error(
            f"The database cannot be used: {why}.",
            hint="See that DATABASE_URL is right, and that its role and database were made.",
            id="aaa_dashboard.E013",
        )


ALL: tuple[Callable[..., Iterator[CheckMessage]], ...] = (
    check_secret_key,
    check_encryption_keys,
    check_public_url,
    check_x,
    check_numbers,
    check_services,
)


def register() -> None:
    """Make every check known to Django; called once when the apps are ready."""
    for check in ALL:
        checks.register(_listed(check), Tags.security)
    checks.register(_listed(check_database), Tags.database)


def stop_if_unsafe() -> None:
    """End the process when a check finds an error, with what is wrong and the remedy instead of a traceback.

    Raises:
        SystemExit: With status 1.
    """
    errors = [message for message in chain.from_iterable(check() for check in ALL) if message.level >= checks.ERROR]
    if errors:
        lines = ["The dashboard does not start:"]
        lines += [f"  {error.msg} ({error.id})\n    {error.hint}" for error in errors]
        print("\n".join(lines), file=sys.stderr)  # noqa: T201 - logs are not set up yet
        raise SystemExit(1)


def files_missing() -> str:
    """Say that no page could be shown, because the files that go with them were not collected; empty: they were."""
    if settings.STATIC_COLLECTED and not (Path(settings.STATIC_ROOT) / "staticfiles.json").is_file():
        return "STATIC_COLLECTED is on and no files were collected: run “manage.py collectstatic” before the start."
    return ""


def _listed(check: Callable[..., Iterator[CheckMessage]]) -> Callable[..., list[CheckMessage]]:
    """Turn a generator into what Django wants: it looks at the result twice."""

    def run(**options: Any) -> list[CheckMessage]:
        return list(check(**options))

    return run


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - raises for a port that is no number
    except ValueError:
        return None
    return parts if parts.hostname else None


def _is_loopback(host: str | None) -> bool:
    if host is None or host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_public() -> bool:
    url = _split(settings.PUBLIC_URL)
    return url is not None and not _is_loopback(url.hostname) and not settings.DEBUG


def _is_sqlite() -> bool:
    return bool(settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"))


def _is_placeholder(secret: str) -> bool:
    """Tell whether somebody left in what a document had written; one character over and over is no secret either."""
    lowered = secret.lower()
    return any(word in lowered for word in PLACEHOLDERS) or (len(secret) > 1 and len(set(lowered)) == 1)


def _is_fernet_key(key: str) -> bool:
    try:
        Fernet(key)
    except ValueError:
        return False
    return True
