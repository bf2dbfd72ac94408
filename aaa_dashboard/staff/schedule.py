"""When background work is due: beat's own rows, brought to what the settings say, and sent without losing any.

`settings.SCHEDULE` is the table. What an administrator changes in beat's rows (every so often, switched off, another
queue) stays; what a new version adds or takes away follows.
"""

import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import structlog
from celery.beat import SchedulingError
from django.conf import settings
from django.db import Error as DatabaseAway
from django.db import ProgrammingError, connection, transaction
from django.utils import timezone
from django.utils.functional import cached_property
from django_celery_beat.models import IntervalSchedule, PeriodicTask, PeriodicTasks
from django_celery_beat.schedulers import DatabaseScheduler, ModelEntry

from aaa_dashboard import database

from . import heartbeats
from .models import BackgroundProcess, ScheduledTask

log = structlog.get_logger(__name__)

SEND_AGAIN_SECONDS = 2.0
# Long tasks may have every worker for most of a minute: what is due more often than that would never be taken.
LEAST_EXPIRES_SECONDS = 60.0
INSTALL_AGAIN_SECONDS, INSTALL_AGAIN_AT_MOST = 2.0, 30.0
CLOCK_STEPS = timedelta(minutes=1)
# Celery's own, for results that we do not keep; earlier versions let it in.
FOREIGN = "celery.backend_cleanup"


def install(schedule: Iterable[tuple[str, float, str]], now: datetime) -> None:
    """Bring beat's rows to what the settings say. Doing it twice is doing it once.

    A task that is new is due at once. One whose row was deleted comes back: to stop a task, it is switched off.

    Args:
        schedule: Task, seconds between two runs, queue.
        now: The present.
    """
    with transaction.atomic():
        known = {row.task: row for row in ScheduledTask.objects.select_for_update()}
        for task, seconds, queue in schedule:
            _install_one(task, seconds, queue, known.pop(task, None), now)
        gone = [*known, FOREIGN]
        PeriodicTask.objects.filter(name__in=gone).delete()
        ScheduledTask.objects.filter(task__in=gone).delete()
        PeriodicTasks.update_changed()


def _install_one(task: str, seconds: float, queue: str, known: ScheduledTask | None, now: datetime) -> None:
    row = PeriodicTask.objects.filter(name=task).select_related("interval").first()
    if row is None:
        PeriodicTask.objects.create(
            name=task,
            task=task,
            interval=_interval(seconds),
            queue=queue,
            last_run_at=now - timedelta(seconds=seconds),
        )
    elif known is None or (known.seconds, known.queue) != (seconds, queue):
        if row.interval is not None and (known is None or _seconds_of(row) == known.seconds):
            row.interval = _interval(seconds)
        if known is None or row.queue == known.queue:
            row.queue = queue
        row.expire_seconds = None  # earlier versions wrote one
        row.save()
    ScheduledTask.objects.update_or_create(task=task, defaults={"seconds": seconds, "queue": queue})


def _interval(seconds: float) -> IntervalSchedule:
    """Every 15 minutes rather than every 900 seconds: people read and change it."""
    units = ((86400, IntervalSchedule.DAYS), (3600, IntervalSchedule.HOURS), (60, IntervalSchedule.MINUTES))
    size, unit = next((one for one in units if seconds % one[0] == 0), (1, IntervalSchedule.SECONDS))
    wanted = {"every": int(seconds // size), "period": unit}
    return IntervalSchedule.objects.filter(**wanted).first() or IntervalSchedule.objects.create(**wanted)


def _seconds_of(row: PeriodicTask) -> float:
    return float(row.interval.schedule.run_every.total_seconds())


class Entry(ModelEntry):  # type: ignore[misc] # its package has no types
    """One row. Its message is thrown away when nobody took it until the next is due: what was missed is done once.

    One that is due several times a minute may wait for a minute: who finds the task running does nothing.
    """

    def __init__(self, model: PeriodicTask, app: Any = None) -> None:
        super().__init__(model, app)
        now = timezone.now()
        last: datetime | None = model.last_run_at
        if last is not None and last > now + CLOCK_STEPS:
            # Written by a clock that was ahead: due now, and not when that time comes.
            self.last_run_at = model.last_run_at = now - timedelta(days=1)
        if model.interval is not None:
            self.options.setdefault("expires", max(_seconds_of(model), LEAST_EXPIRES_SECONDS))


class Schedule(DatabaseScheduler):  # type: ignore[misc] # as above
    """Beat: says that it is there, keeps what the broker would not take, and outlives a database that goes away."""

    Entry = Entry

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._is_behind = self._is_refused = False
        self._send_again_at = 0.0
        self._install_again_in = INSTALL_AGAIN_SECONDS
        self._ticked_at = timezone.now()
        self._pulse = heartbeats.Pulse(BackgroundProcess.Kind.BEAT)
        super().__init__(*args, **kwargs)

    def setup_schedule(self) -> None:
        """Nothing: the first tick installs the schedule. A beat that waits for its database in here cannot be ended."""

    def _install(self) -> float:
        """Install the schedule as soon as the database takes it: without beat, nobody would watch.

        Returns:
            Seconds until it is to be tried again; none once it is done.
        """
        wait = self._install_again_in
        if wait:
            try:
                install(settings.SCHEDULE, timezone.now())
                self._install_again_in = 0.0
            except DatabaseAway as error:
                log.warning("cannot install the schedule yet", because=_because(error), again_in_seconds=wait)
                connection.close()
                self._install_again_in = min(2 * wait, INSTALL_AGAIN_AT_MOST)
                return wait
        return 0.0

    @cached_property
    def producer(self) -> Any:
        """Celery would wait here for the broker, without a word to anybody."""
        return self.Producer(self.connection, auto_declare=False)

    def tick(self, *args: Any, **kwargs: Any) -> float:
        self._pulse.say()
        if wait := self._install():
            return wait
        if (wait := self._send_again_at - time.monotonic()) > 0:
            return min(wait, float(self.max_interval))
        try:
            now = timezone.now()
            # What is next is ordered by the clock: after a step back, all of it would lie ahead.
            if self._is_behind or now < self._ticked_at - CLOCK_STEPS:
                self._read_anew()
            self._ticked_at = now
            return float(super().tick(*args, **kwargs))
        except DatabaseAway as error:
            log.warning("cannot read the schedule", because=_because(error))
            return float(self.max_interval)

    def reserve(self, entry: Any) -> Any:
        """Whoever goes through the schedule anew finds the run that was just begun, and does not begin it again."""
        following = super().reserve(entry)
        self._schedule[following.name] = following
        return following

    def apply_entry(self, entry: Any, producer: Any = None) -> None:
        """Send what is due; while the broker takes nothing, it stays due."""
        try:
            self.apply_async(entry, producer=producer, advance=False)
        except SchedulingError as error:
            if not self._is_refused:
                # Celery raises its error from within the other one's handling.
                log.warning("the broker takes no tasks", because=type(error.__context__ or error).__name__)
            self._is_behind = self._is_refused = True
            self._send_again_at = time.monotonic() + SEND_AGAIN_SECONDS
            # Celery writes down a run before it sends. Should beat end now, the next start has to find the task due.
            entry.model.last_run_at = entry.last_run_at
            entry.model.total_run_count -= 1
            self._dirty.add(entry.name)
            self.sync()
        else:
            if self._is_refused:
                log.info("the broker takes tasks again")
            self._is_refused = False

    def _read_anew(self) -> None:
        """Have everything considered that is due by its row."""
        self._is_behind = False
        self._schedule = self.all_as_schedule()
        self._heap = None

    def close(self) -> None:
        super().close()
        self._pulse.end()


def _because(error: Exception) -> str:
    if isinstance(error, ProgrammingError) or "no such table" in str(error):
        return "tables are missing: run “manage.py migrate”"
    return database.why_closed() or type(error).__name__
