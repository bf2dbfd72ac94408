"""A clock that ran ahead for a while keeps no replay waiting until it is there again."""

from datetime import UTC, datetime, timedelta

import pytest

from aaa_dashboard.replays import budget, planning, progress, requesting
from aaa_dashboard.replays.models import Ask, Job
from aaa_dashboard.replays.windows import MINUTE, Window
from aaa_dashboard.webhooks.models import Webhook

from .conftest import BY

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
AHEAD = NOW + timedelta(days=300)


@pytest.fixture
def job(quiet_webhook: Webhook) -> Job:
    """One that X may be asked for."""
    window = Window(NOW - timedelta(hours=3), NOW - timedelta(hours=2))
    return planning.request(quiet_webhook, window, by=BY, now=NOW).jobs.get()


def change(job: Job, **fields: object) -> None:
    Job.objects.filter(pk=job.pk).update(**fields)


def test_requests_of_that_clock_use_up_no_limit(job: Job) -> None:
    for number in range(budget.MOST):
        Ask.objects.create(app=job.webhook.app, job=job, at=AHEAD + number * MINUTE)
    assert budget.free_at(job.webhook.app, now=NOW) is None


def test_a_job_claimed_by_it_waits_again(job: Job) -> None:
    change(job, state=Job.State.ASKING, claimed_until=AHEAD)
    requesting.release(NOW)
    job.refresh_from_db()
    assert job.state == Job.State.WAITING


def test_a_job_claimed_a_moment_ago_is_left_to_who_asks(job: Job) -> None:
    change(job, state=Job.State.ASKING, claimed_until=NOW + requesting.LEASE)
    requesting.release(NOW)
    job.refresh_from_db()
    assert job.state == Job.State.ASKING


def test_a_job_that_was_to_wait_for_that_time_is_asked_for(job: Job) -> None:
    change(job, not_before=AHEAD)
    assert requesting.due(NOW) == [job]
    change(job, not_before=NOW + timedelta(hours=1))
    assert requesting.due(NOW) == []


@pytest.mark.parametrize("field", ["asked_at", "progressed_at"])
def test_a_job_that_is_said_to_run_since_then_is_asked_for_again(job: Job, field: str) -> None:
    change(job, state=Job.State.RUNNING, **{"asked_at": NOW, "counted_to_id": 0, field: AHEAD})
    progress.count(NOW)
    assert list(job.replay.jobs.order_by("attempt").values_list("state", flat=True)) == ["stalled", "waiting"]


def test_a_job_that_is_said_to_end_then_keeps_no_other_waiting(job: Job) -> None:
    change(job, state=Job.State.COMPLETE, asked_at=NOW, counted_to_id=0, ended_at=AHEAD)
    progress.count(NOW)
    job.refresh_from_db()
    assert job.is_counted
