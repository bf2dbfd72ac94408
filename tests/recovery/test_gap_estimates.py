"""What a gap is missing: what usually comes, for the time that X's own retries do not reach over."""

from datetime import timedelta

import pytest

from aaa_dashboard.deliveries import gaps
from aaa_dashboard.deliveries.gaps import retries
from aaa_dashboard.deliveries.models import Gap
from tests.recovery.history import HOUR, JUDGED, MINUTE, NOON, SECOND, History, find, only

pytestmark = pytest.mark.django_db

X_TRIES = timedelta(seconds=272)


def outage(history: History, length: timedelta, *, then: timedelta = HOUR, each_minute: int = 60) -> None:
    history.receive(NOON - 2 * HOUR, NOON, each_minute=each_minute)
    history.receive(NOON + length, NOON + length + then, each_minute=each_minute, receiver="two")


def test_the_last_four_and_a_half_minutes_are_brought_by_x(history: History) -> None:
    outage(history, 20 * MINUTE)
    gap = only(find(NOON + 30 * MINUTE))
    assert gap.missing == round(60 * (20 * MINUTE - X_TRIES) / MINUTE)
    assert "by the time just before" in gap.detail


def test_an_outage_that_x_retries_over_misses_nothing_and_needs_nobody(history: History) -> None:
    outage(history, X_TRIES)
    gap = only(find(NOON + X_TRIES + X_TRIES + JUDGED))
    assert (gap.state, gap.missing) == (Gap.State.RECOVERED, 0)
    assert "X’s own retries" in gap.detail


def test_it_is_not_called_recovered_before_x_has_had_its_time(history: History) -> None:
    outage(history, 2 * MINUTE)
    gap = only(find(NOON + 4 * MINUTE))
    assert (gap.state, gap.missing) == (Gap.State.FOUND, 0)
    assert "are bringing" in gap.detail
    assert only(find(NOON + 2 * MINUTE + X_TRIES + JUDGED)).state == Gap.State.RECOVERED


def test_a_second_longer_and_something_is_missing(history: History) -> None:
    outage(history, X_TRIES + 2 * SECOND)
    gap = only(find(NOON + 20 * MINUTE))
    assert (gap.state, gap.missing) == (Gap.State.FOUND, 2)


def test_in_a_replay_a_short_outage_is_to_be_recovered(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "_ask_replays", [])
    gaps.register_replays(lambda webhook, stretch: webhook == history.webhook)
    outage(history, 2 * MINUTE)
    assert only(find(NOON + 20 * MINUTE)).state == Gap.State.FOUND


def test_a_receiver_that_dies_whenever_x_tries_again_loses_all_the_same(history: History) -> None:
    """Three outages, each too short to matter: X's attempts 3, 30 and 272 s later all fall into one of them."""
    history.receive(NOON - 2 * HOUR, NOON, each_minute=60)
    history.receive(NOON + 100 * SECOND, NOON + 230 * SECOND, receiver="two", each_minute=60)
    history.receive(NOON + 330 * SECOND, NOON + HOUR, receiver="three", each_minute=60)
    first, second = find(NOON + HOUR)
    # What was first tried from 0 to 58 s met 272–330 s; up to 70 s the attempt 30 s later met nobody either.
    assert (first.state, first.missing) == (Gap.State.FOUND, 58)
    assert (second.state, second.missing) == (Gap.State.RECOVERED, 0)


def test_what_retries_seemed_to_bring_is_missing_when_they_met_the_next_outage(history: History) -> None:
    history.receive(NOON - 2 * HOUR, NOON, each_minute=60)
    history.receive(NOON + 100 * SECOND, NOON + 230 * SECOND, receiver="two", each_minute=60)
    assert only(find(NOON + 200 * SECOND)).missing == 0
    history.receive(NOON + 330 * SECOND, NOON + HOUR, receiver="three", each_minute=60)
    find(NOON + 400 * SECOND)
    first = find(NOON + HOUR)[0]
    assert (first.state, first.missing) == (Gap.State.FOUND, 58)


def test_without_anything_to_compare_with_there_is_no_number(history: History) -> None:
    history.receive(NOON, NOON + 3 * MINUTE, each_minute=60)
    history.receive(NOON + 30 * MINUTE, NOON + 40 * MINUTE, each_minute=60, receiver="two")
    gap = only(find(NOON + 40 * MINUTE))
    assert (gap.state, gap.missing) == (Gap.State.FOUND, None)
    assert "no earlier traffic" in gap.detail


def test_the_same_hours_of_the_week_say_more_than_the_time_before(history: History) -> None:
    history.was_looked_at(NOON - HOUR)
    for number in range(1, 5):
        week = NOON - timedelta(weeks=number)
        history.receive(week - HOUR, week + 2 * HOUR, each_minute=(6, 6, 6, 600)[number - 1])
    outage(history, 20 * MINUTE)
    gap = only(find(NOON + 30 * MINUTE))
    # One busy week of four does not count: the median.
    assert gap.missing == round(6 * (20 * MINUTE - X_TRIES) / MINUTE)


def test_weeks_in_which_no_receiver_ran_say_nothing(history: History) -> None:
    history.was_looked_at(NOON - HOUR)
    for number in range(1, 5):
        week = NOON - timedelta(weeks=number)
        history.receive(week - HOUR, week - 50 * MINUTE)
    outage(history, 20 * MINUTE)
    assert "by the time just before" in only(find(NOON + 30 * MINUTE)).detail


def test_two_receivers_of_the_same_minute_are_added_up(history: History) -> None:
    history.receive(NOON - 2 * HOUR, NOON, each_minute=30, receiver="a")
    outage(history, 20 * MINUTE, each_minute=30)
    assert only(find(NOON + 30 * MINUTE)).missing == round(60 * (20 * MINUTE - X_TRIES) / MINUTE)


def test_two_webhooks_share_what_is_expected_by_their_accounts(history: History) -> None:
    history.add_webhook("https://new.example/webhook/twitter", accounts=3)
    outage(history, 20 * MINUTE)
    one, other = find(NOON + 30 * MINUTE)
    assert one.missing is not None
    assert other.missing is not None
    assert one.missing + other.missing == pytest.approx(60 * (20 * MINUTE - X_TRIES) / MINUTE, abs=1)
    assert other.missing == pytest.approx(3 * one.missing, abs=3)


def test_while_it_goes_on_the_number_grows(history: History) -> None:
    history.receive(NOON - 2 * HOUR, NOON, each_minute=60)
    numbers = [find(NOON + minutes * MINUTE)[0].missing or 0 for minutes in (3, 10, 20, 40)]
    assert numbers[0] == 0
    assert numbers == sorted(set(numbers))


def test_the_part_of_a_long_outage_that_is_out_of_sight_counts_as_well(history: History) -> None:
    history.receive(NOON - 3 * HOUR, NOON, each_minute=60)
    for minutes in range(10, 180, 20):
        find(NOON + minutes * MINUTE)
    history.receive(NOON + 180 * MINUTE, NOON + 190 * MINUTE, each_minute=60, receiver="two")
    assert only(find(NOON + 190 * MINUTE)).missing == round(60 * (180 * MINUTE - X_TRIES) / MINUTE)
