"""Whether what runs by itself does: beat, workers, tasks, and the channels that tell of all this."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Max, Min
from django.urls import reverse

from aaa_dashboard.webhooks.models import App

from ...health import queues
from ...health.processes import START_WORKER
from ...models import BackgroundProcess, TaskRun
from ..finding import Finding, moment
from ..models import Channel

# Long enough for a deployment, during which nobody is there for a minute or two.
SILENT = timedelta(minutes=3)
FAILURES_IN_A_ROW = 3


def beat_silent(now: datetime) -> Iterator[Finding]:
    """Find that nothing is sent when it is due."""
    yield from _silent(
        "beat", "Beat is silent", "Nothing is begun any more by itself: no check, no repair, no recovery.", now
    )


def worker_silent(now: datetime) -> Iterator[Finding]:
    """Find that nobody does background work, or that nobody takes it from one of the queues."""
    workers = BackgroundProcess.objects.filter(kind="worker", seen_at__gt=now - SILENT).values_list("queues", flat=True)
    taken = {queue.strip() for queues in workers for queue in queues.split(",")}
    for queue in settings.CELERY_TASK_QUEUES if taken else ():
        if queue not in taken:
            yield Finding(
                subject=f"queue:{queue}",
                title=f"No worker takes from the queue “{queue}”",
                text="Workers are running, and none of them on this queue. What is due in it waits.",
                remedy=START_WORKER,
                url=reverse("staff:health"),
            )
    yield from _silent("worker", "No worker is running", "What is due waits: no check, no repair, no recovery.", now)


def task_failing(_now: datetime) -> Iterator[Finding]:
    """Find tasks that failed several times in a row."""
    for run in TaskRun.objects.filter(failures_in_a_row__gte=FAILURES_IN_A_ROW).order_by("task"):
        since = f" It last went well on {moment(run.succeeded_at)}." if run.succeeded_at else " It never went well."
        yield Finding(
            subject=f"task:{run.task}"[:80],
            title=f"The task {run.task} keeps failing",
            text=f"{run.failures_in_a_row} times in a row: {run.error or 'without a word'}.{since}",
            url=reverse("staff:health"),
        )


def queue_trouble(_now: datetime) -> Iterator[Finding]:
    """Find that the broker is away or that work piles up in it."""
    problem = queues().problem
    if problem is not None:
        yield Finding(
            subject="queues",
            title="Background work does not get through",
            text=problem.what,
            remedy=problem.remedy,
            url=reverse("staff:health"),
        )


def channel_failing(now: datetime) -> Iterator[Finding]:
    """Find channels that have not taken notices for a while."""
    failing = Channel.objects.filter(enabled=True, failing_since__lt=now - SILENT).order_by("pk")
    for channel in failing:
        assert channel.failing_since is not None
        yield Finding(
            subject=f"channel:{channel.pk}",
            title=f"Notices do not reach {channel.name}",
            text=f"Since {moment(channel.failing_since)}. {channel.error}",
            url=reverse("staff:channels"),
        )


def _silent(kind: str, title: str, so: str, now: datetime) -> Iterator[Finding]:
    since = _last_seen(kind)
    if since is not None and now - since > SILENT:
        yield Finding(
            subject=kind,
            title=title,
            text=f"The last sign of one is from {moment(since)}. {so}",
            url=reverse("staff:health"),
        )


def _last_seen(kind: str) -> datetime | None:
    """When a process of a kind last said that it is there.

    Where none has a row (one that ends in order takes it away), the last task speaks for it; where none ever ran, the
    installation has been waiting for one since its first app.
    """
    seen: datetime | None = BackgroundProcess.objects.filter(kind=kind).aggregate(at=Max("seen_at"))["at"]
    ran: datetime | None = seen or TaskRun.objects.aggregate(at=Max("started_at"))["at"]
    return ran or App.objects.aggregate(at=Min("created_at"))["at"]
