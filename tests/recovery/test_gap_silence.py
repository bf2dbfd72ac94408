"""Silence is a gap when it is unlikely for that hour of the week, and when nothing else explains it."""

from datetime import datetime, timedelta

import pytest

from aaa_dashboard.deliveries.models import Gap, TrafficMinute
from aaa_dashboard.webhooks.models import WebhookChange
from tests.recovery.history import HOUR, MINUTE, NOON, SECOND, History, find, only

pytestmark = pytest.mark.django_db

DAY, WEEK = timedelta(days=1), timedelta(weeks=1)


@pytest.fixture(autouse=True)
def _earlier_weeks_were_looked_at(history: History) -> None:
    history.was_looked_at(NOON - 30 * MINUTE)


def usual(history: History, noon: datetime, each_minute: int = 4) -> None:
    """Three hours around noon, as they usually are."""
    history.receive(noon - 90 * MINUTE, noon + 90 * MINUTE, each_minute=each_minute)


def today(history: History, quiet_minutes: int, *, each_minute: int = 4, then: int = 60) -> None:
    """Traffic until noon, none for a while, then traffic again."""
    end = NOON + quiet_minutes * MINUTE
    history.receive(NOON - HOUR, NOON, each_minute=each_minute)
    history.receive(NOON, end)
    history.receive(end, end + then * MINUTE, each_minute=each_minute)


@pytest.fixture
def weeks(history: History) -> None:
    for number in range(1, 5):
        usual(history, NOON - number * WEEK)


def test_twenty_minutes_without_any_of_eighty_are_one(history: History, weeks: None) -> None:
    today(history, 20, then=30)
    last, first = history.store(NOON - 20 * SECOND), history.store(NOON + 20 * MINUTE + 7 * SECOND)
    gap = only(find(NOON + 40 * MINUTE))
    assert (gap.cause, gap.state) == (Gap.Cause.SILENCE, Gap.State.FOUND)
    assert (gap.began_at, gap.ended_at) == (last.received_at, first.received_at)
    assert gap.missing == round(4 * (first.received_at - last.received_at) / MINUTE)
    assert "the same hours of 4 earlier weeks" in gap.detail


def test_it_is_found_while_it_goes_on_and_ends_with_the_first_delivery(history: History, weeks: None) -> None:
    history.receive(NOON - HOUR, NOON, each_minute=4)
    history.receive(NOON, NOON + 15 * MINUTE)
    for minutes in range(1, 5):
        assert find(NOON + minutes * MINUTE) == []
    for minutes in range(5, 16):
        find(NOON + minutes * MINUTE)
    gap = Gap.objects.get()
    assert (gap.state, gap.began_at, gap.ended_at) == (Gap.State.OPEN, NOON, None)
    history.receive(NOON + 15 * MINUTE, NOON + 80 * MINUTE, each_minute=4)
    for minutes in range(16, 80, 3):
        find(NOON + minutes * MINUTE)
    closed = only(list(Gap.objects.all()))
    assert (closed.pk, closed.state, closed.ended_at) == (gap.pk, Gap.State.FOUND, NOON + 15 * MINUTE)


def test_hours_of_it_are_one_gap_whenever_it_is_looked_at(history: History) -> None:
    for number in range(1, 5):
        history.receive(NOON - number * WEEK - HOUR, NOON - number * WEEK + 4 * HOUR, each_minute=4)
    today(history, 150, then=100)
    for minutes in range(1, 240, 4):
        find(NOON + minutes * MINUTE)
    gap = only(list(Gap.objects.all()))
    assert (gap.began_at, gap.ended_at, gap.state) == (NOON, NOON + 150 * MINUTE, Gap.State.FOUND)


def test_a_worker_that_was_away_finds_it_afterwards(history: History, weeks: None) -> None:
    today(history, 20, then=300)
    gap = only(find(NOON + 300 * MINUTE))
    assert (gap.cause, gap.ended_at) == (Gap.Cause.SILENCE, NOON + 20 * MINUTE)


def test_a_quiet_hour_of_the_week_is_none(history: History) -> None:
    for number in range(1, 5):
        usual(history, NOON - number * WEEK, each_minute=0)
    for number in range(1, 7):
        usual(history, NOON - number * DAY, each_minute=40)  # other days say nothing of this hour of the week
    today(history, 40, each_minute=40)
    assert find(NOON + HOUR) == []


@pytest.mark.parametrize(("quiet_minutes", "expected"), [(4, 0), (9, 0), (12, 1)])
def test_so_few_may_have_been_none_by_chance(history: History, quiet_minutes: int, expected: int) -> None:
    for number in range(1, 5):
        usual(history, NOON - number * WEEK, each_minute=1)
    today(history, quiet_minutes, each_minute=1)
    assert len(find(NOON + HOUR)) == expected


def test_traffic_that_comes_in_bursts_is_often_silent(history: History) -> None:
    for number in range(1, 5):
        noon = NOON - number * WEEK
        usual(history, noon, each_minute=0)
        bursts = [noon + minutes * MINUTE for minutes in range(-90, 90, 15)]
        TrafficMinute.objects.filter(minute__in=bursts).update(deliveries=60)
    today(history, 20)
    assert find(NOON + 40 * MINUTE) == []


def test_with_less_history_the_same_hours_of_earlier_days_are_compared(history: History) -> None:
    for number in range(1, 4):
        usual(history, NOON - number * DAY)
    today(history, 20)
    assert "the same hours of 3 earlier days" in only(find(NOON + 40 * MINUTE)).detail


def test_with_still_less_the_time_before_is_compared(history: History) -> None:
    today(history, 20)
    assert "by the time just before" in only(find(NOON + 40 * MINUTE)).detail


def test_with_next_to_none_nothing_is_said(history: History) -> None:
    history.receive(NOON - 30 * MINUTE, NOON, each_minute=4)
    history.receive(NOON, NOON + 20 * MINUTE)
    assert find(NOON + 20 * MINUTE) == []


def test_before_the_first_delivery_ever_there_is_no_silence(history: History, weeks: None) -> None:
    TrafficMinute.objects.update(deliveries=0, events=0)
    history.receive(NOON - HOUR, NOON + HOUR)
    assert find(NOON + HOUR) == []


def test_an_account_that_left_lowers_what_is_expected(history: History, weeks: None) -> None:
    history.end(history.subscribe(history.webhook, "of much activity"), NOON - 2 * DAY)
    history.receive(NOON - 3 * HOUR, NOON + 40 * MINUTE)
    history.receive(NOON - 2 * HOUR, NOON - 119 * MINUTE, each_minute=1, receiver="two")
    assert find(NOON + 40 * MINUTE) == []


def test_one_of_many_that_left_changes_little(history: History, weeks: None) -> None:
    for number in range(20):
        history.subscribe(history.webhook, f"one of many {number}")
    history.end(history.subscribe(history.webhook, "of much activity"), NOON - 2 * DAY)
    today(history, 20)
    assert "earlier weeks" in only(find(NOON + 40 * MINUTE)).detail


def test_time_without_a_receiver_is_not_silence_as_well(history: History, weeks: None) -> None:
    history.receive(NOON - HOUR, NOON, each_minute=4)
    history.receive(NOON + 20 * MINUTE, NOON + 24 * MINUTE)
    history.receive(NOON + 24 * MINUTE, NOON + 40 * MINUTE, each_minute=4)
    assert only(find(NOON + 40 * MINUTE)).cause == Gap.Cause.NO_RECEIVER


def test_silence_after_an_outage_begins_with_its_end(history: History, weeks: None) -> None:
    history.receive(NOON - HOUR, NOON, each_minute=4)
    up = NOON + 20 * MINUTE
    history.receive(up, up + 40 * MINUTE)
    found = [(gap.cause, gap.began_at, gap.ended_at) for gap in find(up + 40 * MINUTE)]
    assert found == [(Gap.Cause.NO_RECEIVER, NOON, up), (Gap.Cause.SILENCE, up, None)]


def test_an_invalid_webhook_explains_it(history: History, weeks: None) -> None:
    history.note(history.webhook, WebhookChange.Kind.CHALLENGED, NOON)
    history.note(history.webhook, WebhookChange.Kind.INVALID, NOON + MINUTE)
    history.note(history.webhook, WebhookChange.Kind.VALID, NOON + 20 * MINUTE)
    today(history, 22)
    assert only(find(NOON + 40 * MINUTE)).cause == Gap.Cause.INVALID


def test_trouble_of_ours_explains_it(history: History, weeks: None) -> None:
    history.receive(NOON - HOUR, NOON, each_minute=4)
    history.receive(NOON, NOON + 20 * MINUTE, refusals={"not stored": 9})
    history.receive(NOON + 20 * MINUTE, NOON + 40 * MINUTE, each_minute=4)
    assert only(find(NOON + 40 * MINUTE)).cause == Gap.Cause.REFUSED


def test_earlier_outages_are_no_example_to_compare_with(history: History, weeks: None) -> None:
    for number in (1, 2, 3, 4):
        noon = NOON - number * WEEK
        TrafficMinute.objects.filter(minute__gte=noon, minute__lt=noon + HOUR).update(deliveries=0, events=0)
        Gap.objects.create(
            webhook=history.webhook, cause=Gap.Cause.SILENCE, began_at=noon, ended_at=noon + HOUR,
            state=Gap.State.RECOVERED, state_since=noon,
        )  # fmt: skip
    today(history, 20)
    find(NOON + 40 * MINUTE)
    assert "by the time just before" in Gap.objects.latest("began_at").detail


def test_silence_that_a_person_dismissed_is_usual_from_then_on(history: History, weeks: None) -> None:
    for number in (1, 2, 3, 4):
        noon = NOON - number * WEEK
        TrafficMinute.objects.filter(minute__gte=noon, minute__lt=noon + HOUR).update(deliveries=0, events=0)
        Gap.objects.create(
            webhook=history.webhook, cause=Gap.Cause.SILENCE, began_at=noon, ended_at=noon + HOUR,
            state=Gap.State.DISMISSED, state_since=noon,
        )  # fmt: skip
    today(history, 20)
    find(NOON + 40 * MINUTE)
    assert Gap.objects.count() == 4


def test_one_that_is_dismissed_while_it_goes_on_is_followed_to_its_end(history: History, weeks: None) -> None:
    history.receive(NOON - HOUR, NOON, each_minute=4)
    history.receive(NOON, NOON + 20 * MINUTE)
    gap = only(find(NOON + 20 * MINUTE))
    Gap.objects.update(state=Gap.State.DISMISSED, detail="Dismissed by olga.")
    history.receive(NOON + 20 * MINUTE, NOON + 22 * MINUTE)
    assert only(find(NOON + 22 * MINUTE)).ended_at is None
    history.receive(NOON + 22 * MINUTE, NOON + 30 * MINUTE, each_minute=4)
    dismissed = only(find(NOON + 30 * MINUTE))
    assert (dismissed, dismissed.state, dismissed.ended_at) == (gap, Gap.State.DISMISSED, NOON + 22 * MINUTE)
    assert dismissed.detail == "Dismissed by olga."
