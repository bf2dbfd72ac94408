"""Redis goes away and comes back: what is received is stored, and what was missed is done after, once."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import redis

from bench.servers import Server
from tests.deliveries.serving import SECRET, Sender
from tests.environment import ROOT
from tests.sandbox.wire import free_port

pytestmark = [pytest.mark.any_database, pytest.mark.slow]

PATIENCE_SECONDS = 40.0
MISSED = "deliveries.prune_refusals"
BODY = b'{"for_user_id":"1","tweet_create_events":[{"id_str":"%d"}]}'


class Redis:
    """A server of the test's own, which can be stopped and started again with what it had."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self._folder),
             "--appendonly", "yes", "--save", ""],
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        with redis.Redis.from_url(self.url) as client:
            eventually(lambda: _answers(client), "Redis to answer")

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(timeout=20)
            self._process = None


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False


def eventually(is_so: Callable[[], object], what: str) -> None:
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < give_up_at, f"waited in vain for {what}"
        time.sleep(0.1)


class Installation:
    """Receiver, worker and beat on one database, with processes that are what production runs."""

    def __init__(self, folder: Path, broker: Redis) -> None:
        self._file = folder / "installation.sqlite3"
        self.environment = {
            **os.environ,
            "VAR_DIR": str(folder),
            "DATABASE_URL": f"sqlite:///{self._file}",
            "REDIS_URL": broker.url,
            "X_CONSUMER_SECRET": SECRET,
        }
        self._processes: list[subprocess.Popen[bytes]] = []
        manage = [sys.executable, "manage.py"]
        subprocess.run([*manage, "migrate", "--verbosity", "0"], cwd=ROOT, env=self.environment, check=True)

    def start(self, *command: str) -> None:
        program = [sys.executable, "-m", "celery", "--app", "aaa_dashboard.celery", *command, "--loglevel", "WARNING"]
        self._processes.append(subprocess.Popen(program, cwd=ROOT, env=self.environment))

    def stop(self) -> None:
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.wait(timeout=40)

    def value(self, query: str, *values: str) -> str | int | None:
        with closing(sqlite3.connect(self._file, timeout=20)) as database:
            row = database.execute(query, values).fetchone()
        return row[0] if row else None

    def runs(self, task: str) -> int:
        return int(self.value("SELECT runs FROM staff_taskrun WHERE task = ?", task) or 0)

    def make_due(self, task: str) -> None:
        """As if its last run were long ago. Beat reads its rows anew when they are marked as changed."""
        with closing(sqlite3.connect(self._file, timeout=20)) as database, database:
            change = "UPDATE django_celery_beat_periodictask SET last_run_at = '2026-01-01 00:00:00' WHERE name = ?"
            database.execute(change, [task])
            database.execute("UPDATE django_celery_beat_periodictasks SET last_update = datetime('now', '+1 second')")


@pytest.fixture
def broker(redis_url: str, tmp_path: Path) -> Iterator[Redis]:
    server = Redis(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def installation(tmp_path: Path, broker: Redis) -> Iterator[Installation]:
    installation = Installation(tmp_path, broker)
    yield installation
    installation.stop()


@pytest.fixture
def sender(installation: Installation) -> Iterator[Sender]:
    with Server("aaa_dashboard.asgi:receiver", installation.environment) as server:
        yield Sender(f"http://127.0.0.1:{server.port}/webhook/twitter")


def test_nothing_is_lost_and_what_was_missed_is_done_once(
    installation: Installation, broker: Redis, sender: Sender
) -> None:
    installation.start("worker", "--concurrency", "1")
    installation.start("beat", "--pidfile=")
    eventually(lambda: installation.runs(MISSED) == 1, "the first run")

    broker.stop()
    installation.make_due(MISSED)
    for number in range(50):
        assert sender.post(BODY % (1924464220000000000 + number)).status_code == 200
    assert installation.value("SELECT count(*) FROM deliveries_event") == 50
    # Beat and worker notice, and neither ends nor does anything; both go on saying that they are there.
    time.sleep(12)
    assert installation.runs(MISSED) == 1
    assert all(process.poll() is None for process in installation._processes)
    assert (
        installation.value(
            "SELECT count(*) FROM staff_backgroundprocess WHERE seen_at > datetime('now', '-40 seconds')"
        )
        == 2
    )

    broker.start()
    eventually(lambda: installation.runs(MISSED) == 2, "the missed run")
    time.sleep(6)
    assert installation.runs(MISSED) == 2
