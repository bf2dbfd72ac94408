"""Who is there: receivers by the minutes that they write, workers and beat by their heartbeats."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings

from aaa_dashboard.deliveries.models import TrafficMinute
from aaa_dashboard.deliveries.traffic import MINUTE, minute_of
from aaa_dashboard.staff.models import BackgroundProcess

from .findings import Problem, ago, never_raises

# A receiver writes its running minute every 5 s, a worker and beat their rows every 15 s; one write may be late.
RECEIVER_SILENT = timedelta(seconds=15)
WORKER_SILENT = timedelta(seconds=45)
BEAT_SILENT = timedelta(seconds=60)
# Who was there not long ago and is there no more is shown for so long: somebody may look for it.
REMEMBERED = timedelta(minutes=10)
# X gives up on an answer after about three seconds.
SLOW_MS = 1500.0

START_RECEIVER = "Start one: “docker compose up --detach receiver”, or “receiver” of the Procfile."
START_WORKER = "Start one: “docker compose up --detach worker worker-urgent”, or both workers of the Procfile."
START_BEAT = "Start it: “docker compose up --detach beat”, or “beat” of the Procfile."
STOP_BEAT = "Stop all but one: “docker compose up --detach --scale beat=1”."


@dataclass(frozen=True, slots=True)
class Receiver:
    """One process that receives, over all apps."""

    name: str
    """Host and process id, and a mark of its start."""
    seen_at: datetime
    is_there: bool
    deliveries: int
    """In its last full minute; in the running one where it has no other yet."""
    events: int
    worst_ms: float | None
    """Longest time that an answer took, in the same minute."""


@dataclass(frozen=True, slots=True)
class Receivers:
    those: list[Receiver]
    """Those that are there first, then those that were a few minutes ago."""
    problem: Problem | None = None

    @property
    def there(self) -> int:
        return sum(one.is_there for one in self.those)


@dataclass(frozen=True, slots=True)
class Process:
    """A worker or beat."""

    name: str
    """Kind, host and process id."""
    queues: str
    version: str
    started_at: datetime
    seen_at: datetime
    is_there: bool


@dataclass(frozen=True, slots=True)
class Workers:
    those: list[Process]
    problem: Problem | None = None
    unserved: list[str] = field(default_factory=list)
    """Queues that no worker works on."""

    @property
    def there(self) -> int:
        return sum(one.is_there for one in self.those)


@dataclass(frozen=True, slots=True)
class Beat:
    those: list[Process]
    """One, unless something is wrong."""
    problem: Problem | None = None

    @property
    def there(self) -> int:
        return sum(one.is_there for one in self.those)


@never_raises(lambda problem: Receivers([], problem))
def receivers(now: datetime) -> Receivers:
    """Look who receives, by the minutes that receivers write whether something comes or not."""
    rows = TrafficMinute.objects.filter(minute__gte=minute_of(now - REMEMBERED)).order_by("minute")
    by_name: dict[str, list[TrafficMinute]] = {}
    for row in rows.only("receiver", "minute", "until", "deliveries", "events", "worst_ms"):
        by_name.setdefault(row.receiver, []).append(row)
    those = [_receiver(name, of_one, now) for name, of_one in by_name.items()]
    those.sort(key=lambda one: (not one.is_there, one.name))
    return Receivers(those, _receivers_problem(those, now))


def _receiver(name: str, rows: list[TrafficMinute], now: datetime) -> Receiver:
    seen_at = max(row.until for row in rows)
    full = [row for row in rows if row.minute == minute_of(now) - MINUTE]
    counted = full or [row for row in rows if row.minute == minute_of(seen_at)]
    return Receiver(
        name,
        seen_at,
        is_there=now - seen_at <= RECEIVER_SILENT,
        deliveries=sum(row.deliveries for row in counted),
        events=sum(row.events for row in counted),
        worst_ms=max((row.worst_ms for row in counted if row.worst_ms is not None), default=None),
    )


def _receivers_problem(those: list[Receiver], now: datetime) -> Problem | None:
    there = [one for one in those if one.is_there]
    if not there:
        last = TrafficMinute.objects.order_by("-minute").values_list("until", flat=True).first()
        since = f"for {ago(last, now)}" if last else "yet"
        return Problem(f"No receiver has been seen {since}: what X sends is answered by nobody.", START_RECEIVER)
    slow = [one for one in there if (one.worst_ms or 0) >= SLOW_MS]
    if slow:
        worst = max(one.worst_ms or 0 for one in slow)
        return Problem(
            f"An answer to X took {worst / 1000:.1f} s in the last minute; X gives up after 3 s and sends it again.",
            "Look whether the database is slow or its disk full, then add a receiver.",
        )
    return None


@never_raises(lambda problem: Workers([], problem))
def workers(now: datetime) -> Workers:
    """Look which workers are there, and whether each queue has one."""
    those = _processes(BackgroundProcess.Kind.WORKER, now, WORKER_SILENT)
    there = [one for one in those if one.is_there]
    if not there:
        return Workers(those, Problem(f"{_nobody('worker', those, now)}: nothing is done by itself.", START_WORKER))
    served = {queue for one in there for queue in one.queues.split(", ")}
    unserved = [queue for queue in settings.CELERY_TASK_QUEUES if queue not in served]
    if unserved:
        named = " and ".join(f"“{queue}”" for queue in unserved)
        return Workers(those, Problem(f"No worker works on the queue {named}: its tasks wait.", START_WORKER), unserved)
    return Workers(those)


@never_raises(lambda problem: Beat([], problem))
def beat(now: datetime) -> Beat:
    """Look whether beat is there, which sends the tasks when they are due; and that there is one alone."""
    those = _processes(BackgroundProcess.Kind.BEAT, now, BEAT_SILENT)
    there = sum(one.is_there for one in those)
    if not there:
        return Beat(those, Problem(f"{_nobody('beat', those, now)}: no task is sent when it is due.", START_BEAT))
    if there > 1:
        return Beat(those, Problem(f"{there} beats run at once: every task is sent {there} times.", STOP_BEAT))
    return Beat(those)


def _processes(kind: BackgroundProcess.Kind, now: datetime, silent: timedelta) -> list[Process]:
    rows = BackgroundProcess.objects.filter(kind=kind).order_by("name")
    those = [
        Process(row.name, row.queues, row.version, row.started_at, row.seen_at, now - row.seen_at <= silent)
        for row in rows
    ]
    some = any(one.is_there for one in those)
    # One that was killed and has a successor is forgotten soon; when nobody is there, the last one tells since when.
    return sorted(
        (one for one in those if one.is_there or not some or now - one.seen_at <= REMEMBERED),
        key=lambda one: (not one.is_there, one.name),
    )


def _nobody(what: str, those: Iterable[Process], now: datetime) -> str:
    last = max((one.seen_at for one in those), default=None)
    return f"No {what} has been seen for {ago(last, now)}" if last else f"No {what} is there"
