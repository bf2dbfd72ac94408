"""People are told of replays that X does not take and of those that failed, once, and it is over by itself."""

from datetime import timedelta

import pytest
from django.test import Client

from aaa_dashboard.replays import ending, recovering
from aaa_dashboard.replays.models import Job, RecoveryPolicy, Replay
from aaa_dashboard.replays.notices import KINDS
from aaa_dashboard.staff.notices import kinds
from aaa_dashboard.staff.notices.finding import Finding
from aaa_dashboard.webhooks.models import Webhook

from .conftest import BY, gap
from .test_how_jobs_end import NOW, running

pytestmark = pytest.mark.django_db
REFUSED = {
    "key": "bearer-token-wrong", "intent": "ask for a replay", "said": "unable to verify your credentials",
    "meaning": "The bearer token is wrong.", "remedy": "Fetch a new one.", "status": 403, "code": 99,
}  # fmt: skip


def found(key: str) -> list[Finding]:
    kind = kinds.get(key)
    assert kind in KINDS
    return list(kind.find(NOW))


def test_one_that_x_refuses_again_and_again_is_told_until_x_takes_it(quiet_webhook: Webhook, agent: Client) -> None:
    job = running(quiet_webhook, state=Job.State.WAITING, refusals=2, failure=REFUSED)
    assert found("replay-held-up") == []
    Job.objects.update(refusals=3)
    [one] = found("replay-held-up")
    assert "The bearer token is wrong." in one.text
    assert one.remedy == "Fetch a new one."
    assert agent.get(one.url).status_code == 200
    Job.objects.filter(pk=job.pk).update(state=Job.State.RUNNING)
    assert found("replay-held-up") == []


def test_one_that_nobody_wants_any_more_is_nobodys_trouble(quiet_webhook: Webhook) -> None:
    job = running(quiet_webhook, state=Job.State.WAITING, refusals=3, failure=REFUSED)
    ending.cancel(job.replay, by=BY, now=NOW)
    assert found("replay-held-up") == []


def test_one_that_failed_is_told_for_a_day_unless_its_gap_tells_it(quiet_webhook: Webhook) -> None:
    job = running(quiet_webhook, state=Job.State.STALLED)
    ending.settle(job.replay_id, now=NOW)
    [one] = found("replay-failed")
    assert "without a sign of life" in one.text
    Replay.objects.update(finished_at=NOW - timedelta(hours=25))
    assert found("replay-failed") == []
    Replay.objects.update(finished_at=NOW)
    job.replay.gaps.add(gap(quiet_webhook, job.from_date, job.to_date))
    assert found("replay-failed") == []


def test_of_a_gap_people_are_told_to_ask_x_only_where_nobody_does_it_by_itself(quiet_webhook: Webhook) -> None:
    def remedy() -> str:
        kind = kinds.get("gap")
        assert kind
        [one] = kind.find(NOW)
        return one.remedy

    gap(quiet_webhook, NOW - timedelta(hours=3), NOW - timedelta(hours=2))
    assert remedy() == "Nothing: X is asked to send it again by itself."
    recovering.set_policy(quiet_webhook, RecoveryPolicy.What.ASK, by=BY)
    assert remedy().startswith("“Recover” has X send it again")
    recovering.set_policy(quiet_webhook, RecoveryPolicy.What.AUTOMATIC, by=BY)
    recovering.recover(NOW)
    assert remedy() == "Nothing: its page says how far it is."
    ending.cancel(Replay.objects.get(), by=BY, now=NOW)
    assert remedy().startswith("“Recover” has X send it again")
