"""A worker that is killed in the middle of a task: its message goes to another one, its claim runs out."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import redis

from tests.environment import ROOT
from tests.sandbox.wire import eventually

pytestmark = [pytest.mark.any_database, pytest.mark.slow]


@pytest.fixture
def environment(tmp_path: Path, redis_url: str) -> dict[str, str]:
    """Of an installation of its own, on a Redis that is empty."""
    with redis.Redis.from_url(redis_url) as server:
        server.flushdb()
    environment = {
        **os.environ,
        "VAR_DIR": str(tmp_path),
        "DATABASE_URL": f"sqlite:///{tmp_path}/worker.sqlite3",
        "REDIS_URL": redis_url,
    }
    subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], cwd=ROOT, env=environment, check=True)
    return environment


@pytest.fixture
def worker(environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A worker with one child, as production has them."""
    celery = [sys.executable, "-m", "celery", "--app", "aaa_dashboard.celery", "worker", "--concurrency", "1"]
    process = subprocess.Popen([*celery, "--include", "tests.tasks.hanging"], cwd=ROOT, env=environment)
    yield process
    process.send_signal(signal.SIGQUIT)  # at once, whatever it does
    process.wait(timeout=40)


def ask(environment: dict[str, str], arguments: str) -> None:
    program = f"from tests.tasks.hanging import hang; hang.delay({arguments})"
    subprocess.run([sys.executable, "manage.py", "shell", "--command", program], cwd=ROOT, env=environment, check=True)


def begun(folder: Path, name: str) -> list[int]:
    file = folder / f"{name}.begun"
    return [int(line) for line in file.read_text().splitlines()] if file.exists() else []


def outcome(folder: Path) -> tuple[str, int]:
    with closing(sqlite3.connect(folder / "worker.sqlite3", timeout=20)) as database:
        query = "SELECT outcome, claimed_until IS NOT NULL FROM staff_taskrun WHERE task = 'tests.hang'"
        word, is_claimed = database.execute(query).fetchone() or ("", 0)
        return word, is_claimed


def test_what_it_was_told_with_arguments_is_done_by_the_next(
    environment: dict[str, str], worker: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    ask(environment, "'one'")
    eventually(lambda: bool(begun(tmp_path, "one")), 40)
    os.kill(begun(tmp_path, "one")[0], signal.SIGKILL)
    eventually(lambda: len(begun(tmp_path, "one")) == 2, 40)
    assert len(set(begun(tmp_path, "one"))) == 2
    eventually(lambda: outcome(tmp_path)[0] == "done")


def test_a_task_that_runs_alone_waits_until_the_claim_of_the_killed_one_is_over(
    environment: dict[str, str], worker: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    ask(environment, "")
    eventually(lambda: bool(begun(tmp_path, "alone")), 40)
    os.kill(begun(tmp_path, "alone")[0], signal.SIGKILL)
    ask(environment, "'another', 0")  # which shows that the worker is well again
    eventually(lambda: bool(begun(tmp_path, "another")), 40)
    assert len(begun(tmp_path, "alone")) == 1
    assert outcome(tmp_path)[1], "nobody has let go of it"
