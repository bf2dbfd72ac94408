"""X says that a job has ended: the stored `replay_job_status` event, handed over after its commit.

It may come before X's answer to our request was kept (a small replay ends within milliseconds), twice, for a job whose
id we never learned, or for one that somebody else asked for. So it is kept first, and taken as soon as it is clear
whose end it is.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from django.db import transaction
from django.db.models import QuerySet

from aaa_dashboard.deliveries.kinds import ms_of_snowflake, text_of
from aaa_dashboard.deliveries.models import Event
from aaa_dashboard.webhooks.models import Webhook

from . import ending
from .models import End, Job

CLOCKS_DIFFER = timedelta(minutes=2)
"""Between X's clock, by which a job's id is made, and ours, by which it was asked for."""
COMPLETE = "Complete"
State = Job.State
GIVEN_UP = (State.STALLED, State.INCOMPLETE, State.FAILED)

log = structlog.get_logger(__name__)


def completed(event: Event) -> None:
    """Take the end of a job from the event that tells of it. Changes the database alone."""
    status = _status(event)
    x_job_id, x_webhook_id = text_of(status.get("job_id")), text_of(status.get("webhook_id"))
    webhook = Webhook.objects.filter(app_id=event.app_id, x_id=x_webhook_id).first()
    if webhook is None or not x_job_id:
        log.warning("a replay ended of a webhook that is not known", stored_as=event.pk)
        return
    end, _ = End.objects.get_or_create(
        webhook=webhook,
        x_job_id=x_job_id[:64],
        is_complete=text_of(status.get("job_state")) == COMPLETE,
        defaults={"at": event.received_at},
    )
    _take(end)


def take_ends(webhook: Webhook | None = None) -> None:
    """Look again at the ends that came too early; of one webhook, or of all."""
    ends = End.objects.filter(is_taken=False).order_by("at")
    for end in ends.filter(webhook=webhook) if webhook else ends:
        with transaction.atomic():
            _take(end)


def _take(end: End) -> None:
    jobs = Job.objects.filter(webhook_id=end.webhook_id)
    job = jobs.filter(x_job_id=end.x_job_id).first()
    if job is None:
        nameless = jobs.filter(state__in=Job.UNDER_WAY, x_job_id="", asked_at__isnull=False).first()
        if nameless and nameless.state == State.ASKING:
            return  # X's answer is on its way, and says whether it is this one
        if nameless:
            job = _recognized(nameless, end)
    if job is not None:
        _end(job, end)
    else:
        _somebody_elses(jobs, end)
    End.objects.filter(pk=end.pk).update(is_taken=True)


def _recognized(job: Job, end: End) -> Job | None:
    """Say whether a job whose id we never learned is the one that ended; if nobody can, it is asked for again."""
    assert job.asked_at
    created = ms_of_snowflake(end.x_job_id)  # an id of X carries its time
    if created and abs(datetime.fromtimestamp(created / 1000, UTC) - job.asked_at) <= CLOCKS_DIFFER:
        Job.objects.filter(pk=job.pk, x_job_id="").update(x_job_id=end.x_job_id)
        return job
    if end.at < job.asked_at:
        return None
    # X runs one at a time: whatever has ended, ours does not run now, and nobody knows whether it ever did.
    lost = Job.objects.filter(pk=job.pk, state=State.RUNNING, x_job_id="")
    if lost.update(state=State.STALLED, ended_at=end.at):
        ending.ask_again(job, now=end.at, reason="X never told whether it had begun.")
    return None


def _somebody_elses(jobs: QuerySet[Job], end: End) -> None:
    """Let what waited for somebody else's job wait no longer."""
    log.info("a replay ended that was not ours", job=end.x_job_id)
    held_up = jobs.filter(state=State.WAITING, failure__key="already-replaying")
    held_up.filter(not_before__gt=end.at).update(not_before=end.at)


def _end(job: Job, end: End) -> None:
    same = Job.objects.filter(pk=job.pk)
    to = State.COMPLETE if end.is_complete else State.INCOMPLETE
    if same.filter(state__in=Job.UNDER_WAY).update(state=to, ended_at=end.at, claimed_until=None):
        log.info("replay job ended", replay=job.replay_id, part=job.part, attempt=job.attempt, state=to)
        if end.is_complete:
            ending.settle(job.replay_id, now=end.at)
        else:
            ending.ask_again(job, now=end.at, reason="X ended it Incomplete; what is missing is asked for again.")
    elif end.is_complete and same.filter(state__in=GIVEN_UP).update(state=to, ended_at=end.at, is_counted=False):
        # We had given up on it too early: another attempt is not needed, unless X was asked already.
        later = Job.objects.filter(replay_id=job.replay_id, part=job.part, attempt__gt=job.attempt)
        later.filter(state=State.WAITING).delete()
        ending.settle(job.replay_id, now=end.at)


def _status(event: Event) -> dict[str, Any]:
    """What X says of a job. Source: X, Replay API, “Job completion”."""
    try:
        status = json.loads(event.payload).get("replay_job_status")
    except (ValueError, AttributeError):
        return {}
    return status if isinstance(status, dict) else {}
