"""Gaps are recovered by themselves as far as the policy of their webhook lets them, and are told how it went."""

from datetime import UTC, datetime, timedelta

import pytest

from aaa_dashboard.deliveries import gaps
from aaa_dashboard.deliveries.models import Gap
from aaa_dashboard.replays import completing, ending, planning, recovering
from aaa_dashboard.replays.models import Job, RecoveryPolicy, Replay
from aaa_dashboard.replays.windows import MINUTE, Window
from aaa_dashboard.staff.models import AuditEntry
from aaa_dashboard.webhooks.models import Webhook
from tests.activity.factory import Store

from .conftest import BY, ended, gap
from .test_asking_x import together

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
BEGIN = NOW - timedelta(hours=3)
OLDEST = NOW - timedelta(days=5) + MINUTE
What = RecoveryPolicy.What
pytestmark = pytest.mark.django_db


def state_of(found: Gap) -> str:
    found.refresh_from_db()
    return found.state


def finish(replay: Replay, state: str = "Complete") -> None:
    """Let X run every job of a replay."""
    for job in replay.jobs.order_by("part"):
        Job.objects.filter(pk=job.pk).update(state=Job.State.RUNNING, x_job_id=f"{job.pk}77", asked_at=NOW)
        completing.completed(ended(replay.webhook, NOW, job_id=f"{job.pk}77", job_state=state))
    replay.refresh_from_db()


def test_a_gap_becomes_a_replay_with_a_minute_more_at_each_side(quiet_webhook: Webhook) -> None:
    found = gap(quiet_webhook, BEGIN + timedelta(seconds=20), BEGIN + timedelta(minutes=20, seconds=5))
    assert recovering.recover(NOW) == 1
    replay = Replay.objects.get()
    assert (replay.from_date, replay.to_date) == (BEGIN - MINUTE, BEGIN + 22 * MINUTE)
    assert list(replay.gaps.all()) == [found]
    assert state_of(found) == Gap.State.RECOVERING
    assert AuditEntry.objects.get(action="requested a replay").by == "the dashboard"


@pytest.mark.django_db(transaction=True)
def test_two_who_look_at_once_make_one_replay(quiet_webhook: Webhook) -> None:
    gap(quiet_webhook, BEGIN, BEGIN + 20 * MINUTE)
    together(*(lambda: recovering.recover(NOW) for _ in range(3)))
    assert Replay.objects.count() == 1
    assert Replay.objects.get().gaps.count() == 1


def test_looking_again_makes_no_second_one(quiet_webhook: Webhook) -> None:
    gap(quiet_webhook, BEGIN, BEGIN + 20 * MINUTE)
    assert [recovering.recover(NOW) for _ in range(2)] == [1, 0]


def test_gaps_that_lie_close_together_are_one_replay(quiet_webhook: Webhook) -> None:
    near = [gap(quiet_webhook, BEGIN, BEGIN + 5 * MINUTE), gap(quiet_webhook, BEGIN + 12 * MINUTE, BEGIN + 15 * MINUTE)]
    far = gap(quiet_webhook, BEGIN + 60 * MINUTE, BEGIN + 70 * MINUTE)
    assert recovering.recover(NOW) == 2
    first, second = Replay.objects.order_by("from_date")
    assert list(first.gaps.order_by("began_at")) == near
    assert list(second.gaps.all()) == [far]


def test_gaps_of_two_webhooks_are_two_replays(quiet_webhook: Webhook) -> None:
    other = Webhook.objects.create(app=quiet_webhook.app, x_id="8", url="https://other.example/webhook", valid=True)
    for webhook in (quiet_webhook, other):
        gap(webhook, BEGIN, BEGIN + 5 * MINUTE)
    assert recovering.recover(NOW) == 2


def test_a_gap_that_is_too_young_waits_and_says_until_when(quiet_webhook: Webhook) -> None:
    gap(quiet_webhook, NOW - 10 * MINUTE, NOW - 5 * MINUTE)
    recovering.recover(NOW)
    job = Job.objects.get()
    assert job.not_before == Window(job.from_date, job.to_date).askable_at > NOW
    assert job.reason == planning.TOO_YOUNG


def test_one_wider_than_two_hours_closes_when_all_parts_are_complete(quiet_webhook: Webhook) -> None:
    found = gap(quiet_webhook, NOW - timedelta(hours=9), NOW - timedelta(hours=4))
    recovering.recover(NOW)
    replay = Replay.objects.get()
    assert replay.jobs.count() == 3
    first = replay.jobs.order_by("part")[0]
    Job.objects.filter(pk=first.pk).update(state=Job.State.RUNNING, x_job_id="5", asked_at=NOW)
    completing.completed(ended(quiet_webhook, NOW, job_id="5"))
    assert state_of(found) == Gap.State.RECOVERING
    Job.objects.filter(pk=first.pk).update(state=Job.State.CANCELLED)
    Job.objects.filter(pk=first.pk).delete()
    finish(replay)
    assert state_of(found) == Gap.State.RECOVERED


def test_what_is_too_old_is_lost_and_of_what_is_partly_too_old_the_rest_is_asked_for(quiet_webhook: Webhook) -> None:
    old = gap(quiet_webhook, NOW - timedelta(days=7), NOW - timedelta(days=6))
    partly = gap(quiet_webhook, NOW - timedelta(days=5, hours=1), NOW - timedelta(days=5) + timedelta(hours=1))
    recovering.recover(NOW)
    assert state_of(old) == Gap.State.LOST
    assert "five days" in old.detail
    assert state_of(partly) == Gap.State.RECOVERING
    assert Replay.objects.get().from_date == OLDEST


def stretches(state: str) -> list[tuple[datetime, datetime | None, int | None]]:
    """From when to when gaps in a state are, and how much they miss."""
    return list(Gap.objects.filter(state=state).order_by("began_at").values_list("began_at", "ended_at", "missing"))


def test_what_x_keeps_no_more_of_a_gap_is_lost_and_only_the_rest_is_recovered(quiet_webhook: Webhook) -> None:
    begin, end = NOW - timedelta(days=10), OLDEST + timedelta(days=1)
    gap(quiet_webhook, begin, end, missing=60_000)
    assert recovering.recover(NOW) == 1
    days = (OLDEST - begin) / timedelta(days=1)
    lost = (begin, OLDEST, round(60_000 * days / (days + 1)))
    assert stretches(Gap.State.LOST) == [lost]
    assert "five days" in Gap.objects.get(state=Gap.State.LOST).detail
    finish(Replay.objects.get())
    assert stretches(Gap.State.LOST) == [lost]
    assert stretches(Gap.State.RECOVERED) == [(OLDEST, end, 60_000 - lost[2])]


def test_what_grew_too_old_while_it_waited_is_lost(quiet_webhook: Webhook) -> None:
    begin, end = NOW - timedelta(days=6), OLDEST + timedelta(hours=3)
    gap(quiet_webhook, begin, end, missing=None)
    recovering.recover(NOW)
    first, second = Replay.objects.get().jobs.order_by("part")
    for job, minutes in ((first, 10), (second, 5)):
        Job.objects.filter(pk=job.pk).update(from_date=job.from_date + minutes * MINUTE)
    finish(Replay.objects.get())
    assert stretches(Gap.State.LOST) == [
        (begin, OLDEST + 10 * MINUTE, None),
        (second.from_date, second.from_date + 5 * MINUTE, None),
    ]
    assert stretches(Gap.State.RECOVERED) == [
        (OLDEST + 10 * MINUTE, second.from_date, None),
        (second.from_date + 5 * MINUTE, end, None),
    ]
    assert Replay.objects.get().gaps.count() == 2


def test_a_gap_that_grew_too_old_while_it_waited_is_lost_as_a_whole(quiet_webhook: Webhook) -> None:
    found = gap(quiet_webhook, OLDEST + MINUTE, OLDEST + 10 * MINUTE)
    recovering.recover(NOW)
    Job.objects.update(from_date=OLDEST + 10 * MINUTE)
    finish(Replay.objects.get())
    assert state_of(found) == Gap.State.LOST
    assert "five days" in found.detail


def test_all_that_x_has_is_all_that_can_be_recovered_of_a_gap_that_is_older(quiet_webhook: Webhook) -> None:
    found = gap(quiet_webhook, NOW - timedelta(days=6), OLDEST + timedelta(hours=1))
    gap(quiet_webhook, NOW - timedelta(days=8), NOW - timedelta(days=7))
    replay = planning.request(quiet_webhook, Window(OLDEST, OLDEST + timedelta(hours=2)), by=BY, now=NOW)
    assert list(replay.gaps.all()) == [found]
    assert state_of(found) == Gap.State.RECOVERING
    assert [begin for begin, _, _ in stretches(Gap.State.LOST)] == [NOW - timedelta(days=6)]


def test_complete_closes_its_gaps_and_failure_gives_them_up_with_the_reason(quiet_webhook: Webhook) -> None:
    found = gap(quiet_webhook, BEGIN, BEGIN + 20 * MINUTE)
    recovering.recover(NOW)
    replay = Replay.objects.get()
    Job.objects.update(attempt=ending.MOST_ATTEMPTS)
    finish(replay, "Incomplete")
    assert state_of(found) == Gap.State.LOST
    assert "Incomplete" in found.detail
    again = planning.request(quiet_webhook, Window(replay.from_date, replay.to_date), by=BY, now=NOW)
    assert state_of(found) == Gap.State.RECOVERING
    finish(again)
    assert state_of(found) == Gap.State.RECOVERED


@pytest.mark.parametrize("what", [What.ASK, What.OFF])
def test_where_a_person_decides_nothing_happens_by_itself(quiet_webhook: Webhook, what: str) -> None:
    found = gap(quiet_webhook, BEGIN, BEGIN + 20 * MINUTE)
    recovering.set_policy(quiet_webhook, what, by=BY)
    assert recovering.recover(NOW) == 0
    assert recovering.waiting() == [found]


def test_a_policy_is_automatic_until_somebody_changes_it_and_that_is_recorded(quiet_webhook: Webhook) -> None:
    assert recovering.policy_of(quiet_webhook) == What.AUTOMATIC
    recovering.set_policy(quiet_webhook, What.ASK, by=BY)
    recovering.set_policy(quiet_webhook, What.ASK, by=BY)
    assert recovering.policy_of(quiet_webhook) == What.ASK
    entry = AuditEntry.objects.get()
    assert (entry.before, entry.after) == ({"gaps": "automatic"}, {"gaps": "ask"})
    with pytest.raises(ValueError, match="sometimes"):
        recovering.set_policy(quiet_webhook, "sometimes", by=BY)


def test_a_person_s_wish_takes_the_gaps_that_it_covers_along(quiet_webhook: Webhook) -> None:
    inside = gap(quiet_webhook, BEGIN, BEGIN + 20 * MINUTE)
    reaching_out = gap(quiet_webhook, BEGIN + 50 * MINUTE, BEGIN + 70 * MINUTE)
    planning.request(quiet_webhook, Window(BEGIN, BEGIN + 60 * MINUTE), by=BY, now=NOW)
    assert state_of(inside) == Gap.State.RECOVERING
    assert state_of(reaching_out) == Gap.State.FOUND


def test_whoever_cancels_does_not_mean_it_to_begin_anew(quiet_webhook: Webhook) -> None:
    found = gap(quiet_webhook, BEGIN, BEGIN + 20 * MINUTE)
    recovering.recover(NOW)
    ending.cancel(Replay.objects.get(), by=BY, now=NOW)
    assert state_of(found) == Gap.State.FOUND
    assert recovering.recover(NOW) == 0
    assert recovering.waiting() == [found]


def test_the_gap_of_one_that_is_stopping_waits_for_a_person_and_is_theirs_who_asks_next(quiet_webhook: Webhook) -> None:
    found = gap(quiet_webhook, BEGIN, BEGIN + 20 * MINUTE)
    recovering.recover(NOW)
    first = Replay.objects.get()
    first.jobs.update(state=Job.State.RUNNING, x_job_id="77", asked_at=NOW)
    ending.cancel(first, by=BY, now=NOW)
    assert state_of(found) == Gap.State.FOUND
    assert recovering.recover(NOW) == 0
    assert recovering.waiting() == [found]
    second = planning.request(quiet_webhook, Window(BEGIN, BEGIN + 20 * MINUTE), by=BY, now=NOW)
    completing.completed(ended(quiet_webhook, NOW, job_id="77", job_state="Incomplete"))
    first.refresh_from_db()
    assert (first.state, state_of(found)) == (Replay.State.CANCELLED, Gap.State.RECOVERING)
    finish(second)
    assert state_of(found) == Gap.State.RECOVERED


def test_a_gap_is_recovered_when_x_completes_what_was_to_stop(quiet_webhook: Webhook) -> None:
    found = gap(quiet_webhook, BEGIN, BEGIN + 20 * MINUTE)
    recovering.recover(NOW)
    replay = Replay.objects.get()
    replay.jobs.update(state=Job.State.RUNNING, x_job_id="77", asked_at=NOW)
    ending.cancel(replay, by=BY, now=NOW)
    completing.completed(ended(quiet_webhook, NOW, job_id="77"))
    assert state_of(found) == Gap.State.RECOVERED


def test_what_somebody_else_takes_first_is_left_to_them(quiet_webhook: Webhook) -> None:
    found = gap(quiet_webhook, BEGIN, BEGIN + 20 * MINUTE)
    window = Window(BEGIN - MINUTE, BEGIN + 21 * MINUTE)
    gaps.recovering(Gap.objects.get(pk=found.pk))
    assert planning.request_for([found], window, by=BY, now=NOW) is None
    assert not Replay.objects.exists()


def test_a_dismissed_gap_is_not_recovered(quiet_webhook: Webhook) -> None:
    gaps.dismiss(gap(quiet_webhook, BEGIN, BEGIN + 20 * MINUTE), by=BY)
    assert recovering.recover(NOW) == 0


# --- What X never tried to deliver


def complete(webhook: Webhook, store: Store, cause: str, came: int, missing: int | None = 60) -> Gap:
    """A gap of twenty minutes whose replay is complete, with so many events of it."""
    found = gap(webhook, BEGIN, BEGIN + 20 * MINUTE, cause=cause, missing=missing)
    recovering.recover(NOW)
    for _ in range(came):
        store(received_at=NOW, occurred_at=BEGIN + 5 * MINUTE)
    store(received_at=NOW, occurred_at=NOW)  # live, meanwhile
    finish(Replay.objects.get())
    found.refresh_from_db()
    return found


@pytest.mark.parametrize("missing", [60, None])
def test_a_gap_of_an_invalid_webhook_of_which_nothing_came_is_lost(
    quiet_webhook: Webhook, store: Store, missing: int | None
) -> None:
    found = complete(quiet_webhook, store, Gap.Cause.INVALID, came=0, missing=missing)
    assert (found.state, found.missing) == (Gap.State.LOST, missing)
    assert found.detail.startswith("X had nothing of it")


def test_what_came_of_a_gap_of_an_invalid_webhook_is_not_lost_and_the_rest_is(
    quiet_webhook: Webhook, store: Store
) -> None:
    found = complete(quiet_webhook, store, Gap.Cause.INVALID, came=20)
    assert (found.state, found.missing) == (Gap.State.LOST, 40)
    assert found.detail.startswith("X had 20 of its events")


def test_a_gap_of_an_invalid_webhook_is_recovered_by_about_what_was_missing(
    quiet_webhook: Webhook, store: Store
) -> None:
    assert complete(quiet_webhook, store, Gap.Cause.INVALID, came=50).state == Gap.State.RECOVERED


def test_a_gap_without_a_receiver_of_which_nothing_came_missed_nothing(quiet_webhook: Webhook, store: Store) -> None:
    assert complete(quiet_webhook, store, Gap.Cause.NO_RECEIVER, came=0).state == Gap.State.RECOVERED


def test_what_came_of_another_gap_does_not_count_for_one_of_an_invalid_webhook(
    quiet_webhook: Webhook, store: Store
) -> None:
    earlier = gap(quiet_webhook, BEGIN - 20 * MINUTE, BEGIN)
    for _ in range(60):
        store(received_at=NOW, occurred_at=BEGIN - 5 * MINUTE)
    assert complete(quiet_webhook, store, Gap.Cause.INVALID, came=0).state == Gap.State.LOST
    assert state_of(earlier) == Gap.State.RECOVERED


def test_a_late_complete_says_that_x_had_nothing_of_a_gap_that_was_given_up(
    quiet_webhook: Webhook, store: Store
) -> None:
    found = gap(quiet_webhook, BEGIN, BEGIN + 20 * MINUTE, cause=Gap.Cause.INVALID)
    recovering.recover(NOW)
    Job.objects.update(attempt=ending.MOST_ATTEMPTS)
    finish(Replay.objects.get(), "Incomplete")
    job = Job.objects.get()
    completing.completed(ended(quiet_webhook, NOW, job_id=job.x_job_id))
    assert state_of(found) == Gap.State.LOST
    assert found.detail.startswith("X had nothing of it")
