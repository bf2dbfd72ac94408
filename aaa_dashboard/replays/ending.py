"""A job has ended: what is missing is asked for again, or the replay ends, and its gaps with it.

Everything here only changes the database, by conditional UPDATEs, and may be done twice.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Min, QuerySet
from django.utils import timezone

from aaa_dashboard.audit import Actor, record
from aaa_dashboard.deliveries import gaps
from aaa_dashboard.deliveries.gaps.stretches import Stretch
from aaa_dashboard.deliveries.models import Gap
from aaa_dashboard.webhooks.models import Webhook
from aaa_dashboard.x_api.errors import Failure

from . import brought, remembered
from .models import Job, Replay
from .windows import TOO_OLD, Window

MOST_ATTEMPTS = 5
"""What X did not bring in so many jobs it does not bring in another."""
PAUSE = timedelta(seconds=30)
"""Before what is missing is asked for again, doubled each time: what kept X from delivering may pass."""
State = Job.State

log = structlog.get_logger(__name__)


def ask_again(job: Job, *, now: datetime, reason: str) -> None:
    """Let a part that X did not finish wait for its next attempt, unless it had enough of them or nobody wants it.

    The whole part is asked for: X does not say what is missing, and what is known already is stored once.
    """
    is_wanted = Replay.objects.filter(pk=job.replay_id, state__in=Replay.WANTED).exists()
    if is_wanted and job.attempt < MOST_ATTEMPTS:
        Job.objects.get_or_create(
            replay_id=job.replay_id,
            part=job.part,
            attempt=job.attempt + 1,
            defaults={
                "webhook_id": job.webhook_id,
                "from_date": job.from_date,
                "to_date": job.to_date,
                "not_before": now + PAUSE * 2 ** (job.attempt - 1),
                "reason": reason,
            },
        )
    settle(job.replay_id, now=now)


def give_up(
    job: Job, *, now: datetime, why: str = "", failure: Failure | None = None, everywhere: bool = False
) -> None:
    """End a job that X will not run; with `everywhere` whatever waits for the same app as well."""
    doomed = Job.objects.filter(pk=job.pk, state__in=[State.ASKING, State.WAITING])
    _fail(doomed, now=now, why=why, failure=failure)
    if everywhere:
        _fail(
            Job.objects.filter(webhook__app_id=job.webhook.app_id, state=State.WAITING),
            now=now,
            why=why,
            failure=failure,
        )


def cancel(replay: Replay, *, by: Actor, now: datetime) -> bool:
    """Ask X for nothing more of a replay.

    A job that X has begun goes on to its end, since X has no way to stop it: until then the replay is stopping, what
    comes belongs to it, and the webhook is not free for another. Its gaps wait for a person, who may want another.

    Returns:
        Whether it was wanted until now.
    """
    with transaction.atomic():
        # Its row is locked first, by whoever is about to ask X as well.
        if not Replay.objects.filter(pk=replay.pk, state__in=Replay.WANTED).update(state=Replay.State.STOPPING):
            return False
        left_out = _leave_out(Job.objects.filter(replay=replay), now)
        record(by, "cancelled a replay", replay, before={"state": replay.state}, after={"parts left out": left_out})
        for gap in replay.gaps.all():
            gaps.found_again(gap, f"Replay {replay.pk} was cancelled.")
        settle(replay.pk, now=now)
    return True


def webhook_ended(webhook: Webhook, **_: Any) -> None:
    """X has the webhook no more: nothing that waits for it can come."""
    of_webhook = Job.objects.filter(webhook=webhook)
    now, why = timezone.now(), "X does not have this webhook any more."
    _fail(of_webhook.filter(state__in=Job.OPEN), now=now, why=why)


def settle_all(now: datetime) -> None:
    """End the replays that nobody ended, because two parts ended at the same moment or a worker was killed."""
    _leave_out(Job.objects.filter(replay__state=Replay.State.STOPPING), now)
    left = Replay.objects.filter(state__in=Replay.OPEN).exclude(jobs__state__in=Job.OPEN)
    for pk in left.values_list("pk", flat=True):
        settle(pk, now=now)


def settle(replay_id: int, *, now: datetime) -> None:
    """End a replay none of whose jobs is open, and tell its gaps.

    One that was given up or cancelled is complete nevertheless when X says late that it has delivered all of it.
    """
    jobs = list(Job.objects.filter(replay_id=replay_id).order_by("part", "attempt"))
    last: dict[int, Job] = {}
    for job in jobs:
        # One attempt that is complete is enough, though a later one may have been begun.
        if job.part not in last or last[job.part].state != State.COMPLETE:
            last[job.part] = job
    if any(job.state in Job.OPEN for job in last.values()):
        return
    to = Replay.State
    if all(job.state == State.COMPLETE for job in last.values()):
        _end(replay_id, set(to) - {to.COMPLETE}, to.COMPLETE, now)
    elif not _end(replay_id, {to.STOPPING}, to.CANCELLED, now):
        _end(replay_id, Replay.WANTED, to.FAILED, now, _why(last))


def _end(replay_id: int, out_of: Collection[str], state: Replay.State, now: datetime, remark: str = "") -> bool:
    with transaction.atomic():
        same = Replay.objects.filter(pk=replay_id, state__in=out_of)
        if not same.update(state=state, finished_at=now, remark=remark[:300]):
            return False
        _tell_gaps(Replay.objects.get(pk=replay_id), now)
    log.info("replay ended", replay=replay_id, state=state)
    return True


def _leave_out(jobs: QuerySet[Job], now: datetime) -> int:
    return jobs.filter(state=State.WAITING).update(state=State.CANCELLED, ended_at=now, reason="")


def _tell_gaps(replay: Replay, now: datetime) -> None:
    for gap in replay.gaps.all():
        if replay.state == Replay.State.COMPLETE:
            _close(gap, replay, now)
        elif replay.state == Replay.State.FAILED:
            gaps.lost(gap, f"Replay {replay.pk} failed. {replay.remark}")


def _close(gap: Gap, replay: Replay, now: datetime) -> None:
    """X has sent again what it had of a gap, which is little of one in which it tried to deliver nothing."""
    if gap.cause == Gap.Cause.INVALID and gap.missing != 0:
        came = brought.number(replay, gap, now=now)
        if not brought.is_enough(came, gap):
            _lose(gap, replay, came)
            return
    if gaps.recovered(gap, f"X has sent again all it had tried to deliver: replay {replay.pk}."):
        replay.gaps.add(*gaps.split_off(gap, _too_old(replay), TOO_OLD))


def _lose(gap: Gap, replay: Replay, came: int) -> None:
    had = f"{came:,} of its events" if came else "nothing of it"
    gaps.recovering(gap)  # one that was given up, with another reason
    gaps.lost(
        gap,
        f"X had {had}: it tries to deliver nothing to an invalid webhook, and sends that never again "
        f"(replay {replay.pk}).",
        missing=gap.missing - came if gap.missing else None,
    )


def _too_old(replay: Replay) -> list[Stretch]:
    """What was to be asked for, and was out of X's reach when its turn came."""
    planned = {part: window.begin for part, window in enumerate(Window(replay.from_date, replay.to_date).jobs(), 1)}
    asked = replay.jobs.filter(state=State.COMPLETE).values_list("part").annotate(Min("from_date")).order_by("part")
    return [Stretch(planned[part], begin) for part, begin in asked if begin > planned[part]]


def _why(last: dict[int, Job]) -> str:
    bad = [job for job in last.values() if job.state != State.COMPLETE]
    parts = f"{len(bad)} of {len(last)} parts: " if len(last) > 1 else ""
    job = bad[0]
    if job.state == State.FAILED:
        said = job.said
        return parts + (f"{said.answer} {said.meaning}" if said else job.reason)
    ended = "without a sign of life" if job.state == State.STALLED else "Incomplete"
    return f"{parts}X ended it {ended}, {job.attempt} times."


def _fail(jobs: Any, *, now: datetime, why: str, failure: Failure | None = None) -> None:
    replays = set(jobs.values_list("replay_id", flat=True))
    kept = {"failure": remembered.json_of(failure)} if failure else {}
    jobs.update(state=State.FAILED, ended_at=now, claimed_until=None, reason=why[:300], is_counted=True, **kept)
    for replay_id in replays:
        settle(replay_id, now=now)
