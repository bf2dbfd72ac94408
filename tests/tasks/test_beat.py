"""Beat sends what is due: what it missed once, what the broker did not take later; and says that it is there."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import OperationalError, ProgrammingError
from django_celery_beat.models import PeriodicTask
from pytest_django.fixtures import Settings
from structlog.testing import capture_logs

from aaa_dashboard import background
from aaa_dashboard.celery import app
from aaa_dashboard.staff import heartbeats, schedule
from aaa_dashboard.staff.models import BackgroundProcess
from aaa_dashboard.staff.schedule import Schedule

# Beat closes and commits by itself, so that a transaction around the test is out of the question.
pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
OFTEN, SELDOM = "deliveries.prune_refusals", "staff.clear_expired_sessions"


class Broker:
    """What takes messages, unless it is away."""

    def __init__(self) -> None:
        self.is_away = False
        self.taken: list[str] = []
        self.options: dict[str, Any] = {}

    def take(self, door: Any, *_: Any, **options: Any) -> None:
        if self.is_away:
            raise ConnectionError("nobody there")
        self.taken.append(door.name)
        self.options = options

    def since_last_look(self) -> list[str]:
        taken, self.taken = sorted(self.taken), []
        return taken


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Broker:
    broker = Broker()
    monkeypatch.setattr(background.Door, "apply_async", lambda self, *args, **options: broker.take(self, **options))
    monkeypatch.setattr(heartbeats, "EVERY_SECONDS", 0.0)
    return broker


@pytest.fixture
def clock(settings: Settings) -> Iterator[time_machine.Traveller]:
    settings.SCHEDULE = ((OFTEN, 60.0, "long"), (SELDOM, 86400.0, "long"))
    background.doors()
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def start(broker: Broker, clock: time_machine.Traveller) -> Iterator[Callable[[], Schedule]]:
    """Starts beat; the rows that the last one left are its own."""
    started: list[Schedule] = []

    def start() -> Schedule:
        started.append(Schedule(app=app))
        return started[-1]

    yield start
    for each in started:
        each._finalize.cancel()  # else it would write its rows when the tests end


def tick(schedule: Schedule) -> None:
    """As long as something is due."""
    schedule._send_again_at = 0.0  # it goes by a clock that tests do not move
    for _ in range(20):
        if schedule.tick() > 0:
            return
    pytest.fail("beat does not come to rest")


def test_a_new_installation_does_everything_at_once_and_then_in_its_time(
    start: Callable[[], Schedule], broker: Broker, clock: time_machine.Traveller
) -> None:
    schedule = start()
    tick(schedule)
    assert broker.since_last_look() == [OFTEN, SELDOM]
    clock.shift(59)
    tick(schedule)
    assert broker.since_last_look() == []
    clock.shift(2)
    tick(schedule)
    assert broker.since_last_look() == [OFTEN]


def test_an_hour_of_missed_ticks_is_caught_up_once(
    start: Callable[[], Schedule], broker: Broker, clock: time_machine.Traveller
) -> None:
    tick(start())
    broker.since_last_look()
    clock.shift(3600)
    schedule = start()
    tick(schedule)
    assert broker.since_last_look() == [OFTEN]
    clock.shift(30)
    tick(schedule)
    assert broker.since_last_look() == []


def test_a_message_that_nobody_takes_is_thrown_away_when_the_next_is_due(
    start: Callable[[], Schedule], broker: Broker, clock: time_machine.Traveller
) -> None:
    tick(start())
    clock.shift(61)
    tick(start())
    assert (broker.taken[-1], broker.options["expires"], broker.options["queue"]) == (OFTEN, 60.0, "long")


def test_a_message_that_is_due_several_times_a_minute_waits_for_long_tasks_to_end(
    start: Callable[[], Schedule], broker: Broker, settings: Settings
) -> None:
    settings.SCHEDULE = ((OFTEN, 15.0, "normal"),)
    tick(start())
    assert (broker.taken, broker.options["expires"]) == ([OFTEN], 60.0)


def test_what_keeps_a_worker_for_most_of_a_minute_is_not_in_the_queue_of_replays(settings: Settings) -> None:
    queues = {task: queue for task, _, queue in settings.SCHEDULE}
    assert queues["replays.advance"] == "normal"
    for task in ("deliveries.take_down", "deliveries.follow_copies", "deliveries.expire"):
        assert queues[task] == "long"


def test_what_a_broker_that_was_away_did_not_take_is_sent_once_when_it_is_back(
    start: Callable[[], Schedule], broker: Broker, clock: time_machine.Traveller
) -> None:
    schedule = start()
    broker.is_away = True
    for _ in range(20):
        tick(schedule)
        clock.shift(30)
    broker.is_away = False
    tick(schedule)
    assert broker.since_last_look() == [OFTEN, SELDOM]
    clock.shift(58)
    tick(schedule)
    assert broker.since_last_look() == []
    clock.shift(3)
    tick(schedule)
    assert broker.since_last_look() == [OFTEN]


def test_what_was_not_sent_before_beat_ended_is_sent_by_the_next_one(
    start: Callable[[], Schedule], broker: Broker, clock: time_machine.Traveller
) -> None:
    broker.is_away = True
    schedule = start()
    tick(schedule)
    schedule.close()
    broker.is_away = False
    tick(start())
    assert broker.since_last_look() == [OFTEN, SELDOM]


def test_a_task_that_is_switched_off_while_it_could_not_be_sent_is_not_sent(
    start: Callable[[], Schedule], broker: Broker, clock: time_machine.Traveller
) -> None:
    broker.is_away = True
    schedule = start()
    tick(schedule)
    clock.shift(1)
    for row in PeriodicTask.objects.filter(name=SELDOM):
        row.enabled = False
        row.save()
    broker.is_away = False
    tick(schedule)
    assert broker.since_last_look() == [OFTEN]


def test_beat_says_that_it_is_there_and_takes_it_back_at_its_end(
    start: Callable[[], Schedule], clock: time_machine.Traveller
) -> None:
    schedule = start()
    tick(schedule)
    assert [(row.kind, row.seen_at) for row in BackgroundProcess.objects.all()] == [("beat", NOW)]
    schedule.close()
    assert not BackgroundProcess.objects.exists()


def test_beat_says_so_also_while_the_broker_is_away(
    start: Callable[[], Schedule], broker: Broker, clock: time_machine.Traveller
) -> None:
    broker.is_away = True
    schedule = start()
    tick(schedule)
    clock.shift(timedelta(seconds=60))
    tick(schedule)
    assert BackgroundProcess.objects.get().seen_at == NOW + timedelta(seconds=60)


def test_beat_outlives_a_database_that_goes_away(
    start: Callable[[], Schedule], broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule = start()

    def away(*_: Any) -> None:
        raise OperationalError

    with monkeypatch.context() as patched:
        patched.setattr(Schedule, "schedule", property(away))
        assert schedule.tick() == schedule.max_interval
    tick(schedule)
    assert broker.since_last_look() == [OFTEN, SELDOM]


def test_beat_asks_a_database_that_is_away_or_without_tables_seldomer_and_seldomer_and_says_what_is_wrong(
    start: Callable[[], Schedule], broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    errors = [OperationalError("no route to host"), *[ProgrammingError('relation "x" does not exist')] * 5]
    installed, away = schedule.install, list(errors)

    def install(*args: Any) -> None:
        if away:
            raise away.pop(0)
        installed(*args)

    monkeypatch.setattr(schedule, "install", install)
    beat = start()
    with capture_logs() as lines:
        waits = [beat.tick() for _ in errors]
    assert waits == [2.0, 4.0, 8.0, 16.0, 30.0, 30.0]
    assert [line["because"] for line in lines] == [
        "OperationalError",
        *["tables are missing: run “manage.py migrate”"] * 5,
    ]
    tick(beat)
    assert broker.since_last_look() == [OFTEN, SELDOM]


def test_a_broker_that_is_away_is_one_line_with_the_reason_and_one_when_it_is_back(
    start: Callable[[], Schedule], broker: Broker, clock: time_machine.Traveller
) -> None:
    schedule = start()
    broker.is_away = True
    with capture_logs() as lines:
        for _ in range(20):
            tick(schedule)
            clock.shift(30)
        broker.is_away = False
        tick(schedule)
    assert [(line["event"], line.get("because")) for line in lines] == [
        ("the broker takes no tasks", "ConnectionError"),
        ("the broker takes tasks again", None),
    ]


@pytest.mark.parametrize("is_restarted", [False, True])
def test_a_clock_that_was_ahead_keeps_nothing_from_being_sent(
    start: Callable[[], Schedule], broker: Broker, clock: time_machine.Traveller, is_restarted: bool
) -> None:
    schedule = start()
    clock.move_to(NOW + timedelta(days=2))
    tick(schedule)
    assert broker.since_last_look() == [OFTEN, SELDOM]
    clock.move_to(NOW + timedelta(minutes=5))
    if is_restarted:
        schedule = start()
    tick(schedule)
    assert broker.since_last_look() == [OFTEN, SELDOM]
    tick(schedule)
    assert broker.since_last_look() == []
    clock.shift(60)
    tick(schedule)
    assert broker.since_last_look() == [OFTEN]
