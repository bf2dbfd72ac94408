"""What replays brought of a gap, by when it happened: a job's own numbers are of all gaps in its window."""

from datetime import datetime

from aaa_dashboard.deliveries.models import Event, Gap

from .marking import AFTERWARDS, BEHIND
from .models import Job, Replay

ENOUGH = 0.8
"""Of an estimate by usual traffic: what is missing beyond that may never have been."""


def is_enough(came: int, gap: Gap) -> bool:
    """Whether that is all that was missing of a gap, as far as one can tell."""
    return bool(came) if gap.missing is None else came >= gap.missing * ENOUGH


def number(replay: Replay, gap: Gap, *, now: datetime) -> int:
    """Count the events of a gap that came while a replay's jobs ran, up to as many as were missing."""
    jobs = Job.objects.filter(
        replay=replay, asked_at__isnull=False, from_date__lt=gap.ended_at, to_date__gt=gap.began_at
    )
    left = gap.missing or 1
    for job in jobs:
        if left > 0:
            left -= _came(job, gap, (job.ended_at or now), left)
    return (gap.missing or 1) - left


def _came(job: Job, gap: Gap, ended_at: datetime, most: int) -> int:
    # Optimization: reads what was received while the job ran, by the index of `received_at`, once for each gap.
    assert job.asked_at
    events = Event.objects.filter(
        app_id=job.webhook.app_id,
        received_at__gte=job.asked_at - BEHIND,
        received_at__lte=ended_at + AFTERWARDS,
        occurred_at__gte=gap.began_at,
        occurred_at__lt=gap.ended_at,
    )
    return events.order_by()[:most].count()
