"""What beat sends exists, and a worker runs it: over Redis, and over files where there is none."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from django.conf import settings

from aaa_dashboard.celery import app
from tests.environment import ROOT

pytestmark = pytest.mark.any_database


def test_every_scheduled_task_is_declared() -> None:
    app.loader.import_default_modules()
    scheduled = {task for task, _, _ in settings.SCHEDULE}
    assert scheduled <= set(app.tasks)


def test_tasks_are_named_after_their_app() -> None:
    app.loader.import_default_modules()
    ours = [task for task in app.tasks.values() if task.__module__.startswith("aaa_dashboard.")]
    assert ours
    assert [task.name for task in ours if task.name != f"{task.__module__.split('.')[1]}.{task.__name__}"] == []


@pytest.fixture(params=["files", "Redis"])
def broker_url(request: pytest.FixtureRequest) -> str:
    """The value of REDIS_URL; empty for files."""
    if request.param == "files":
        return ""
    url: str = request.getfixturevalue("redis_url")
    with redis.Redis.from_url(url) as server:
        server.flushdb()
    return url


@pytest.fixture
def installation(tmp_path: Path, broker_url: str) -> dict[str, str]:
    """Environment of an installation of its own: a migrated SQLite file, and folders for the broker that is none."""
    environment = {
        **os.environ,
        "VAR_DIR": str(tmp_path),
        "DATABASE_URL": f"sqlite:///{tmp_path}/worker.sqlite3",
        "REDIS_URL": broker_url,
    }
    for folder in ("queue", "control"):
        (tmp_path / "broker" / folder).mkdir(parents=True)
    subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], cwd=ROOT, env=environment, check=True)
    return environment


@pytest.fixture
def worker(installation: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "celery",
            "--app",
            "aaa_dashboard.celery",
            "worker",
            "--pool",
            "solo",
            "--loglevel",
            "INFO",
        ],
        cwd=ROOT,
        env=installation,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    yield process
    process.terminate()
    process.communicate(timeout=60)


def test_a_worker_does_what_another_process_asks(installation: dict[str, str], worker: subprocess.Popen[str]) -> None:
    ask = "from aaa_dashboard.staff.tasks import clear_expired_sessions; clear_expired_sessions.delay()"
    subprocess.run([sys.executable, "manage.py", "shell", "--command", ask], cwd=ROOT, env=installation, check=True)
    assert worker.stdout is not None
    assert any("cleared expired sessions" in line for line in worker.stdout)
