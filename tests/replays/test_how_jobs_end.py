"""X's word that a job has ended, however and whenever it comes; and jobs that never get one."""

from datetime import UTC, datetime, timedelta

import pytest

from aaa_dashboard.deliveries import gaps
from aaa_dashboard.deliveries.models import Gap
from aaa_dashboard.replays import completing, ending, marking, progress, requesting
from aaa_dashboard.replays.models import End, Job, Replay
from aaa_dashboard.webhooks.models import Webhook
from aaa_dashboard.x_api.v1_1 import Client
from tests.activity.factory import Store

from .conftest import BY, World, ended, gap, job_of
from .test_asking_x import together

State = Job.State
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SOMEBODY_S = "1095098195724558337"
pytestmark = pytest.mark.django_db


def snowflake(at: datetime) -> str:
    """An id that X makes at a moment."""
    return str((int(at.timestamp() * 1000) - 1_288_834_974_657) << 22)


def running(webhook: Webhook, x_job_id: str = "77", **fields: object) -> Job:
    """A job that X was asked for a minute ago."""
    begin = NOW - timedelta(hours=2)
    replay = Replay.objects.create(
        webhook=webhook, from_date=begin, to_date=begin + timedelta(hours=1), state="running", requested_by="olga"
    )
    values = {"state": State.RUNNING, "asked_at": NOW - timedelta(minutes=1), "not_before": begin, **fields}
    return Job.objects.create(
        replay=replay, webhook=webhook, part=1, from_date=begin, to_date=replay.to_date, x_job_id=x_job_id, **values
    )


def say(webhook: Webhook, job_id: str, state: str = "Complete", at: datetime = NOW) -> None:
    completing.completed(ended(webhook, at, job_id=job_id, job_state=state))


def state_of(replay: Replay) -> str:
    replay.refresh_from_db()
    return replay.state


# --- X's word


def test_complete_ends_the_replay(quiet_webhook: Webhook) -> None:
    job = running(quiet_webhook)
    say(quiet_webhook, "77")
    job.refresh_from_db()
    assert (job.state, job.ended_at) == (State.COMPLETE, NOW)
    assert state_of(job.replay) == Replay.State.COMPLETE


def test_the_same_word_twice_is_one(quiet_webhook: Webhook) -> None:
    job = running(quiet_webhook)
    say(quiet_webhook, "77", "Incomplete")
    say(quiet_webhook, "77", "Incomplete", NOW + timedelta(seconds=5))
    assert list(job.replay.jobs.order_by("attempt").values_list("state", flat=True)) == ["incomplete", "waiting"]


def test_incomplete_is_asked_for_again_after_a_pause(quiet_webhook: Webhook) -> None:
    job = running(quiet_webhook)
    say(quiet_webhook, "77", "Incomplete")
    again = job_of(job.replay)
    assert (again.attempt, again.state) == (2, State.WAITING)
    assert (again.from_date, again.to_date) == (job.from_date, job.to_date)
    assert again.not_before == NOW + ending.PAUSE
    assert state_of(job.replay) == Replay.State.RUNNING


def test_after_five_attempts_it_says_that_it_will_not_be_complete(quiet_webhook: Webhook) -> None:
    job = running(quiet_webhook, attempt=ending.MOST_ATTEMPTS)
    say(quiet_webhook, "77", "Incomplete")
    assert state_of(job.replay) == Replay.State.FAILED
    assert job.replay.remark == "X ended it Incomplete, 5 times."


def test_one_that_was_cancelled_meanwhile_is_not_asked_for_again(quiet_webhook: Webhook) -> None:
    job = running(quiet_webhook)
    Job.objects.create(
        replay=job.replay, webhook=quiet_webhook, part=2, from_date=job.from_date, to_date=job.to_date, not_before=NOW
    )
    ending.cancel(job.replay, by=BY, now=NOW)
    say(quiet_webhook, "77", "Incomplete")
    assert state_of(job.replay) == Replay.State.CANCELLED
    assert job.replay.jobs.count() == 2


def test_the_end_of_somebody_else_s_job_is_no_error_and_ends_nothing(quiet_webhook: Webhook) -> None:
    job = running(quiet_webhook)
    say(quiet_webhook, SOMEBODY_S)
    assert state_of(job.replay) == Replay.State.RUNNING
    assert End.objects.get().is_taken


@pytest.mark.parametrize(
    "payload", ["", "[]", "{}", '{"replay_job_status": []}', '{"replay_job_status": {"job_id": 7}}']
)
def test_what_says_nothing_changes_nothing(quiet_webhook: Webhook, payload: str) -> None:
    event = ended(quiet_webhook, NOW, job_id="77")
    event.payload = payload
    completing.completed(event)
    assert not End.objects.exists()


def test_of_another_app_s_webhook_nothing_is_taken(quiet_webhook: Webhook) -> None:
    job = running(quiet_webhook)
    event = ended(quiet_webhook, NOW, job_id="77")
    event.app_id += 1
    completing.completed(event)
    assert state_of(job.replay) == Replay.State.RUNNING


@pytest.mark.django_db(transaction=True)
def test_two_who_take_the_same_word_make_one_next_attempt(quiet_webhook: Webhook) -> None:
    job = running(quiet_webhook)
    End.objects.create(webhook=quiet_webhook, x_job_id="77", is_complete=False, at=NOW)
    together(completing.take_ends, completing.take_ends)
    assert job.replay.jobs.count() == 2


# --- Before X's answer was kept, or without one


def test_an_end_that_is_faster_than_x_s_answer_is_not_lost(world: World) -> None:
    replay, ask = world.wish(), Client.request_replay

    def slow(*arguments: object) -> object:
        answer = ask(*arguments)  # type: ignore[arg-type]
        world.ends()  # stored and handed over before we know the id
        assert job_of(replay).state == State.ASKING
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Client, "request_replay", slow)
        world.step()
    assert (job_of(replay).state, state_of(replay)) == (State.COMPLETE, Replay.State.COMPLETE)


def test_an_end_that_came_while_nobody_looked_is_taken_later(quiet_webhook: Webhook) -> None:
    job = running(quiet_webhook, x_job_id="", state=State.ASKING, claimed_until=NOW)
    say(quiet_webhook, "77")
    assert not End.objects.get().is_taken
    Job.objects.update(state=State.RUNNING, x_job_id="77")
    completing.take_ends()
    assert state_of(job.replay) == Replay.State.COMPLETE


def test_a_job_whose_id_we_never_learned_is_known_by_the_time_in_its_id(quiet_webhook: Webhook) -> None:
    job = running(quiet_webhook, x_job_id="")
    x_job_id = snowflake(NOW - timedelta(minutes=1))
    say(quiet_webhook, x_job_id)
    assert state_of(job.replay) == Replay.State.COMPLETE
    assert job_of(job.replay).x_job_id == x_job_id


def test_where_the_time_does_not_fit_ours_does_not_run_and_is_asked_for_again(quiet_webhook: Webhook) -> None:
    job = running(quiet_webhook, x_job_id="")
    say(quiet_webhook, snowflake(NOW - timedelta(hours=1)))
    assert list(job.replay.jobs.order_by("attempt").values_list("state", flat=True)) == ["stalled", "waiting"]


def test_an_end_from_before_we_asked_releases_nothing(quiet_webhook: Webhook) -> None:
    job = running(quiet_webhook, x_job_id="")
    say(quiet_webhook, SOMEBODY_S, at=NOW - timedelta(minutes=2))
    assert job_of(job.replay).state == State.RUNNING


# --- Without a word


def test_one_that_brings_nothing_for_ten_minutes_is_asked_for_again(quiet_webhook: Webhook) -> None:
    job = running(quiet_webhook)
    assert job.asked_at
    progress.count(job.asked_at + progress.STALLED - timedelta(seconds=1))
    assert job_of(job.replay).state == State.RUNNING
    progress.count(job.asked_at + progress.STALLED)
    assert list(job.replay.jobs.order_by("attempt").values_list("state", flat=True)) == ["stalled", "waiting"]


def test_one_that_still_brings_something_is_left_alone(quiet_webhook: Webhook, store: Store) -> None:
    job = running(quiet_webhook)
    assert job.asked_at
    later = job.asked_at + timedelta(minutes=9)
    store(received_at=later, occurred_at=job.from_date)
    progress.count(later)
    progress.count(job.asked_at + progress.STALLED)
    assert job_of(job.replay).state == State.RUNNING


def test_after_three_hours_it_is_over_whatever_comes(quiet_webhook: Webhook) -> None:
    job = running(quiet_webhook)
    assert job.asked_at
    Job.objects.update(progressed_at=job.asked_at + progress.LONGEST)
    progress.count(job.asked_at + progress.LONGEST)
    assert job_of(job.replay).attempt == 2


def test_a_late_complete_makes_the_next_attempt_needless(quiet_webhook: Webhook) -> None:
    job = running(quiet_webhook)
    progress.count(NOW + timedelta(minutes=20))
    say(quiet_webhook, "77", at=NOW + timedelta(minutes=21))
    assert list(job.replay.jobs.values_list("state", flat=True)) == [State.COMPLETE]
    assert state_of(job.replay) == Replay.State.COMPLETE


def test_a_late_complete_ends_the_replay_though_the_next_attempt_runs(quiet_webhook: Webhook) -> None:
    job = running(quiet_webhook)
    progress.count(NOW + timedelta(minutes=20))
    Job.objects.filter(attempt=2).update(state=State.RUNNING, x_job_id="78", asked_at=NOW + timedelta(minutes=21))
    say(quiet_webhook, "77", at=NOW + timedelta(minutes=22))
    assert state_of(job.replay) == Replay.State.COMPLETE
    say(quiet_webhook, "78", "Incomplete", at=NOW + timedelta(minutes=23))
    assert state_of(job.replay) == Replay.State.COMPLETE
    assert job.replay.jobs.count() == 2, "what is complete is not asked for again"


@pytest.mark.parametrize("state", [State.STALLED, State.INCOMPLETE, State.FAILED])
def test_a_complete_after_it_was_given_up_completes_it_and_closes_its_gaps(quiet_webhook: Webhook, state: str) -> None:
    job = running(quiet_webhook, attempt=ending.MOST_ATTEMPTS, state=state, ended_at=NOW)
    closed = gap(quiet_webhook, job.from_date, job.to_date, state="recovering")
    dismissed = gap(quiet_webhook, job.from_date + timedelta(minutes=1), job.to_date, state="recovering")
    job.replay.gaps.add(closed, dismissed)
    ending.settle(job.replay_id, now=NOW)
    closed.refresh_from_db()
    dismissed.refresh_from_db()
    assert (state_of(job.replay), closed.state) == (Replay.State.FAILED, Gap.State.LOST)
    gaps.dismiss(dismissed, by=BY)
    for _ in range(2):
        say(quiet_webhook, "77", at=NOW + timedelta(minutes=1))
    closed.refresh_from_db()
    dismissed.refresh_from_db()
    assert (state_of(job.replay), job.replay.remark) == (Replay.State.COMPLETE, "")
    assert job.replay.finished_at == NOW + timedelta(minutes=1)
    assert (closed.state, dismissed.state) == (Gap.State.RECOVERED, Gap.State.DISMISSED)


def test_a_late_complete_of_one_part_does_not_complete_the_others(quiet_webhook: Webhook) -> None:
    job = running(quiet_webhook, state=State.STALLED, ended_at=NOW)
    Job.objects.create(
        replay=job.replay, webhook=quiet_webhook, part=2, from_date=job.from_date, to_date=job.to_date,
        not_before=NOW, state=State.FAILED, ended_at=NOW,
    )  # fmt: skip
    ending.settle(job.replay_id, now=NOW)
    say(quiet_webhook, "77", at=NOW + timedelta(minutes=1))
    assert state_of(job.replay) == Replay.State.FAILED


def test_a_late_complete_of_one_that_was_cancelled_is_believed(quiet_webhook: Webhook) -> None:
    job = running(quiet_webhook)
    ending.cancel(job.replay, by=BY, now=NOW)
    progress.count(NOW + timedelta(minutes=20))
    assert state_of(job.replay) == Replay.State.CANCELLED
    assert job.replay.jobs.count() == 1, "nobody wants it to be asked for again"
    say(quiet_webhook, "77", at=NOW + timedelta(minutes=21))
    assert state_of(job.replay) == Replay.State.COMPLETE


def test_what_comes_of_one_that_is_stopping_belongs_to_it(quiet_webhook: Webhook, store: Store) -> None:
    job = running(quiet_webhook)
    ending.cancel(job.replay, by=BY, now=NOW)
    store(received_at=NOW + timedelta(seconds=1), occurred_at=job.from_date)
    progress.count(NOW + timedelta(seconds=30))
    assert job_of(job.replay).recovered == 1
    [opening] = marking.openings(NOW, NOW + timedelta(minutes=1))
    assert opening.closed_at is None


def test_a_replay_that_nobody_ended_is_ended_by_the_next_look(quiet_webhook: Webhook) -> None:
    job = running(quiet_webhook, state=State.COMPLETE, ended_at=NOW)
    ending.settle_all(NOW)
    assert state_of(job.replay) == Replay.State.COMPLETE


def test_the_next_job_of_a_webhook_waits_until_the_last_one_is_counted(quiet_webhook: Webhook) -> None:
    job = running(quiet_webhook)
    say(quiet_webhook, "77", "Incomplete")
    later = NOW + timedelta(minutes=1)
    assert requesting.due(later) == []
    progress.count(later)
    assert requesting.due(later) == [job_of(job.replay)]
