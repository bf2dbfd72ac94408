"""Who is there and how each task goes, at a moment: silence, lateness and failure, each with what to do."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django_celery_beat.models import IntervalSchedule, PeriodicTask
from pytest_django.fixtures import Settings

from aaa_dashboard.deliveries.models import TrafficMinute
from aaa_dashboard.deliveries.traffic import minute_of
from aaa_dashboard.staff import health
from aaa_dashboard.staff.health.findings import span
from aaa_dashboard.staff.health.work import State
from aaa_dashboard.staff.models import BackgroundProcess, TaskRun
from aaa_dashboard.webhooks.models import App
from tests.sandbox.wire import free_port

NOW = datetime(2026, 3, 1, 12, 0, 30, tzinfo=UTC)
TASK = "deliveries.prune_refusals"


def minute(seen: float, *, receiver: str = "one", back: int = 0, deliveries: int = 0, worst_ms: float = 2.0) -> None:
    """A minute of a receiver that was seen so many seconds ago, so many minutes back."""
    app = App.objects.get_or_create(slug="twitter", defaults={"name": "Default"})[0]
    TrafficMinute.objects.create(
        app=app, minute=minute_of(NOW) - timedelta(minutes=back), until=NOW - timedelta(seconds=seen),
        receiver=receiver, deliveries=deliveries, events=deliveries, duplicates=0, unsplit=0, crcs=0,
        worst_ms=worst_ms,
    )  # fmt: skip


def process(kind: str, seen: float, *, name: str = "host 1", queues: str = "long, normal, urgent") -> None:
    BackgroundProcess.objects.create(
        kind=kind, name=f"{kind} {name}", queues=queues if kind == "worker" else "",
        started_at=NOW - timedelta(hours=1), seen_at=NOW - timedelta(seconds=seen),
    )  # fmt: skip


def scheduled(*, ago: float = 30, minutes: int = 15, enabled: bool = True) -> None:
    every = IntervalSchedule.objects.get_or_create(every=minutes, period=IntervalSchedule.MINUTES)[0]
    PeriodicTask.objects.create(
        name=TASK, task=TASK, interval=every, queue="long", enabled=enabled, last_run_at=NOW - timedelta(seconds=ago)
    )


def ran(ago: float = 30, outcome: str = "done", **fields: object) -> None:
    TaskRun.objects.create(task=TASK, outcome=outcome, started_at=NOW - timedelta(seconds=ago), **fields)


def task() -> health.Task:
    (one,) = health.tasks(NOW)
    return one


pytestmark = pytest.mark.django_db

# --- Receivers ---


def test_a_receiver_that_wrote_its_running_minute_is_there() -> None:
    minute(5, back=1, deliveries=120, worst_ms=8.5)
    minute(5, deliveries=3)
    (one,) = health.receivers(NOW).those
    assert (one.is_there, one.deliveries, one.worst_ms) == (True, 120, 8.5)
    assert health.receivers(NOW).problem is None


def test_a_receiver_that_is_silent_for_more_than_fifteen_seconds_is_gone() -> None:
    minute(16)
    found = health.receivers(NOW)
    assert found.there == 0
    assert found.problem is not None
    assert found.problem.what == "No receiver has been seen for 16 s: what X sends is answered by nobody."
    # The bare command would listen where web does.
    assert "“receiver” of the Procfile" in found.problem.remedy


def test_one_that_was_replaced_is_no_trouble() -> None:
    minute(200, receiver="before the deployment", back=4)
    minute(2, receiver="after it")
    found = health.receivers(NOW)
    assert [(one.name, one.is_there) for one in found.those] == [("after it", True), ("before the deployment", False)]
    assert found.problem is None


def test_when_the_last_receiver_ended_long_ago_it_is_said_since_when() -> None:
    minute(7 * 3600, back=7 * 60)
    problem = health.receivers(NOW).problem
    assert problem is not None
    assert "for 7 h" in problem.what


def test_no_receiver_ever_is_said_as_such() -> None:
    problem = health.receivers(NOW).problem
    assert problem is not None
    assert "No receiver has been seen yet" in problem.what


def test_answers_that_come_near_to_what_x_allows_are_trouble() -> None:
    minute(2, back=1, deliveries=5, worst_ms=2400)
    problem = health.receivers(NOW).problem
    assert problem is not None
    assert "2.4 s" in problem.what


# --- Workers and beat ---


def test_a_worker_for_every_queue_is_enough() -> None:
    process("worker", 10)
    assert health.workers(NOW).problem is None


def test_a_silent_worker_is_said_with_since_when_and_how_to_start_one() -> None:
    process("worker", 240)
    problem = health.workers(NOW).problem
    assert problem is not None
    assert problem.what == "No worker has been seen for 4 min: nothing is done by itself."
    assert "docker compose up" in problem.remedy


def test_a_queue_without_a_worker_is_named() -> None:
    process("worker", 10, queues="long, normal")
    found = health.workers(NOW)
    assert found.unserved == ["urgent"]
    assert found.problem is not None
    assert "“urgent”" in found.problem.what


def test_beat_and_worker_are_told_apart() -> None:
    process("worker", 10)
    process("beat", 61)
    assert health.workers(NOW).problem is None
    problem = health.beat(NOW).problem
    assert problem is not None
    assert problem.what == "No beat has been seen for 1 min: no task is sent when it is due."


def test_two_beats_are_one_too_many() -> None:
    process("beat", 5, name="one 1")
    process("beat", 5, name="other 1")
    problem = health.beat(NOW).problem
    assert problem is not None
    assert "2 beats run at once" in problem.what


# --- Tasks ---


def test_a_task_that_ran_well_says_when_it_is_due() -> None:
    scheduled(ago=60)
    ran(58)
    one = task()
    assert (one.state, one.every, one.due_at) == (State.DONE, "every 15 minutes", NOW + timedelta(minutes=14))
    assert one.about == "Forget old records of traffic, of refused requests and of challenges"
    assert one.problem is None


def test_a_task_that_failed_says_how_often_and_why() -> None:
    scheduled()
    ran(outcome="failed", failures_in_a_row=3, error="The disk is full.")
    assert task().state is State.FAILED
    problem = task().problem
    assert problem is not None
    assert problem.what == "It failed 3 times in a row. The disk is full."


@pytest.mark.parametrize(("left", "state"), [(5, State.RUNNING), (-5, State.KILLED)])
def test_a_run_whose_time_is_over_was_killed(left: float, state: State) -> None:
    scheduled()
    ran(outcome="running", claimed_until=NOW + timedelta(seconds=left))
    assert task().state is state


def test_a_task_that_was_sent_and_not_run_is_late() -> None:
    scheduled(ago=5)
    ran(ago=2 * 15 * 60 + 61)
    assert task().state is State.LATE
    problem = task().problem
    assert problem is not None
    assert "has not run for 31 min" in problem.what


def test_a_failed_one_stays_failed_when_it_is_late_as_well() -> None:
    scheduled(ago=5)
    ran(ago=7200, outcome="failed", failures_in_a_row=1)
    assert task().state is State.FAILED


def test_a_task_that_is_switched_off_is_not_due() -> None:
    scheduled(ago=9999, enabled=False)
    assert (task().state, task().due_at, task().problem) == (State.OFF, None, None)


def test_a_task_that_only_somebody_asks_for_is_listed_too() -> None:
    ran(ago=99999)
    assert (task().state, task().every, task().due_at) == (State.DONE, "", None)


def test_a_task_of_an_earlier_version_is_not_listed() -> None:
    TaskRun.objects.create(task="subscriptions.compare", outcome="failed", started_at=NOW)
    assert health.tasks(NOW) == []


def test_a_task_on_a_calendar_is_listed() -> None:
    from django_celery_beat.models import CrontabSchedule

    nightly = CrontabSchedule.objects.create(minute="0", hour="3")
    PeriodicTask.objects.create(name=TASK, task=TASK, crontab=nightly, last_run_at=NOW)
    assert task().state is State.NEW
    assert task().due_at is not None


# --- Queues ---


def test_queues_of_files_are_counted(settings: Settings, tmp_path: Path) -> None:
    settings.REDIS_URL = ""
    settings.CELERY_BROKER_URL = "filesystem://localhost"
    folders = {name: str(tmp_path) for name in ("data_folder_in", "data_folder_out", "control_folder")}
    settings.CELERY_BROKER_TRANSPORT_OPTIONS = folders
    for number in range(3):
        (tmp_path / f"{number}_id.urgent.msg").write_text("{}")
    found = health.queues()
    assert [(one.name, one.waiting) for one in found.those] == [("urgent", 3), ("normal", 0), ("long", 0)]
    assert found.problem is None


def test_queues_of_redis_are_counted(settings: Settings, redis_url: str) -> None:
    import redis

    settings.REDIS_URL = settings.CELERY_BROKER_URL = redis_url
    settings.CELERY_BROKER_TRANSPORT_OPTIONS = {}
    with redis.Redis.from_url(redis_url) as server:
        server.flushdb()
        server.lpush("long", *["{}"] * 200)
        found = health.queues()
        server.flushdb()
    assert [one.waiting for one in found.those] == [0, 0, 200]
    assert found.problem is not None
    assert found.problem.what == "Tasks pile up: 200 in “long”."


def test_a_broker_that_is_away_is_a_finding_and_comes_soon(settings: Settings) -> None:
    settings.REDIS_URL = settings.CELERY_BROKER_URL = f"redis://:hunter2@127.0.0.1:{free_port()}/0"
    settings.CELERY_BROKER_TRANSPORT_OPTIONS = {}
    found = health.queues()
    assert not found.answers
    assert found.problem is not None
    assert "Redis does not answer" in found.problem.what
    assert "hunter2" not in found.problem.what + found.problem.remedy


# --- All of it ---


def test_a_database_that_is_away_is_a_finding() -> None:
    def away(*_: object, **__: object) -> None:
        raise OperationalError("a name that nobody needs to know")

    with connection.execute_wrapper(away):
        found = [health.receivers(NOW).problem, health.workers(NOW).problem, health.beat(NOW).problem]
        assert health.tasks(NOW) == []
        assert health.allowances() == []
    assert all(problem and "The database does not answer" in problem.what for problem in found)


def test_more_of_everything_costs_no_more_queries() -> None:
    def look() -> int:
        with CaptureQueriesContext(connection) as captured:
            health.receivers(NOW), health.workers(NOW), health.beat(NOW), health.tasks(NOW), health.allowances()
        return len(captured)

    minute(2)
    process("worker", 1)
    process("beat", 1)
    scheduled()
    ran()
    App.objects.create(slug="second", name="Second")
    few = look()
    for number in range(10):
        minute(2, receiver=f"{number}")
        process("worker", 1, name=f"{number}")
        TaskRun.objects.create(task=f"staff.number_{number}")
        App.objects.create(slug=f"app-{number}", name=f"{number}")
    assert look() == few


@pytest.mark.parametrize(
    ("seconds", "words"), [(-3, "0 s"), (59, "59 s"), (60, "1 min"), (7199, "1 h"), (90_000, "1 d")]
)
def test_stretches_of_time_are_said_shortly(seconds: int, words: str) -> None:
    assert span(timedelta(seconds=seconds)) == words
