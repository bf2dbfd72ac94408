"""What people are told of replays: those that X does not take, and those that somebody wished for and that failed."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.urls import reverse

from aaa_dashboard.staff.notices.finding import Finding, Kind, moment
from aaa_dashboard.staff.notices.models import Severity

from .models import Job, Replay

REFUSALS = 3
"""In a row, so within some minutes: what X says once may be over."""
FAILED_IS_NEWS = timedelta(days=1)


def held_up(_now: datetime) -> Iterator[Finding]:
    """Find replays that X refuses, and is asked for again and again."""
    jobs = Job.objects.filter(state=Job.State.WAITING, refusals__gte=REFUSALS, replay__state__in=Replay.WANTED)
    told: set[int] = set()
    for job in jobs.select_related("replay__webhook").order_by("replay_id", "part"):
        if job.said and job.replay_id not in told:
            told.add(job.replay_id)
            yield _finding(
                job.replay, "X does not take a replay", f"{job.said.answer} {job.said.meaning}", job.said.remedy
            )


def failed(now: datetime) -> Iterator[Finding]:
    """Find replays that failed lately and were for no gap: a gap has notices of its own."""
    rows = Replay.objects.filter(state=Replay.State.FAILED, finished_at__gt=now - FAILED_IS_NEWS, gaps=None)
    for row in rows.select_related("webhook").order_by("pk"):
        yield _finding(row, "A replay failed", row.remark)


KINDS = (
    Kind(
        "replay-held-up", "Replay held up", Severity.WARNING, held_up,
        remedy="Its page says what X asks for. It is tried again by itself, for as long as X keeps the window.",
        action="See the replay",
    ),
    Kind(
        "replay-failed", "Replay failed", Severity.WARNING, failed,
        remedy="Its page says why. “Request it again” when that is mended: X goes back five days.",
        action="See the replay", tells_end=False,
    ),
)  # fmt: skip


def _finding(replay: Replay, what: str, text: str, remedy: str = "") -> Finding:
    return Finding(
        subject=f"replay:{replay.pk}",
        title=f"{what}: {replay.webhook}",
        text=f"{moment(replay.from_date)} to {moment(replay.to_date)}, for {replay.requested_by}. {text}",
        remedy=remedy,
        url=reverse("replays:replay", args=[replay.pk]),
    )
