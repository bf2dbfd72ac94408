"""Answers of 503 become a gap when X's own retries cannot have brought what was refused, and in a replay always."""

import pytest

from aaa_dashboard.deliveries import gaps
from aaa_dashboard.deliveries.gaps import retries
from aaa_dashboard.deliveries.gaps.stretches import Stretch
from aaa_dashboard.deliveries.models import Gap, TrafficMinute
from aaa_dashboard.replays.models import Job, Replay
from aaa_dashboard.webhooks.models import Webhook
from tests.recovery.history import HOUR, MINUTE, NOON, SECOND, History, find, only

pytestmark = pytest.mark.django_db


@pytest.fixture
def replays(monkeypatch: pytest.MonkeyPatch) -> list[Stretch]:
    """When X was replaying."""
    running: list[Stretch] = []

    def ask(webhook: Webhook, stretch: Stretch) -> bool:
        return any(one.meets(stretch) for one in running)

    monkeypatch.setattr(retries, "_ask_replays", [])
    gaps.register_replays(ask)
    return running


def trouble(history: History, minutes: int, *, refused: int = 60, taken: int = 0, reason: str = "not stored") -> None:
    """A receiver that takes 10 deliveries a minute, except for so many minutes from noon on."""
    end = NOON + minutes * MINUTE
    history.receive(NOON - HOUR, NOON, each_minute=10)
    history.receive(NOON, end, each_minute=taken, refusals={reason: refused})
    history.receive(end, NOON + HOUR, each_minute=10)


@pytest.mark.parametrize("reason", ["queue full", "not stored", "database away", "no usable secret"])
def test_ten_minutes_of_it_are_more_than_x_retries(history: History, reason: str) -> None:
    trouble(history, 10, reason=reason)
    gap = only(find(NOON + 30 * MINUTE))
    assert (gap.cause, gap.state) == (Gap.Cause.REFUSED, Gap.State.FOUND)
    assert (gap.began_at, gap.ended_at) == (NOON, NOON + 10 * MINUTE)
    assert gap.missing == 150
    assert "600 answers of 503" in gap.detail


def test_the_records_of_refusals_tell_the_second_it_began(history: History) -> None:
    trouble(history, 10)
    for second in (41, 43, 55):
        history.refuse(NOON + second * SECOND)
    history.refuse(NOON + 2 * MINUTE)
    assert only(find(NOON + 30 * MINUTE)).began_at == NOON + 41 * SECOND


def test_what_x_retries_in_time_is_no_gap(history: History) -> None:
    trouble(history, 4)
    assert find(NOON + 3 * MINUTE) == []
    assert find(NOON + 30 * MINUTE) == []


@pytest.mark.parametrize("reason", ["wrong signature", "no signature", "not an object", "body too large"])
def test_what_is_refused_for_good_is_no_trouble(history: History, reason: str) -> None:
    trouble(history, 10, reason=reason, taken=10)
    assert find(NOON + 30 * MINUTE) == []


def test_when_everything_is_refused_for_good_the_silence_is_found(history: History) -> None:
    trouble(history, 20, reason="wrong signature")
    assert only(find(NOON + 30 * MINUTE)).cause == Gap.Cause.SILENCE


def test_a_few_among_many_are_brought_by_retries(history: History) -> None:
    trouble(history, 20, refused=3, taken=30)
    assert find(NOON + 30 * MINUTE) == []


def test_half_of_all_failing_loses_a_part(history: History) -> None:
    trouble(history, 20, refused=300, taken=300)
    gap = only(find(NOON + 30 * MINUTE))
    # With p = ½ a delivery fails p + p² + p³ + p⁴ times on average and is lost with p⁴.
    assert gap.missing == round(6000 * 0.5**4 / (0.5 + 0.5**2 + 0.5**3 + 0.5**4))


def test_troubles_so_close_that_retries_fall_from_one_into_the_next_are_one(history: History) -> None:
    trouble(history, 3)
    TrafficMinute.objects.filter(minute__gte=NOON + 4 * MINUTE, minute__lt=NOON + 8 * MINUTE).update(
        deliveries=0, refusals={"not stored": 60}
    )
    gap = only(find(NOON + 30 * MINUTE))
    assert (gap.began_at, gap.ended_at) == (NOON, NOON + 8 * MINUTE)


def test_it_goes_on_until_deliveries_are_taken_again(history: History) -> None:
    history.receive(NOON - HOUR, NOON, each_minute=10)
    history.receive(NOON, NOON + 8 * MINUTE, refusals={"database away": 40})
    gap = only(find(NOON + 8 * MINUTE))
    assert (gap.state, gap.ended_at) == (Gap.State.OPEN, None)
    history.receive(NOON + 8 * MINUTE, NOON + 20 * MINUTE, each_minute=10)
    closed = only(find(NOON + 20 * MINUTE))
    assert (closed.pk, closed.state, closed.ended_at) == (gap.pk, Gap.State.FOUND, NOON + 8 * MINUTE)


def test_an_hour_of_it_is_one_gap_whenever_it_is_looked_at(history: History) -> None:
    trouble(history, 90)
    history.receive(NOON + 90 * MINUTE, NOON + 150 * MINUTE, each_minute=10)
    for minutes in range(1, 150, 3):
        find(NOON + minutes * MINUTE)
    gap = only(list(Gap.objects.all()))
    assert (gap.began_at, gap.ended_at, gap.state) == (NOON, NOON + 90 * MINUTE, Gap.State.FOUND)


def test_a_minute_of_it_in_a_replay_is_lost_since_x_does_not_repeat_one(
    history: History, replays: list[Stretch]
) -> None:
    replays.append(Stretch(NOON - 10 * MINUTE, NOON + 10 * MINUTE))
    trouble(history, 2, refused=7, taken=1000)
    gap = only(find(NOON + 30 * MINUTE))
    assert (gap.began_at, gap.ended_at, gap.missing) == (NOON, NOON + 2 * MINUTE, 14)
    assert "during a replay" in gap.detail


@pytest.mark.parametrize(("asked", "ended", "found"), [(-5, 5, 1), (-5, None, 1), (-20, -10, 0), (10, 20, 0)])
def test_jobs_at_x_are_such_replays(history: History, asked: int, ended: int | None, found: int) -> None:
    window = {"from_date": NOON - 3 * HOUR, "to_date": NOON - HOUR}
    replay = Replay.objects.create(webhook=history.webhook, requested_by="olga", **window)
    Job.objects.create(
        webhook=history.webhook, replay=replay, part=1, not_before=NOON - HOUR, asked_at=NOON + asked * MINUTE,
        ended_at=None if ended is None else NOON + ended * MINUTE, **window,
    )  # fmt: skip
    trouble(history, 2)
    assert len(find(NOON + 30 * MINUTE)) == found


def test_a_replay_at_another_time_changes_nothing(history: History, replays: list[Stretch]) -> None:
    replays.append(Stretch(NOON + 20 * MINUTE, NOON + 30 * MINUTE))
    trouble(history, 2)
    assert find(NOON + 40 * MINUTE) == []


def test_minutes_that_were_written_when_the_database_was_back_are_seen(history: History) -> None:
    history.receive(NOON - HOUR, NOON, each_minute=10)
    find(NOON + 10 * MINUTE)
    assert only(list(Gap.objects.all())).cause == Gap.Cause.NO_RECEIVER
    history.receive(NOON, NOON + 12 * MINUTE, refusals={"not stored": 60})
    history.receive(NOON + 12 * MINUTE, NOON + 20 * MINUTE, each_minute=10)
    gap = only(find(NOON + 20 * MINUTE))
    assert (gap.cause, gap.began_at, gap.ended_at) == (Gap.Cause.REFUSED, NOON, NOON + 12 * MINUTE)
