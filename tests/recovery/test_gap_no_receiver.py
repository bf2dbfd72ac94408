"""Time that no minute of any receiver covers becomes a gap, exact to the second; a minute that comes late undoes it."""

from datetime import timedelta

import pytest

from aaa_dashboard.deliveries.models import Gap, TrafficMinute
from aaa_dashboard.webhooks.models import Webhook, WebhookChange
from tests.recovery.history import HOUR, JUDGED, MINUTE, NOON, SECOND, History, find, only

pytestmark = pytest.mark.django_db

DOWN, UP = NOON + 7 * SECOND, NOON + 20 * MINUTE + 9 * SECOND


def test_an_outage_is_a_gap_from_the_last_sign_of_life_to_the_next(history: History) -> None:
    history.receive(NOON - HOUR, DOWN)
    history.receive(UP, NOON + 30 * MINUTE, receiver="two")
    gap = only(find(NOON + 30 * MINUTE))
    assert (gap.cause, gap.began_at, gap.ended_at) == (Gap.Cause.NO_RECEIVER, DOWN, UP)
    assert (gap.webhook, gap.state) == (history.webhook, Gap.State.FOUND)


def test_while_nobody_is_there_it_goes_on_and_ends_when_somebody_is(history: History) -> None:
    history.receive(NOON - HOUR, DOWN)
    assert find(DOWN + MINUTE + JUDGED) == []
    gap = only(find(DOWN + 2 * MINUTE))
    assert (gap.state, gap.ended_at) == (Gap.State.OPEN, None)
    assert only(find(DOWN + 10 * MINUTE)) == gap
    history.receive(UP, UP + 30 * SECOND, receiver="two")
    closed = only(find(UP + 40 * SECOND))
    assert (closed.pk, closed.state, closed.began_at, closed.ended_at) == (gap.pk, Gap.State.FOUND, DOWN, UP)


def test_an_outage_of_hours_stays_one_gap_whenever_it_is_looked_at(history: History) -> None:
    history.receive(NOON - HOUR, DOWN)
    for minutes in range(2, 200, 7):
        find(NOON + minutes * MINUTE)
    up = NOON + 200 * MINUTE
    history.receive(up, up + HOUR, receiver="two")
    for minutes in range(201, 260):
        find(NOON + minutes * MINUTE)
    gap = only(list(Gap.objects.all()))
    assert (gap.began_at, gap.ended_at, gap.state) == (DOWN, up, Gap.State.FOUND)


@pytest.mark.parametrize("seconds", [5, 59, 60])
def test_a_restart_is_none(history: History, seconds: int) -> None:
    history.receive(NOON - HOUR, DOWN)
    history.receive(DOWN + seconds * SECOND, NOON + 10 * MINUTE, receiver="two")
    assert find(NOON + 10 * MINUTE) == []


def test_the_last_seconds_are_not_judged_yet(history: History) -> None:
    history.receive(NOON - HOUR, NOON)
    assert find(NOON + 60 * SECOND + JUDGED) == []
    assert find(NOON + 62 * SECOND + JUDGED) != []


def test_before_the_first_receiver_there_was_nobody_to_miss(history: History) -> None:
    assert find(NOON) == []
    history.receive(NOON, NOON + 10 * MINUTE)
    assert find(NOON + 10 * MINUTE) == []


def test_one_receiver_of_several_is_enough(history: History) -> None:
    history.receive(NOON - HOUR, NOON)
    history.receive(NOON - HOUR, NOON + HOUR, receiver="two")
    history.receive(NOON + 30 * MINUTE, NOON + HOUR, receiver="three")
    assert find(NOON + HOUR) == []


def test_receivers_that_take_turns_leave_what_is_between_them(history: History) -> None:
    history.receive(NOON - HOUR, NOON)
    history.receive(NOON + 3 * MINUTE, NOON + 6 * MINUTE, receiver="two")
    history.receive(NOON + 11 * MINUTE, NOON + 20 * MINUTE, receiver="one again")
    found = find(NOON + 20 * MINUTE)
    assert [(gap.began_at, gap.ended_at) for gap in found] == [
        (NOON, NOON + 3 * MINUTE),
        (NOON + 6 * MINUTE, NOON + 11 * MINUTE),
    ]


def test_minutes_that_come_late_withdraw_what_was_found_too_early(history: History) -> None:
    history.receive(NOON - HOUR, NOON)
    find(NOON + 20 * MINUTE)
    assert Gap.objects.get().state == Gap.State.OPEN
    history.receive(NOON, NOON + 21 * MINUTE)
    assert find(NOON + 21 * MINUTE) == []


def test_minutes_that_come_a_day_late_withdraw_it_as_well(history: History) -> None:
    history.receive(NOON - HOUR, NOON)
    history.receive(NOON + 20 * MINUTE, NOON + 24 * HOUR, receiver="two")
    assert only(find(NOON + 24 * HOUR)).state == Gap.State.FOUND
    history.receive(NOON, NOON + 20 * MINUTE)
    assert find(NOON + 24 * HOUR + MINUTE) == []


def test_minutes_that_come_late_cut_a_gap_down_to_what_they_leave(history: History) -> None:
    history.receive(NOON - HOUR, NOON)
    history.receive(NOON + 20 * MINUTE, NOON + 3 * HOUR, receiver="two")
    before = only(find(NOON + 3 * HOUR))
    history.receive(NOON + 5 * MINUTE, NOON + 12 * MINUTE, receiver="late")
    found = find(NOON + 3 * HOUR + MINUTE)
    assert [(gap.began_at, gap.ended_at) for gap in found] == [
        (NOON, NOON + 5 * MINUTE),
        (NOON + 12 * MINUTE, NOON + 20 * MINUTE),
    ]
    assert found[0] == before


def test_what_is_being_recovered_is_left_alone_by_minutes_that_come_late(history: History) -> None:
    history.receive(NOON - HOUR, NOON)
    history.receive(NOON + 20 * MINUTE, NOON + 21 * MINUTE, receiver="two")
    gap = only(find(NOON + 21 * MINUTE))
    Gap.objects.update(state=Gap.State.RECOVERING)
    history.receive(NOON, NOON + 20 * MINUTE)
    history.receive(NOON + 21 * MINUTE, NOON + 22 * MINUTE)
    assert only(find(NOON + 22 * MINUTE)).state == Gap.State.RECOVERING
    assert Gap.objects.get() == gap


def test_a_machine_that_slept_was_not_there(history: History) -> None:
    history.receive(NOON - HOUR, NOON)
    # It closes its minute when it wakes.
    TrafficMinute.objects.filter(minute=NOON - MINUTE).update(until=NOON + 10 * MINUTE)
    history.receive(NOON + 10 * MINUTE, NOON + 12 * MINUTE)
    gap = only(find(NOON + 12 * MINUTE))
    assert NOON <= gap.began_at <= NOON + JUDGED
    assert gap.ended_at == NOON + 10 * MINUTE


def test_a_minute_that_ends_before_it_begins_covers_nothing(history: History) -> None:
    history.receive(NOON - HOUR, NOON + 10 * MINUTE)
    TrafficMinute.objects.filter(minute=NOON).update(until=NOON - HOUR)  # the clock was set back
    assert find(NOON + 10 * MINUTE) == []
    TrafficMinute.objects.filter(minute=NOON + MINUTE).update(until=NOON - HOUR)
    find(NOON + 11 * MINUTE)
    assert Gap.objects.get(began_at=NOON).ended_at == NOON + 2 * MINUTE


def test_a_webhook_that_was_not_there_missed_nothing(history: History) -> None:
    history.receive(NOON - HOUR, NOON)
    Webhook.objects.update(deleted_at=NOON - MINUTE)
    history.add_webhook("https://acme.example/webhook/twitter", created_at=NOON + 30 * MINUTE)
    history.receive(NOON + 20 * MINUTE, NOON + 40 * MINUTE, receiver="two")
    assert find(NOON + 40 * MINUTE) == []


def test_a_gap_ends_with_the_webhook_and_is_lost_with_it(history: History) -> None:
    history.receive(NOON - HOUR, NOON)
    find(NOON + 10 * MINUTE)
    Webhook.objects.update(deleted_at=NOON + 12 * MINUTE)
    gap = only(find(NOON + 20 * MINUTE))
    assert (gap.ended_at, gap.state) == (NOON + 12 * MINUTE, Gap.State.LOST)
    assert "gone from X" in gap.detail


def test_without_an_account_nothing_is_missed(history: History) -> None:
    history.end(history.webhook.subscriptions.get(), NOON - MINUTE)
    history.receive(NOON - HOUR, NOON)
    history.receive(NOON + 20 * MINUTE, NOON + 30 * MINUTE, receiver="two")
    assert find(NOON + 30 * MINUTE) == []


def test_a_webhook_whose_address_is_not_ours_is_not_received_here(history: History) -> None:
    Webhook.objects.update(url="https://elsewhere.example/other")
    history.receive(NOON - HOUR, NOON)
    assert find(NOON + 30 * MINUTE) == []


def test_each_webhook_of_an_app_that_would_have_received_has_its_own(history: History) -> None:
    second = history.add_webhook("https://new.example/webhook/twitter/")
    history.add_webhook("https://empty.example/webhook/twitter", accounts=0)
    history.receive(NOON - HOUR, NOON)
    history.receive(NOON + 20 * MINUTE, NOON + 30 * MINUTE, receiver="two")
    found = find(NOON + 30 * MINUTE)
    assert [(gap.webhook, gap.began_at) for gap in found] == [(history.webhook, NOON), (second, NOON)]


def test_while_it_is_known_to_be_invalid_nobody_is_missed_twice(history: History) -> None:
    history.receive(NOON - HOUR, NOON)
    history.note(history.webhook, WebhookChange.Kind.INVALID, NOON + 30 * MINUTE)
    history.note(history.webhook, WebhookChange.Kind.VALID, NOON + 70 * MINUTE)
    history.receive(NOON + HOUR, NOON + 80 * MINUTE, receiver="two")
    found = [(gap.cause, gap.began_at, gap.ended_at) for gap in find(NOON + 80 * MINUTE)]
    assert found == [
        (Gap.Cause.NO_RECEIVER, NOON, NOON + 30 * MINUTE),
        (Gap.Cause.INVALID, NOON + 30 * MINUTE, NOON + 70 * MINUTE),
    ]


def test_one_that_x_cannot_send_again_any_more_is_lost(history: History) -> None:
    history.receive(NOON - HOUR, NOON)
    up = NOON + 20 * MINUTE
    history.receive(up, up + HOUR, receiver="two")
    gap = only(find(up + HOUR))
    find(up + timedelta(days=5))
    gap.refresh_from_db()
    assert gap.state == Gap.State.FOUND
    find(up + timedelta(days=5, seconds=1))
    gap.refresh_from_db()
    assert gap.state == Gap.State.LOST
    assert "five days" in gap.detail
