"""The whole way with the project's own receiver: subscribed, cut off, and brought up to date by a replay."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest

from bench.databases import CONSUMER_KEY, CONSUMER_SECRET, SQLite
from tests.sandbox.client import AAA, Keys, Token, X
from tests.sandbox.control import Control
from tests.sandbox.wire import ROOT, StartSandbox, eventually, free_port

pytestmark = [pytest.mark.any_database, pytest.mark.slow]

Item = tuple[str, str, str]
"""Account, kind, and what happened, as JSON."""


@contextmanager
def receiver(port: int, variables: Mapping[str, str]) -> Iterator[None]:
    """The dashboard's receiver as production runs it."""
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "uvicorn", "aaa_dashboard.asgi:receiver", "--host", "127.0.0.1"),
            *("--port", str(port), "--log-level", "warning", "--no-access-log"),
        ],
        cwd=ROOT,
        env={**variables, "PUBLIC_URL": f"http://127.0.0.1:{port}"},
        start_new_session=True,
    )

    def is_ready() -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=30) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    try:
        eventually(is_ready, seconds=60)
        yield
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(60)


def items(body: Mapping[str, Any]) -> Iterator[Item]:
    for kind, happened in body.items():
        if kind.endswith("_events"):
            for item in happened:
                yield body["for_user_id"], kind, json.dumps(item, sort_keys=True)


def sent(control: Control) -> set[Item]:
    """Everything that the sandbox tried to deliver."""
    with closing(sqlite3.connect(control.sandbox.database)) as database:
        bodies = database.execute("SELECT body FROM sandbox_delivery WHERE for_user_id <> ''").fetchall()
    return {item for (body,) in bodies for item in items(json.loads(body))}


def stored(variables: Mapping[str, str]) -> Counter[Item]:
    """Everything that the receiver has, and how often."""
    with closing(sqlite3.connect(variables["DATABASE_URL"].removeprefix("sqlite:///"))) as database:
        rows = database.execute("SELECT payload FROM deliveries_event WHERE for_user_id <> ''").fetchall()
    return Counter(item for (payload,) in rows for item in items(json.loads(payload)))


def test_nothing_is_missing_and_nothing_is_there_twice(start_sandbox: StartSandbox) -> None:
    port = free_port()
    sandbox = start_sandbox(
        CONSUMER_KEY=CONSUMER_KEY,
        CONSUMER_SECRET=CONSUMER_SECRET,
        ALLOW_LOOPBACK=1,
        WARM_UP_SECONDS=0,
        BACKLOG=0,
        RETRY_SCALE=0.004,
        SEED=7,
    )
    control, x, keys = Control(sandbox), X(sandbox), Keys(CONSUMER_KEY, CONSUMER_SECRET)

    def token(user: str) -> Token:
        made = control.json("POST", "tokens", {"user": user})
        return Token(made["oauth_token"], made["oauth_token_secret"])

    with SQLite() as database:
        with receiver(port, database.variables):
            url = f"http://127.0.0.1:{port}/webhook/twitter"
            registered = x.signed(token("acme"), keys).post(f"{AAA}/webhooks.json", data={"url": url})
            webhook = registered.json()["id"]
            subscriptions = f"{AAA}/webhooks/{webhook}/subscriptions/all.json"
            for user in ("acme", "acme_support", "northwind"):
                assert x.signed(token(user), keys).post(subscriptions).status_code == 204
            control.json("PUT", "traffic", {"per_second": 60})
            eventually(lambda: control.state()["deliveries"]["delivered"] > 80)

        eventually(lambda: control.state()["deliveries"]["lost"] > 80)
        control.json("PUT", "traffic", {"per_second": 0})
        eventually(lambda: control.state()["deliveries"]["waiting"] == 0)

        with receiver(port, database.variables):
            assert sent(control) - stored(database.variables).keys()
            control.advance(minutes=45)
            now = datetime.fromisoformat(control.state()["now"])
            window = {
                "from_date": f"{now - timedelta(minutes=90):%Y%m%d%H%M}",
                "to_date": f"{now - timedelta(minutes=15):%Y%m%d%H%M}",
            }
            replay = f"{AAA}/replay/webhooks/{webhook}/subscriptions/all.json"
            assert x.bearing(keys).post(replay, params=window).status_code == 202
            eventually(lambda: control.state()["replays"][0]["state"] == "Complete")

            found = stored(database.variables)
            assert found.keys() == sent(control)
            assert set(found.values()) == {1}
