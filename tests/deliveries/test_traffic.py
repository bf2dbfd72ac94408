"""Every minute of every app has its row, also when nothing came: a missing row is a gap."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from aaa_dashboard.asgi import Entry
from aaa_dashboard.deliveries import receiver as receiver_module
from aaa_dashboard.deliveries.models import TrafficMinute
from aaa_dashboard.deliveries.store import Counts, RefusalRow
from aaa_dashboard.deliveries.traffic import AnswerTimes, Traffic
from aaa_dashboard.webhooks.models import App
from tests.deliveries.eventually import eventually
from tests.deliveries.serving import Sender, serving

START = datetime(2026, 11, 21, 12, 0, 30, tzinfo=UTC)
BODY = b'{"for_user_id":"1","tweet_create_events":[{"id_str":"%d"}]}'


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


def _refusal(app_id: int | None = 1) -> RefusalRow:
    return RefusalRow(START, app_id, "POST", "/webhook/twitter", 401, "wrong signature", "127.0.0.1", 10)


def test_a_minute_counts_what_came_in_it(clock: time_machine.Traveller) -> None:
    traffic = Traffic("host:1", refusals_per_minute=10)
    for seconds in (0.001, 0.002, 0.250):
        traffic.answered(1, seconds)
    traffic.stored({1: Counts(events=4, duplicates=2, unsplit=1)})
    traffic.challenged(1, 0.002, is_signed=True)
    traffic.refused(_refusal())
    clock.move_to(START + timedelta(minutes=1))
    (row,) = traffic.take_minute([1])
    assert row.minute == START.replace(second=0)
    assert (row.deliveries, row.events, row.duplicates, row.unsplit, row.crcs) == (3, 4, 2, 1, 1)
    assert (row.median_ms, row.worst_ms) == (2.0, 250.0)
    assert row.refusals == '{"wrong signature":1}'


def test_an_empty_minute_has_a_row_for_every_app(clock: time_machine.Traveller) -> None:
    traffic = Traffic("host:1", refusals_per_minute=10)
    rows = traffic.take_minute([1, 2])
    assert [(row.app_id, row.deliveries, row.median_ms, row.worst_ms) for row in rows] == [
        (1, 0, None, None),
        (2, 0, None, None),
    ]


def test_rows_say_from_when_to_when_the_receiver_was_there(clock: time_machine.Traveller) -> None:
    traffic = Traffic("host:1", refusals_per_minute=10)
    closed_at = START + timedelta(seconds=31)
    clock.move_to(closed_at)
    (first,) = traffic.take_minute([1])
    clock.move_to(closed_at + timedelta(minutes=1))
    (second,) = traffic.take_minute([1])
    assert (first.began_at, first.until) == (START, closed_at)
    # Nothing is between them, though the minute was closed a second late.
    assert (second.minute, second.began_at) == (START.replace(second=0) + timedelta(minutes=1), closed_at)


def test_the_minute_that_runs_can_be_told_without_ending_it(clock: time_machine.Traveller) -> None:
    traffic = Traffic("host:1", refusals_per_minute=10)
    traffic.answered(1, 0.001)
    (early,) = traffic.running_minute([1], START + timedelta(seconds=5))
    traffic.answered(1, 0.001)
    (late,) = traffic.running_minute([1], START + timedelta(seconds=10))
    assert (early.deliveries, early.until) == (1, START + timedelta(seconds=5))
    assert (late.deliveries, late.until) == (2, START + timedelta(seconds=10))
    assert (late.minute, late.receiver, late.began_at) == (early.minute, early.receiver, early.began_at)
    assert traffic.take_minute([1])[0].deliveries == 2


def test_a_minute_is_over_at_its_end_and_when_the_clock_is_set_back(clock: time_machine.Traveller) -> None:
    traffic = Traffic("host:1", refusals_per_minute=10)
    assert not traffic.is_over(START.replace(second=0))
    assert not traffic.is_over(START.replace(second=59))
    assert traffic.is_over(START.replace(second=0) + timedelta(minutes=1))
    assert traffic.is_over(START - timedelta(hours=1))


def test_each_minute_has_its_own_number_of_refusals(clock: time_machine.Traveller) -> None:
    traffic = Traffic("host:1", refusals_per_minute=2)
    for _ in range(5):
        traffic.refused(_refusal())
    assert len(traffic.take_refusals()) == 2
    traffic.take_minute([1])
    for _ in range(5):
        traffic.refused(_refusal(app_id=None))
    assert len(traffic.take_refusals()) == 2
    assert traffic.totals["refusals", "wrong signature"] == 10


def test_answer_times_keep_their_median_over_a_wide_range() -> None:
    answers = AnswerTimes()
    assert answers.median_ms() is None
    for ms in (0.44, 3.2, 3.3, 150.7, 2900):
        answers.add(ms / 1000)
    assert answers.median_ms() == 3.3
    assert answers.worst_ms == pytest.approx(2900)
    for _ in range(10):
        answers.add(0.1507)
    assert answers.median_ms() == 150.0


def test_the_minute_that_a_stop_cuts_short_is_written(transactional_db: None) -> None:
    App.objects.create(name="Idle", slug="idle", consumer_secret="idle")
    with serving(Entry(None)) as url:
        sender = Sender(f"{url}/webhook/twitter")
        for number in (1, 2, 2):
            sender.post(BODY % (10**18 + number))
        sender.request("GET", params={"crc_token": "token"})
    busy = TrafficMinute.objects.filter(app__slug="twitter")
    assert sum(minute.deliveries for minute in busy) == 3
    assert sum(minute.events for minute in busy) == 2
    assert sum(minute.duplicates for minute in busy) == 1
    assert sum(minute.crcs for minute in busy) == 1
    assert max(minute.worst_ms or 0 for minute in busy) > 0
    assert {minute.deliveries for minute in TrafficMinute.objects.filter(app__slug="idle")} == {0}


def test_a_minute_is_written_when_it_is_over(transactional_db: None) -> None:
    entry = Entry(None)
    with serving(entry):
        receiver = entry._receiver
        assert receiver is not None
        before = receiver.traffic.minute
        receiver.traffic.minute = before - timedelta(minutes=1)
        eventually(lambda: TrafficMinute.objects.filter(minute=before - timedelta(minutes=1)).exists())


def test_the_minute_that_runs_is_written_anew_every_few_seconds(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert receiver_module.PULSE_SECONDS <= 5
    monkeypatch.setattr(receiver_module, "PULSE_SECONDS", 1)
    with serving(Entry(None)) as url:
        eventually(TrafficMinute.objects.exists)
        written = TrafficMinute.objects.latest("minute")
        assert Sender(f"{url}/webhook/twitter").post(BODY % 10**18).status_code == 200
        # Before its end, and without a stop: a crash would find it there.
        eventually(lambda: sum(TrafficMinute.objects.values_list("deliveries", flat=True)) == 1)
        eventually(lambda: TrafficMinute.objects.latest("until").until > written.until + timedelta(seconds=1))
        minutes = TrafficMinute.objects.values_list("minute", flat=True)
        assert len(minutes) == len(set(minutes)), "one row for each minute"


def test_while_commits_fail_the_minute_that_runs_does_not_queue_up(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiver_module, "PULSE_SECONDS", 1)
    entry = Entry(None)
    with serving(entry):
        receiver = entry._receiver
        assert receiver is not None
        receiver.writer.last_error = "OperationalError"
        receiver.writer._doubt_until = receiver.writer._chores_rest_until = float("inf")
        receiver.writer._chores.clear()
        before = datetime.now(UTC)
        eventually(lambda: datetime.now(UTC) > before + timedelta(seconds=2.5))
        assert len(receiver.writer._chores) <= 1  # at most a minute that ended just then
        receiver.writer._doubt_until = receiver.writer._chores_rest_until = 0


def test_two_receivers_have_a_row_each(transactional_db: None) -> None:
    with serving(Entry(None)), serving(Entry(None)):
        pass
    assert TrafficMinute.objects.count() >= 2
