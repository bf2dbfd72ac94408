"""While a webhook is invalid X sends nothing: a gap from when it is last known to have been valid."""

import pytest

from aaa_dashboard.deliveries import gaps
from aaa_dashboard.deliveries.models import Gap
from aaa_dashboard.webhooks.models import Webhook, WebhookChange
from tests.recovery.history import HOUR, MINUTE, NOON, SECOND, History, find, only

pytestmark = pytest.mark.django_db

Kind = WebhookChange.Kind
FOUND, MENDED = NOON + 30 * MINUTE, NOON + 45 * MINUTE


@pytest.fixture(autouse=True)
def _receivers(history: History) -> None:
    history.receive(NOON - HOUR, NOON + 3 * HOUR)


def test_it_lasts_from_when_it_was_found_invalid_to_when_it_is_valid(history: History) -> None:
    history.note(history.webhook, Kind.CHALLENGED, FOUND)
    history.note(history.webhook, Kind.INVALID, FOUND)
    going_on = only(find(FOUND + 5 * MINUTE))
    assert (going_on.cause, going_on.state, going_on.ended_at) == (Gap.Cause.INVALID, Gap.State.OPEN, None)
    history.note(history.webhook, Kind.VALID, MENDED)
    gap = only(find(MENDED + MINUTE))
    assert (gap, gap.state, gap.ended_at) == (going_on, Gap.State.FOUND, MENDED)
    assert "may have nothing of it" in gap.detail


def test_a_challenge_that_was_answered_shows_that_it_was_valid_until_then(history: History) -> None:
    history.note(history.webhook, Kind.CHALLENGED, FOUND - 8 * MINUTE)
    history.note(history.webhook, Kind.INVALID, FOUND)
    assert only(find(MENDED)).began_at == FOUND - 8 * MINUTE


def test_x_saying_so_shows_that_it_was_valid_until_then(history: History) -> None:
    said_at = FOUND - 3 * MINUTE
    Webhook.objects.update(last_checked_at=said_at)
    find(FOUND - MINUTE)
    history.note(history.webhook, Kind.CHALLENGED, FOUND - 8 * MINUTE)
    history.note(history.webhook, Kind.INVALID, FOUND)
    assert only(find(MENDED)).began_at == said_at


def test_a_delivery_shows_that_it_was_valid_until_then(history: History) -> None:
    history.note(history.webhook, Kind.CHALLENGED, FOUND - 8 * MINUTE)
    event = history.store(FOUND - 5 * MINUTE + 12 * SECOND)
    history.receive(FOUND - 5 * MINUTE, FOUND - 4 * MINUTE, each_minute=1, receiver="two")
    history.note(history.webhook, Kind.INVALID, FOUND)
    assert only(find(MENDED)).began_at == event.received_at


def test_a_delivery_shows_nothing_where_two_webhooks_share_the_app(history: History) -> None:
    history.add_webhook("https://new.example/webhook/twitter")
    history.note(history.webhook, Kind.CHALLENGED, FOUND - 8 * MINUTE)
    history.receive(FOUND - 5 * MINUTE, FOUND - 4 * MINUTE, each_minute=1, receiver="two")
    history.note(history.webhook, Kind.INVALID, FOUND)
    gap = only(find(MENDED))
    assert (gap.webhook, gap.began_at) == (history.webhook, FOUND - 8 * MINUTE)


def test_a_delivery_from_before_the_last_look_counts_as_well(history: History) -> None:
    event = history.store(NOON - 20 * MINUTE)
    history.receive(NOON - 20 * MINUTE, NOON - 19 * MINUTE, each_minute=1, receiver="two")
    for minutes in range(0, 120, 10):
        find(NOON + minutes * MINUTE)
    history.note(history.webhook, Kind.INVALID, NOON + 2 * HOUR)
    assert only(find(NOON + 2 * HOUR + MINUTE)).began_at == event.received_at


def test_a_begin_that_was_written_stands_when_what_it_rests_on_fades(history: History) -> None:
    history.note(history.webhook, Kind.CHALLENGED, FOUND - 8 * MINUTE)
    history.store(FOUND - 5 * MINUTE)
    history.receive(FOUND - 5 * MINUTE, FOUND - 4 * MINUTE, each_minute=1, receiver="two")
    history.note(history.webhook, Kind.INVALID, FOUND)
    began_at = only(find(FOUND + MINUTE)).began_at
    history.note(history.webhook, Kind.VALID, FOUND + 2 * MINUTE)
    history.receive(FOUND + 3 * MINUTE, MENDED + HOUR, each_minute=5, receiver="two")
    for minutes in range(3, 60):
        find(FOUND + minutes * MINUTE)
    gap = only(list(Gap.objects.all()))
    assert (gap.began_at, gap.ended_at) == (began_at, FOUND + 2 * MINUTE)


@pytest.mark.parametrize("what", ["recovering", "dismissed"])
def test_what_somebody_has_taken_up_is_not_found_again(history: History, what: str) -> None:
    history.note(history.webhook, Kind.CHALLENGED, FOUND - 8 * MINUTE)
    history.note(history.webhook, Kind.INVALID, FOUND)
    history.note(history.webhook, Kind.VALID, FOUND + 2 * MINUTE)
    gap = only(find(FOUND + 3 * MINUTE))
    Gap.objects.update(state=what)
    Webhook.objects.update(last_checked_at=FOUND + 4 * MINUTE)
    for minutes in range(4, 40):
        find(FOUND + minutes * MINUTE)
    assert only(list(Gap.objects.all())) == gap


def test_twice_invalid_is_two_gaps(history: History) -> None:
    for at in (FOUND, MENDED):
        history.note(history.webhook, Kind.CHALLENGED, at)
        history.note(history.webhook, Kind.INVALID, at + SECOND)
        history.note(history.webhook, Kind.VALID, at + 3 * MINUTE)
    found = find(MENDED + 10 * MINUTE)
    assert [(gap.began_at, gap.ended_at) for gap in found] == [
        (FOUND, FOUND + 3 * MINUTE),
        (MENDED, MENDED + 3 * MINUTE),
    ]


def test_one_that_was_never_valid_missed_nothing_that_we_know_of(history: History) -> None:
    Webhook.objects.update(valid=False)
    assert find(NOON + HOUR) == []


def test_days_of_it_are_one_gap_and_cost_a_look_no_more_than_the_first(history: History) -> None:
    history.note(history.webhook, Kind.CHALLENGED, FOUND)
    history.note(history.webhook, Kind.INVALID, FOUND)
    find(FOUND + MINUTE)
    history.receive(NOON + 3 * HOUR, NOON + 72 * HOUR, receiver="two")
    find(NOON + 70 * HOUR)
    gap = only(find(NOON + 71 * HOUR))
    assert (gap.began_at, gap.ended_at, gap.state) == (FOUND, None, Gap.State.OPEN)


def test_a_receiver_that_was_away_first_explains_its_part(history: History) -> None:
    away = NOON + 3 * HOUR
    history.note(history.webhook, Kind.CHALLENGED, away - HOUR)
    history.receive(away + 2 * HOUR, away + 3 * HOUR, receiver="two")
    # Found when the receiver was back for a while; X may have given up at any time before.
    history.note(history.webhook, Kind.INVALID, away + 2 * HOUR + 10 * MINUTE)
    history.note(history.webhook, Kind.VALID, away + 2 * HOUR + 20 * MINUTE)
    found = [(gap.cause, gap.began_at, gap.ended_at) for gap in find(away + 3 * HOUR)]
    assert found == [
        (Gap.Cause.INVALID, away - HOUR, away),
        (Gap.Cause.NO_RECEIVER, away, away + 2 * HOUR),
        (Gap.Cause.INVALID, away + 2 * HOUR, away + 2 * HOUR + 20 * MINUTE),
    ]


def test_it_waits_for_a_replay_like_any_other(history: History) -> None:
    history.note(history.webhook, Kind.CHALLENGED, FOUND)
    history.note(history.webhook, Kind.INVALID, FOUND)
    history.note(history.webhook, Kind.VALID, MENDED)
    found = find(MENDED + MINUTE)
    assert list(gaps.waiting()) == found != []


def test_seconds_that_are_left_beside_an_outage_are_no_gap_of_their_own(history: History) -> None:
    away = NOON + 3 * HOUR
    history.note(history.webhook, Kind.CHALLENGED, away - 20 * SECOND)
    history.receive(away + HOUR, away + 2 * HOUR, receiver="two")
    history.note(history.webhook, Kind.INVALID, away + HOUR + 10 * SECOND)
    history.note(history.webhook, Kind.VALID, away + HOUR + 30 * SECOND)
    assert only(find(away + 2 * HOUR)).cause == Gap.Cause.NO_RECEIVER


def test_deliveries_that_came_when_it_was_valid_again_do_not_show_that_it_was_before(history: History) -> None:
    history.note(history.webhook, Kind.CHALLENGED, FOUND + 6 * SECOND)
    event = history.store(FOUND + 11 * SECOND)
    history.receive(FOUND, FOUND + MINUTE, each_minute=1, receiver="two")
    seen_at, valid_at = FOUND + 7 * MINUTE + 50 * SECOND, FOUND + 7 * MINUTE + 51 * SECOND
    for minutes in range(1, 8):
        find(FOUND + minutes * MINUTE)
    history.note(history.webhook, Kind.INVALID, seen_at)
    history.note(history.webhook, Kind.VALID, valid_at)
    history.store(FOUND + 7 * MINUTE + 55 * SECOND)
    history.receive(FOUND + 7 * MINUTE, FOUND + 10 * MINUTE, each_minute=1, receiver="two")
    gap = only(find(FOUND + 8 * MINUTE + 10 * SECOND))
    assert (gap.began_at, gap.ended_at) == (event.received_at, valid_at)


def test_it_is_found_by_the_look_that_sees_the_receiver_come_back(history: History) -> None:
    away = NOON + 3 * HOUR
    back = away + 10 * MINUTE
    history.note(history.webhook, Kind.CHALLENGED, away - HOUR)
    find(away + 5 * MINUTE)
    history.receive(back, back + HOUR, receiver="two")
    history.note(history.webhook, Kind.INVALID, back + 2 * MINUTE)
    history.note(history.webhook, Kind.VALID, back + 4 * MINUTE)
    found = [(gap.cause, gap.began_at, gap.ended_at) for gap in find(back + 5 * MINUTE)]
    assert found == [
        (Gap.Cause.INVALID, away - HOUR, away),
        (Gap.Cause.NO_RECEIVER, away, back),
        (Gap.Cause.INVALID, back, back + 4 * MINUTE),
    ]
