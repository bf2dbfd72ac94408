"""No token, secret or signature lies in clear in the database or in a log: looked for after every test of a run.

What is secret is learnt where it passes: each set of keys and tokens that the client of X is given, each
`Authorization` header that is sent, each signature that is computed, each invite that is made, and what the sandboxes
of the run have handed out. After each test, before its rows are rolled back, all tables are read, and all that the test
and the processes it started have logged or printed. A find fails the test: it names table and column, or shows the line
without the secret.

Looking after each test rather than at the end of the run is what makes it thorough: at the end the databases are empty.
What a test takes for itself (`capsys`, a process with a log file of its own) is for that test to look at.
"""

import json
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from functools import wraps
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

HIDDEN = "•••"
# Shorter ones are words that tests use, and whoever guesses them needs no log.
SHORTEST = 12
# Of each table; more are rows of a test about numbers, each like the other.
ROWS = 300
IN_HEADER = re.compile(r'oauth_(?:token|signature|verifier)="([^"]+)"|(?:Bearer|Basic) ([^\s\']+)')
OF_SANDBOXES = (
    "SELECT token FROM sandbox_accesstoken UNION SELECT secret FROM sandbox_accesstoken"
    " UNION SELECT token FROM sandbox_requesttoken UNION SELECT secret FROM sandbox_requesttoken"
    " UNION SELECT verifier FROM sandbox_requesttoken"
    " UNION SELECT consumer_secret FROM sandbox_app UNION SELECT bearer_token FROM sandbox_app"
)


class Secrets:
    """Everything that must not be read anywhere."""

    def __init__(self) -> None:
        self._by_start: dict[str, set[str]] = {}

    def know(self, *secrets: str) -> None:
        for secret in secrets:
            for form in {secret, quote(secret, safe="")}:
                # One letter many times over is what tests use for something long, of names as well.
                if len(form) >= SHORTEST and len(set(form)) > 1:
                    self._by_start.setdefault(form[:SHORTEST], set()).add(form)

    def forget(self, secret: str) -> None:
        for form in {secret, quote(secret, safe="")}:
            self._by_start.get(form[:SHORTEST], set()).discard(form)

    def within(self, text: str) -> set[str]:
        """Those that a text holds. Takes as long as the text is, however many secrets there are."""
        found: set[str] = set()
        for at in range(len(text) - SHORTEST + 1):
            if forms := self._by_start.get(text[at : at + SHORTEST]):
                found |= {form for form in forms if text.startswith(form, at)}
        return found


WRITTEN = pytest.StashKey[list[str]]()
known = Secrets()
innocent: set[str] = set()
"""Texts of the migrations: rights, and names of tables."""
sandbox_databases: set[Path] = set()
"""Of the sandboxes that run: see `tests.sandbox.wire`."""


# --- What is secret


def learn() -> None:
    """Have every secret that passes noted."""
    import requests

    from aaa_dashboard.deliveries import signature
    from aaa_dashboard.subscriptions import invites
    from aaa_dashboard.x_api import credentials, results

    _watch(credentials.UserToken, "__post_init__", lambda _made, token, *_: token.secrets())
    _watch(
        credentials.AppCredentials,
        "__post_init__",
        lambda _made, app, *_: (app.consumer_secret, app.bearer_token),
    )
    _watch(results.RequestToken, "__init__", lambda _made, begun, token, secret: (token, secret))
    _watch(signature, "sign", lambda signed, *_: (signed.decode().partition("=")[2],))
    _watch(invites, "create", lambda made, *_, **__: (made[1].rstrip("/").rpartition("/")[2],))
    _watch(
        requests.Session, "send", lambda _answer, _session, request, **__: _in(request.headers.get("Authorization", ""))
    )


def _watch(owner: Any, name: str, secrets: Callable[..., Iterable[str]]) -> None:
    original = getattr(owner, name)

    @wraps(original)
    def watched(*args: Any, **kwargs: Any) -> Any:
        made = original(*args, **kwargs)
        known.know(*secrets(made, *args, **kwargs))
        return made

    setattr(owner, name, watched)


def _in(authorization: str | bytes) -> set[str]:
    return {value for found in IN_HEADER.findall(str(authorization)) for value in found if value}


def _ask_sandboxes() -> None:
    for path in sandbox_databases:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=20)) as database:
            known.know(*(str(secret) for (secret,) in database.execute(OF_SANDBOXES)))


# --- Where it must not be


def in_database() -> list[str]:
    """Columns, as `table.column`, in which a secret lies in clear."""
    return sorted({place for place, text in _texts() if text not in innocent and known.within(text)})


def remember_migrations() -> None:
    """Take what the tables hold now for free of secrets."""
    innocent.update(text for _, text in _texts())


def _texts() -> Iterator[tuple[str, str]]:
    """What all tables hold, each with `table.column`; sessions decoded as well."""
    from django.contrib.sessions.models import Session
    from django.db import connection

    from tests.emptying import filled_tables

    tables = filled_tables()
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)} ORDER BY 1 DESC LIMIT {ROWS}")  # noqa: S608 - quoted
            places = [f"{table}.{column[0]}" for column in cursor.description]
            for row in cursor.fetchall():
                yield from zip(places, map(_as_text, row), strict=True)
    if "django_session" in tables:
        for session in Session.objects.all()[:ROWS]:
            yield "django_session.session_data", json.dumps(session.get_decoded())


def _as_text(value: object) -> str:
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode("utf-8", "replace")
    return value if isinstance(value, str) else json.dumps(value) if isinstance(value, dict | list) else ""


def in_output(item: pytest.Item) -> list[str]:
    """Lines with a secret that a test has logged or printed, without it. The test's report does not show it either."""
    found = []
    for at, (when, what, text) in enumerate(item._report_sections):
        if secrets := known.within(text):
            hidden = _without(secrets, text)
            item._report_sections[at] = (when, what, hidden)
            found += [f"{what} of {when}: {line}" for line in hidden.splitlines() if HIDDEN in line]
    return found


def _without(secrets: set[str], text: str) -> str:
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return text


# --- When it is looked for


def pytest_sessionstart() -> None:
    learn()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """Look at what was written before it becomes part of a report."""
    if call.when != "teardown":
        _ask_sandboxes()
        item.stash.setdefault(WRITTEN, []).extend(in_output(item))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """Look before fixtures end: then rows are rolled back, and sandboxes forget."""
    try:
        found = [f"in clear in the database: {column}" for column in (in_database() if _has_database(item) else [])]
        found += [f"in clear in a log: {line}" for line in item.stash.get(WRITTEN, [])]
    finally:
        yield
    if found:
        pytest.fail("A secret lies " + "\nA secret lies ".join(found), pytrace=False)


def asks_for_database(item: pytest.Item) -> bool:
    """Whether a test is about what the run's database holds."""
    asked_for = {"db", "transactional_db", "live_server"} & set(getattr(item, "fixturenames", ()))
    return bool(asked_for or item.get_closest_marker("django_db"))


def _has_database(item: pytest.Item) -> bool:
    from django.db import connection

    # A transaction that a test has broken holds nothing that will stay.
    return asks_for_database(item) and connection.connection is not None and not connection.needs_rollback
