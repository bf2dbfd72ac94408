"""Doors of background work: `@task` declares them, each in its app's `tasks.py`; when and in which queue: the settings.

A task is a door and not a room: it takes ids, makes one call into a function with a contract, and writes one line to
the log. What the function does is safe to do twice and at the same time, because a message may come twice.

The door itself sees to the rest (`Door`): it lets one run in at a time, ends it in time, and writes down how it went.
"""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import FrameType
from typing import Any

import structlog
from billiard.process import current_process
from celery.contrib.django.task import DjangoTask
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import DatabaseError, transaction
from django.utils import timezone

from aaa_dashboard import runs
from aaa_dashboard.celery import app
from aaa_dashboard.runs import Run
from aaa_dashboard.x_api.errors import XError

log = structlog.get_logger(__name__)

# Between being asked to end and being killed.
GRACE_SECONDS = 20
# A message that nobody took for so long is thrown away: by then the schedule has seen to what it was meant for.
NUDGE_EXPIRES_SECONDS = 3600


class Door(DjangoTask):  # type: ignore[type-arg] # generic to the type checker alone
    """What every task does around its work. Called as a plain function, it is one and does nothing of this.

    A task without arguments lets one run in at a time: who comes second returns at once, and if it was sent by
    somebody rather than by the clock, the first is followed by one more run.
    """

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> None:
        if self.request.called_directly:
            self.run(*args, **kwargs)
            return
        by_clock = "periodic_task_name" in (self.request.headers or {})
        worker = f"{self.request.hostname or 'here'} {os.getpid()}"
        run = Run(self.name, self.request.id or "", worker, timezone.now(), is_alone=not args and not kwargs)
        if not self._begin(run, asks_again=not by_clock):
            log.info("runs already, so this run ends here", task=self.name)
            return
        outcome, error = "done", ""
        try:
            with self._in_time():
                self.run(*args, **kwargs)
        except SoftTimeLimitExceeded:
            outcome, error = "out of time", f"It took longer than the {self.soft_time_limit} s that it may take."
            raise
        except Exception as problem:
            outcome, error = "failed", in_words(problem)
            raise
        finally:
            if self._end(run, outcome, error):
                nudge(self)

    def _begin(self, run: Run, *, asks_again: bool) -> bool:
        """Claim; when even that is impossible, work: the functions behind the doors are safe at once."""
        try:
            return runs.begin(run, timedelta(seconds=self.time_limit or 0), asks_again=asks_again)
        except Exception as problem:  # noqa: BLE001 - whatever the database has, the task says it better
            log.warning("cannot claim the run", task=self.name, because=type(problem).__name__)
            return True

    def _end(self, run: Run, outcome: str, error: str) -> bool:
        try:
            return runs.end(run, timezone.now(), outcome=outcome, error=error)
        except Exception as problem:  # noqa: BLE001 - what was done is done
            log.warning("cannot write down the run", task=self.name, because=type(problem).__name__)
            return False

    @contextmanager
    def _in_time(self) -> Iterator[None]:
        """Keep to the limit in a worker that works in its own process (`--pool solo`), where Celery keeps none."""
        is_solo = current_process().name == "MainProcess" and threading.current_thread() is threading.main_thread()
        if self.request.is_eager or not is_solo:
            yield
            return

        def out_of_time(_number: int, _frame: FrameType | None) -> None:
            raise SoftTimeLimitExceeded

        before = signal.signal(signal.SIGALRM, out_of_time)
        signal.setitimer(signal.ITIMER_REAL, float(self.soft_time_limit or 0))
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)


def task(name: str, *, seconds: int = 60) -> Callable[[Callable[..., None]], Any]:
    """Declare a task.

    Args:
        name: `<app>.<function>`.
        seconds: How long it may take; then `SoftTimeLimitExceeded` is raised in it.
    """
    return app.task(
        name=name,
        base=Door,
        soft_time_limit=seconds,
        time_limit=seconds + GRACE_SECONDS,
        expires=NUDGE_EXPIRES_SECONDS,
    )


def doors() -> dict[str, Any]:
    """Every task of ours by its name, wherever it is declared."""
    app.loader.import_default_modules()
    return {name: door for name, door in app.tasks.items() if isinstance(door, Door)}


def scheduled(name: str) -> Any | None:
    """Find a task of the schedule by its name, to `nudge` it; None: there is none of that name."""
    return doors().get(name) if name in {task for task, _, _ in settings.SCHEDULE} else None


def nudge(door: Any, *args: str | int, in_seconds: float | None = None) -> bool:
    """Have a task run soon, after the commit of what it is to see. Never raises: what is missed, the schedule does.

    Args:
        door: The task.
        args: What it takes.
        in_seconds: How long it is to wait, where what it is to see takes a while to be seen.

    Returns:
        Whether a worker will hear of it, as far as is known: False when the broker does not answer.
    """
    sent = True

    def send() -> None:
        nonlocal sent
        try:
            door.apply_async(args, countdown=in_seconds, retry=False)
        except Exception as problem:  # noqa: BLE001 - the broker's client has many
            log.warning("cannot nudge a task", task=door.name, because=type(problem).__name__)
            sent = False

    transaction.on_commit(send)
    return sent


def in_words(problem: Exception) -> str:
    """Say why a task failed, without what the text of a foreign exception might hold: a body, a token, an address."""
    if isinstance(problem, XError):  # written for people, by a closed table
        return str(problem)
    if isinstance(problem, DatabaseError):
        return f"The database refused or did not answer ({type(problem).__name__})."
    if isinstance(problem, OSError):
        return f"Something outside did not answer ({type(problem).__name__})."
    return f"{type(problem).__name__}; the worker's log has the rest."
