"""Ask X for one job: claim it, see that X can take it, ask, keep X's job id.

No transaction is open while X is asked. Killed at any point, a worker leaves what `release` can tell apart: before the
request left nothing happened, and the job waits again; after it the job may run at X, under an id we do not know.
"""

from datetime import datetime, timedelta

import structlog
from django.db import IntegrityError, transaction
from django.db.models import F, Q

from aaa_dashboard.audit import Actor
from aaa_dashboard.clocks import has_come
from aaa_dashboard.webhooks import timeline, validating
from aaa_dashboard.webhooks.credentials import api_of
from aaa_dashboard.x_api import errors
from aaa_dashboard.x_api.errors import XError

from . import budget, completing, ending, planning, progress, refusing, remembered
from .models import Ask, Job, Replay
from .windows import Window

LEASE = timedelta(minutes=2)
"""Longer than X can take to answer a challenge's PUT and the request, with their repetitions."""
PATIENCE_SECONDS = 2.0
LONGEST_WAIT = timedelta(days=1)
"""Longer than any of our pauses, and than the windows of X's limits."""
BY = Actor("the dashboard")
State = Job.State

log = structlog.get_logger(__name__)


def due(now: datetime) -> list[Job]:
    """The jobs that are next, one for each webhook that has none under way; the oldest replay first."""
    # Numbers are counted out before the next job adds to them.
    busy = Job.objects.filter(asked_at__isnull=False, is_counted=False).values("webhook_id")
    wanted = Job.objects.filter(state=State.WAITING, replay__state__in=Replay.WANTED)
    waiting = wanted.filter(_may_be_asked(now)).exclude(webhook_id__in=busy)
    jobs = waiting.select_related("webhook__app", "replay").order_by("replay_id", "part", "attempt")
    first: dict[int, Job] = {}
    for job in jobs[:500]:
        first.setdefault(job.webhook_id, job)
    return list(first.values())


def ask(job: Job, *, now: datetime) -> bool:
    """Ask X for a job whose turn has come. Two at once, or a second job of the same webhook: one asks.

    Returns:
        Whether X was asked for the replay, whatever it said.
    """
    if not _claim(job, now) or not _is_ready(job, now):
        return False
    sent = _send_off(job, now)
    if sent is None:
        return False
    try:
        at_x = api_of(job.webhook.app, patience_seconds=PATIENCE_SECONDS).request_replay(
            job.webhook.x_id, job.from_date, job.to_date
        )
    except (errors.NoAnswer, errors.UnreadableAnswer) as error:
        _note(sent, error.failure.key)
        _runs(job, "")
    except XError as error:
        _note(sent, error.failure.key)
        refused(job, error, now)
    else:
        _note(sent, "accepted")
        _runs(job, at_x.id)
    return True


def release(now: datetime) -> None:
    """Take back the jobs of workers that are gone."""
    over = Job.objects.filter(has_come("claimed_until", now, LEASE), state=State.ASKING)
    over.filter(asked_at__isnull=True).update(state=State.WAITING, claimed_until=None, not_before=now)
    over.filter(asked_at__isnull=False).update(state=State.RUNNING, claimed_until=None)


def _may_be_asked(now: datetime) -> Q:
    return has_come("not_before", now, LONGEST_WAIT)


def _claim(job: Job, now: datetime) -> bool:
    claimed_until = now + LEASE
    try:
        with transaction.atomic():
            mine = Job.objects.filter(_may_be_asked(now), pk=job.pk, state=State.WAITING).update(
                state=State.ASKING, claimed_until=claimed_until, reason="", asked_at=None
            )
    except IntegrityError:  # another job of this webhook is under way
        return False
    job.refresh_from_db()
    return bool(mine)


def _is_ready(job: Job, now: datetime) -> bool:
    """See that X can take the job; what stands in its way is mended, waited for, or said."""
    window = Window(job.from_date, job.to_date).within_reach(now)
    if window is None:
        ending.give_up(job, now=now, why="X keeps deliveries for five days, and this is older by now.")
        return False
    if window.begin != job.from_date:
        Job.objects.filter(pk=job.pk).update(from_date=window.begin)
        job.from_date = window.begin
    if window.askable_at > now:
        return _wait(job, window.askable_at, planning.TOO_YOUNG)
    if free_at := budget.free_at(job.webhook.app, now=now):
        return _wait(job, free_at, "X lets an app ask five times in a quarter of an hour.")
    if job.webhook.valid:
        return True
    try:
        validating.validate(job.webhook, by=BY)
    except XError as error:
        refused(job, error, now)
        return False
    return True


def _send_off(job: Job, now: datetime) -> Ask | None:
    """Write down that X is asked now, before it is: from here on the job may run there."""
    with transaction.atomic():
        sent = budget.take(job, now=now)
        wanted = Replay.objects.filter(pk=job.replay_id, state__in=Replay.WANTED)
        mine = Job.objects.filter(pk=job.pk, state=State.ASKING, claimed_until=job.claimed_until)
        begun = {"asked_at": now, "progressed_at": None, "is_counted": False, "failure": None}
        if sent and wanted.update(state=Replay.State.RUNNING) and mine.update(**begun, **progress.beginning(job, now)):
            return sent
        transaction.set_rollback(True)
    # Not ours or nobody's any more, or somebody has just used up the limit.
    _wait(job, now + timedelta(minutes=1), "X lets an app ask five times in a quarter of an hour.")
    return None


def _runs(job: Job, x_job_id: str) -> None:
    """Keep that X runs the job, unless its end was faster than X's answer."""
    asking = Job.objects.filter(pk=job.pk, state=State.ASKING, claimed_until=job.claimed_until)
    if not asking.update(state=State.RUNNING, x_job_id=x_job_id, claimed_until=None) and x_job_id:
        # Our lease ran out meanwhile, and it was taken for one whose id we do not know.
        Job.objects.filter(pk=job.pk, state=State.RUNNING, x_job_id="").update(x_job_id=x_job_id)
    completing.take_ends(job.webhook)
    log.info("replay runs", replay=job.replay_id, part=job.part, attempt=job.attempt, job=x_job_id or "unknown")


def refused(job: Job, error: XError, now: datetime) -> None:
    """Wait or give up, by what X said."""
    log.warning("replay refused", replay=job.replay_id, part=job.part, because=error.failure.key)
    answer = refusing.answer_to(error, job.refusals, now=now)
    if isinstance(error, errors.WebhookInvalid):
        timeline.set_valid(job.webhook, False, "X said so when it was asked for a replay.")
    if answer.wait_until is None:
        ending.give_up(job, now=now, failure=error.failure, everywhere=answer.everywhere)
        return
    counts = F("refusals") + (0 if answer.is_no_fault else 1)
    _wait(job, answer.wait_until, answer.reason, failure=remembered.json_of(error.failure), refusals=counts)


def _wait(job: Job, until: datetime, reason: str, **more: object) -> bool:
    """Let a job wait that X does not run; False, for whoever has nothing more to do."""
    mine = Job.objects.filter(pk=job.pk, state=State.ASKING, claimed_until=job.claimed_until)
    mine.update(state=State.WAITING, claimed_until=None, asked_at=None, not_before=until, reason=reason[:300], **more)
    return False


def _note(sent: Ask, answer: str) -> None:
    Ask.objects.filter(pk=sent.pk).update(answer=answer[:64])
