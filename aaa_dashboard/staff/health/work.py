"""Every task: when it last ran and how, and when it is due."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import Q
from django_celery_beat.models import PeriodicTask

from aaa_dashboard import background
from aaa_dashboard.staff.models import TaskRun

from .findings import Problem, ago, never_raises

# One that beat sent and nobody began is late after that, or after twice its time.
LATE = timedelta(seconds=60)


class State(StrEnum):
    """One of them, the worst first where several fit."""

    FAILED = "Failed"
    OUT_OF_TIME = "Took too long"
    KILLED = "Killed"
    LATE = "Late"
    RUNNING = "Running"
    DONE = "Done"
    NEW = "Never ran"
    OFF = "Switched off"


@dataclass(frozen=True, slots=True)
class Task:
    """One task, with its place in the schedule and its last run."""

    name: str
    about: str
    """What it does, in a sentence; empty: nobody said."""
    state: State
    every: str
    """In words; empty: it is not in the schedule and runs when something asks for it."""
    queue: str
    due_at: datetime | None
    """When beat sends it next; None: never by itself."""
    run: TaskRun | None
    """None: it never ran."""
    problem: Problem | None = None

    @property
    def failures_in_a_row(self) -> int:
        return self.run.failures_in_a_row if self.run else 0


def _none(_: Problem) -> list[Task]:
    return []


@never_raises(_none)
def tasks(now: datetime) -> list[Task]:
    """List every task that is scheduled or ever ran, by its name."""
    runs = {run.task: run for run in TaskRun.objects.all()}
    rows = PeriodicTask.objects.exclude(Q(task="") | Q(task__startswith="celery."))
    rows = rows.select_related("interval", "crontab", "solar", "clocked").order_by("task", "name")
    listed = {row.task: _scheduled(row, runs.get(row.task), now) for row in rows}
    # What an earlier version did and this one does not know is of no interest any more.
    declared = background.doors()
    unscheduled = [_asked_for(run, now) for name, run in runs.items() if name in declared and name not in listed]
    return sorted([*listed.values(), *unscheduled], key=lambda task: task.name)


def _scheduled(row: PeriodicTask, run: TaskRun | None, now: datetime) -> Task:
    state = _state(run, now)
    is_late = row.enabled and state is not State.RUNNING and _is_late(row, run, now)
    if not row.enabled:
        state = State.OFF
    elif is_late and state in {State.DONE, State.NEW}:
        state = State.LATE
    return Task(
        row.task,
        _about(row.task),
        state,
        _every(row),
        row.queue or "",
        _due_at(row, now) if row.enabled else None,
        run,
        _problem(state, run, now, again="It is tried again when it is due; “Run now” does not wait for that."),
    )


def _asked_for(run: TaskRun, now: datetime) -> Task:
    state = _state(run, now)
    return Task(
        run.task,
        _about(run.task),
        state,
        "",
        "",
        None,
        run,
        _problem(state, run, now, again="It runs again when something asks for it."),
    )


def _about(name: str) -> str:
    """The first sentence of what the door says of itself."""
    door = background.doors().get(name)
    words = " ".join((door.run.__doc__ or "").split()) if door else ""
    return words.partition(". ")[0].removesuffix(".")


def _state(run: TaskRun | None, now: datetime) -> State:
    if run is None or not run.outcome:
        return State.NEW
    if run.outcome == TaskRun.Outcome.RUNNING:
        return State.KILLED if run.claimed_until is not None and run.claimed_until < now else State.RUNNING
    return {TaskRun.Outcome.DONE.value: State.DONE, TaskRun.Outcome.FAILED.value: State.FAILED}.get(
        run.outcome, State.OUT_OF_TIME
    )


def _is_late(row: PeriodicTask, run: TaskRun | None, now: datetime) -> bool:
    if row.interval is None or row.last_run_at is None:
        return False
    every = row.interval.schedule.run_every
    if run is None or run.started_at is None:
        return bool(now - row.last_run_at > every + LATE)
    return bool(now - run.started_at > 2 * every + LATE)


def _due_at(row: PeriodicTask, now: datetime) -> datetime | None:
    if row.last_run_at is None:
        return None
    if row.interval is not None:
        due_at: datetime = row.last_run_at + row.interval.schedule.run_every
        return max(now, due_at)
    left = row.schedule.remaining_estimate(row.last_run_at)
    return now + left if isinstance(left, timedelta) else None


def _every(row: PeriodicTask) -> str:
    if row.interval is not None:
        number, unit = row.interval.every, str(row.interval.period)
        return f"every {unit.removesuffix('s')}" if number == 1 else f"every {number} {unit}"
    return f"at {row.crontab}" if row.crontab is not None else str(row.schedule)


def _problem(state: State, run: TaskRun | None, now: datetime, *, again: str) -> Problem | None:
    if state is State.LATE:
        since = f"has not run for {ago(run.started_at, now)}" if run and run.started_at else "has never run"
        return Problem(f"It is due and {since}.", "Beat, workers and queues, above, tell why.")
    if state is State.KILLED:
        return Problem("Its worker was killed or lost power while it ran.", again)
    if run is None or state not in {State.FAILED, State.OUT_OF_TIME}:
        return None
    times = "" if run.failures_in_a_row == 1 else f" {run.failures_in_a_row} times in a row"
    return Problem(f"It failed{times}. {run.error}", again)
