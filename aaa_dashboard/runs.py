"""Which run of a task goes on, and how the last one went: claimed before the work, written down after it.

Beside the layers, as `audit`, so that the doors of every app can use it. The table is `staff.TaskRun`, found by its
name. A claim is taken by a conditional UPDATE and ends with the run, or with its lease when the worker was killed.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.db.models import F

from aaa_dashboard import clocks

ENDED_IN_THE_MIDDLE = "Its worker was killed or lost power while it ran. It is done again when it is due."
TRIES = 3


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a task."""

    task: str
    message: str
    """Id of the message that asked for it."""
    worker: str
    began_at: datetime
    is_alone: bool = True
    """Whether it is claimed: no second run at the same time. Tasks with arguments are not, as each has its own work."""


def begin(run: Run, lease: timedelta, *, asks_again: bool) -> bool:
    """Claim a task for a run.

    Args:
        run: Who wants to work.
        lease: When it has certainly ended.
        asks_again: When another run has it, have that one followed by one more: what this one was meant for may have
            come after the other had looked.

    Returns:
        Whether it is yours; if not, another run has it.
    """
    if not run.is_alone:
        return True
    for _ in range(TRIES):
        _write_down_a_killed_one(run)
        if _claim(run, lease):
            return True
        if not asks_again or _row(run.task).filter(claimed_until__gte=run.began_at).update(asked_again=True):
            return False
    return False


def end(run: Run, now: datetime, *, outcome: str, error: str = "") -> bool:
    """Write down how a run ended, and let the task go.

    Args:
        run: The run that began.
        now: When it ended.
        outcome: One of `TaskRun.Outcome`: done, failed, out of time.
        error: Why it failed, in words without any secret.

    Returns:
        Whether somebody asked for it meanwhile, so that it has to run once more. Told once.
    """
    if not run.is_alone:
        _make_row(run.task)
    went_well = outcome == "done"
    ended: dict[str, Any] = {
        "outcome": outcome,
        "error": error[:300],
        "finished_at": now,
        "seconds": (now - run.began_at).total_seconds(),
        "runs": F("runs") + 1,
        "failures_in_a_row": 0 if went_well else F("failures_in_a_row") + 1,
        "failures": F("failures") if went_well else F("failures") + 1,
        "worker": run.worker,
        **({"succeeded_at": now} if went_well else {}),
    }
    if not run.is_alone:
        _row(run.task).update(started_at=run.began_at, **ended)
        return False
    # Only what is still ours: a lease that ran out may be another's by now.
    _row(run.task).filter(claimed_by=run.message).update(claimed_by="", claimed_until=None, **ended)
    return bool(_row(run.task).filter(asked_again=True, claimed_until=None).update(asked_again=False))


def _claim(run: Run, lease: timedelta) -> bool:
    taken = {
        "outcome": "running",
        "started_at": run.began_at,
        "finished_at": None,
        "worker": run.worker,
        "claimed_by": run.message,
        "claimed_until": run.began_at + lease,
        "asked_again": False,
    }
    free = clocks.has_come("claimed_until", run.began_at, lease)
    claimed = _row(run.task).filter(free).update(**taken)
    if not claimed and not _row(run.task).exists():
        _make_row(run.task)
        claimed = _row(run.task).filter(free).update(**taken)
    return bool(claimed)


def _write_down_a_killed_one(run: Run) -> None:
    """Whoever finds a lease that ran out says what became of that run: nobody else can."""
    _row(run.task).filter(claimed_until__lt=run.began_at).update(
        outcome="failed",
        error=ENDED_IN_THE_MIDDLE,
        claimed_by="",
        claimed_until=None,
        failures=F("failures") + 1,
        failures_in_a_row=F("failures_in_a_row") + 1,
    )


def _make_row(task: str) -> None:
    _table().bulk_create([apps.get_model("staff", "TaskRun")(task=task)], ignore_conflicts=True)


def _row(task: str) -> Any:
    return _table().filter(task=task)


def _table() -> Any:
    return apps.get_model("staff", "TaskRun")._default_manager
