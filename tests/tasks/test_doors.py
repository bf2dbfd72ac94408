"""What every task does around its work: it lets one run in, writes down how it went, and keeps to its time."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import OperationalError
from django.utils import timezone

from aaa_dashboard import background, runs
from aaa_dashboard.celery import app
from aaa_dashboard.staff.models import TaskRun
from aaa_dashboard.x_api.errors import Failure, XError
from tests.environment import ROOT

BY_CLOCK = {"periodic_task_name": "tests.work"}


class Work:
    """What a door opens to: counts its calls, and does once what it was told."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.then: Any = None

    def __call__(self, *args: Any) -> None:
        self.calls.append(args)
        then, self.then = self.then, None
        if isinstance(then, Exception):
            raise then
        if then is not None:
            then()


@pytest.fixture
def work() -> Work:
    return Work()


@pytest.fixture
def door(work: Work) -> Iterator[Any]:
    """A task that no schedule knows."""

    def run(*args: Any) -> None:
        work(*args)

    yield background.task("tests.work", seconds=30)(run)
    del app.tasks["tests.work"]


@pytest.fixture
def nudged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was handed to the broker."""
    names: list[str] = []
    monkeypatch.setattr(background.Door, "apply_async", lambda self, *_, **__: names.append(self.name))
    return names


def row() -> TaskRun:
    return TaskRun.objects.get(task="tests.work")


def hold(seconds: float = 30) -> None:
    """Another worker is at it."""
    other = runs.Run("tests.work", "of another worker", "celery@there 1", timezone.now())
    assert runs.begin(other, timedelta(seconds=seconds), asks_again=False)


pytestmark = pytest.mark.django_db


def test_a_run_is_written_down(door: Any, work: Work) -> None:
    door.apply(headers=BY_CLOCK)
    assert work.calls == [()]
    assert (row().outcome, row().runs, row().claimed_until) == ("done", 1, None)


def test_called_as_a_function_it_is_one(door: Any, work: Work) -> None:
    door("x")
    assert work.calls == [("x",)]
    assert not TaskRun.objects.exists()


def test_while_one_works_the_next_of_the_clock_does_nothing(door: Any, work: Work, nudged: list[str]) -> None:
    hold()
    door.apply(headers=BY_CLOCK)
    assert work.calls == []
    assert not row().asked_again


@pytest.mark.django_db(transaction=True)
def test_a_nudge_that_comes_while_one_works_is_followed_by_one_more(door: Any, work: Work, nudged: list[str]) -> None:
    work.then = door.apply
    door.apply(headers=BY_CLOCK)
    assert len(work.calls) == 1
    assert nudged == ["tests.work"]


def test_a_task_with_arguments_may_run_beside_itself(door: Any, work: Work) -> None:
    work.then = lambda: door.apply(["two"])
    door.apply(["one"])
    assert work.calls == [("one",), ("two",)]


def test_a_failure_is_written_down_without_what_a_foreign_text_may_hold(door: Any, work: Work) -> None:
    work.then = ValueError("token 187402663914528769-abcdef")
    assert door.apply().failed()
    assert (row().outcome, row().failures_in_a_row) == ("failed", 1)
    assert row().error == "ValueError; the worker's log has the rest."


def test_what_x_says_is_written_down_with_its_remedy(door: Any, work: Work) -> None:
    work.then = XError(Failure("over", "list webhooks", "Over capacity", "X is busy.", "Wait a while.", 503, 130))
    door.apply()
    expected = "Could not list webhooks. X answered 503 with code 130: “Over capacity”. X is busy. Wait a while."
    assert row().error == expected


def test_a_run_out_of_time_is_told_from_a_failure(door: Any, work: Work) -> None:
    work.then = SoftTimeLimitExceeded()
    door.apply()
    assert (row().outcome, row().error) == ("out of time", "It took longer than the 30 s that it may take.")


@pytest.mark.parametrize("step", ["begin", "end"])
def test_when_nothing_can_be_written_down_the_work_is_done_all_the_same(
    door: Any, work: Work, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def away(*_: Any, **__: Any) -> bool:
        raise OperationalError("the database is away")

    monkeypatch.setattr(runs, step, away)
    assert door.apply().successful()
    assert work.calls == [()]


def test_a_nudge_to_a_broker_that_is_away_says_so_and_does_not_raise(
    door: Any, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise ConnectionError("redis://:password@somewhere is away")

    monkeypatch.setattr(background.Door, "apply_async", away)
    with django_capture_on_commit_callbacks(execute=True) as sent:
        background.nudge(door)
    assert len(sent) == 1


@pytest.mark.django_db(transaction=True)
def test_a_nudge_says_whether_it_went_out(door: Any, monkeypatch: pytest.MonkeyPatch, nudged: list[str]) -> None:
    assert background.nudge(door)

    def away(*_: Any, **__: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr(background.Door, "apply_async", away)
    assert not background.nudge(door)


@pytest.mark.any_database
def test_every_task_ends_before_its_message_comes_again() -> None:
    limits = {name: door.time_limit for name, door in background.doors().items()}
    assert limits
    assert {name: limit for name, limit in limits.items() if not 0 < limit < settings.REDELIVERED_AFTER_SECONDS} == {}


@pytest.mark.any_database
def test_a_task_that_hangs_is_ended_where_the_worker_has_one_process() -> None:
    program = """
import django; django.setup()
import time
from celery.app.trace import build_tracer
from aaa_dashboard import background, runs
runs.begin = lambda *_, **__: True
runs.end = lambda run, now, outcome, error: print(outcome, error) or False
def hang():
    time.sleep(30)
door = background.task("tests.hang", seconds=1)(hang)
tracer = build_tracer(door.name, door, app=door.app, eager=False, propagate=False)
tracer("id", (), {}, {"is_eager": False, "id": "id", "called_directly": False, "delivery_info": {}})
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT, env=dict(os.environ, DJANGO_SETTINGS_MODULE="aaa_dashboard.settings"),
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert "out of time It took longer than the 1 s that it may take." in done.stdout, done.stderr
