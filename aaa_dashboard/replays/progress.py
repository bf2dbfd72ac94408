"""What has come since a job began: events that were new, and those that we had.

New ones are counted by ranges of ids, each range once and for good; the others by the minutes of traffic. Nothing
counts the table.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db.models import QuerySet, Sum

from aaa_dashboard.clocks import is_ahead
from aaa_dashboard.deliveries.following import SETTLES, newest_id, settled_id
from aaa_dashboard.deliveries.models import Event, Gap, TrafficMinute
from aaa_dashboard.deliveries.recovered import ATTEMPTED_LATER

from . import ending
from .marking import AFTERWARDS, BEHIND
from .models import Job
from .windows import Window, down

IDS_A_STEP = 50_000
STEPS = 20
TAIL_STEPS = 4
"""Of what has not settled, which is half a minute's at most: four times what X sends in it."""
STALLED = timedelta(minutes=10)
"""Without a new number for so long, X has lost a job."""
LONGEST = timedelta(hours=3)
"""Two hours of the busiest contract come in less; numbers that rise for another reason keep no job alive beyond it."""
State = Job.State

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Numbers:
    """How a job stands."""

    recovered: int
    redelivered: int
    counted: int
    """New events up to `counted_to_id`, which no later count looks at again."""
    counted_to_id: int
    is_final: bool

    @property
    def done(self) -> int:
        return self.recovered + self.redelivered


def beginning(job: Job, now: datetime) -> dict[str, Any]:
    """Where a count begins, as fields of the job; to be kept before X is asked."""
    minutes = TrafficMinute.objects.filter(app_id=job.webhook.app_id, minute__gte=down(now))
    return {
        "counted_to_id": newest_id(Event),
        "counted": 0,
        "recovered": 0,
        "redelivered": 0,
        "duplicates_before": minutes.aggregate(n=Sum("duplicates"))["n"] or 0,
        "expected": expected(job.webhook.app_id, Window(job.from_date, job.to_date), job.replay.gaps.all()),
    }


def expected(app_id: int, window: Window, found: Iterable[Gap]) -> int | None:
    """How many deliveries a window will bring: what came in it, and what is estimated to be missing of it.

    Returns:
        None: nobody counted then, and nobody estimated.
    """
    minutes = TrafficMinute.objects.filter(app_id=app_id, minute__gte=window.begin, minute__lt=window.end)
    missing = sum(_share(gap, window) for gap in found)
    return (minutes.aggregate(n=Sum("events"))["n"] or 0) + round(missing) or None


def _share(gap: Gap, window: Window) -> float:
    """What is missing of a gap in a window, as if it were spread evenly."""
    if not gap.missing or not gap.ended_at or gap.ended_at <= gap.began_at:
        return 0.0
    overlap = min(gap.ended_at, window.end) - max(gap.began_at, window.begin)
    return float(gap.missing * max(overlap / (gap.ended_at - gap.began_at), 0.0))


def measure(job: Job, now: datetime, settled: int = 0) -> Numbers:
    """Count what has come. Changes nothing, so that a page may ask as often as it likes.

    Args:
        job: One that X was asked for.
        now: The time.
        settled: Up to which id the table is complete; what is above is counted anew each time.
    """
    assert job.asked_at
    closed_at = job.ended_at + AFTERWARDS if job.ended_at else None
    events = Event.objects.filter(
        app_id=job.webhook.app_id,
        occurred_at__gte=job.from_date - ATTEMPTED_LATER,
        occurred_at__lt=job.to_date,
        received_at__gte=job.asked_at - BEHIND,
    )
    if closed_at:
        events = events.filter(received_at__lte=closed_at)
    newest = newest_id(Event)
    start, counted = job.counted_to_id or 0, job.counted
    for _ in range(STEPS):
        end = min(start + IDS_A_STEP, settled)
        if end <= start:
            break
        counted += _number(events, start, end)
        start = end
    most = start + TAIL_STEPS * IDS_A_STEP
    tail = _number(events, start, min(newest, most))
    # By then every commit has landed, and every receiver has written its minute.
    is_over = job.ended_at is not None and (now - job.ended_at >= SETTLES or is_ahead(job.ended_at, now))
    return Numbers(counted + tail, _redelivered(job, closed_at), counted, start, is_over and newest <= most)


def count(now: datetime) -> None:
    """Keep how the jobs stand that run or have just ended, and end those that X has lost. Safe to do twice."""
    jobs = list(Job.objects.filter(asked_at__isnull=False, is_counted=False).select_related("webhook"))
    settled = settled_id(Event, now) if jobs else 0
    for job in jobs:
        numbers = measure(job, now, settled)
        values: dict[str, Any] = {
            "recovered": numbers.recovered,
            "redelivered": numbers.redelivered,
            "counted": numbers.counted,
            "counted_to_id": numbers.counted_to_id,
            "is_counted": numbers.is_final,
        }
        if numbers.done > job.done:
            values["progressed_at"] = job.progressed_at = now
        # Only onto what was read: of two who count at once, the slower one must not undo a step.
        Job.objects.filter(pk=job.pk, counted_to_id=job.counted_to_id, asked_at=job.asked_at).update(**values)
        if job.state == State.RUNNING and _is_lost(job, now):
            _end_lost(job, now)


def _is_lost(job: Job, now: datetime) -> bool:
    assert job.asked_at
    lately = max(job.asked_at, job.progressed_at or job.asked_at)
    return now - lately >= STALLED or now - job.asked_at >= LONGEST or is_ahead(lately, now)


def _end_lost(job: Job, now: datetime) -> None:
    if Job.objects.filter(pk=job.pk, state=State.RUNNING).update(state=State.STALLED, ended_at=now):
        log.warning("replay stalled", replay=job.replay_id, part=job.part, attempt=job.attempt)
        ending.ask_again(job, now=now, reason="Nothing came of it any more; it is asked for again.")


def _number(events: QuerySet[Event], after: int, to: int) -> int:
    # Optimization: bounded by the key; reads at most `IDS_A_STEP` rows, about 20 ms.
    return events.filter(id__gt=after, id__lte=to).count() if to > after else 0


def _redelivered(job: Job, closed_at: datetime | None) -> int:
    assert job.asked_at
    minutes = TrafficMinute.objects.filter(app_id=job.webhook.app_id, minute__gte=down(job.asked_at))
    if closed_at:
        minutes = minutes.filter(minute__lte=closed_at)
    total: int = minutes.aggregate(n=Sum("duplicates"))["n"] or 0
    return max(total - job.duplicates_before, 0)
