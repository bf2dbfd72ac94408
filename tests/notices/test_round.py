"""A notice is raised once for a change, told once, and does not flutter."""

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, connections

from aaa_dashboard.staff.notices import kinds, outbox, retention, round  # noqa: A004 - a look round
from aaa_dashboard.staff.notices.finding import Finding, Kind
from aaa_dashboard.staff.notices.models import Channel, Message, Notice, Severity, Turn

from .conftest import MINUTE, NOW, Listener

pytestmark = pytest.mark.django_db


class Weather:
    """A kind of notice that a test turns on and off, and the only one in the table."""

    def __init__(self) -> None:
        self.severity = Severity.WARNING
        self.text = "It rains."
        self.subjects: list[str] = []
        self.error: Exception | None = None

    def find(self, _now: datetime) -> Iterator[Finding]:
        if self.error:
            raise self.error
        for subject in self.subjects:
            yield Finding(subject, f"Rain on {subject}", self.text, "/overview/", severity=self.severity)


@pytest.fixture
def rain(monkeypatch: pytest.MonkeyPatch) -> Weather:
    weather = Weather()
    row = Kind("rain", "Rain", Severity.WARNING, weather.find, "Take an umbrella.", "Look out of the window")
    monkeypatch.setattr(kinds, "_TABLE", [row])
    monkeypatch.setattr(kinds, "_BY_KEY", {"rain": row})
    return weather


def changes() -> list[str]:
    return list(Message.objects.order_by("pk").values_list("change", flat=True))


def test_what_stays_so_is_raised_once(rain: Weather, channel: Channel) -> None:
    rain.subjects = ["us"]
    assert [round.compare(NOW + n * MINUTE).raised for n in range(5)] == [1, 0, 0, 0, 0]
    assert Notice.objects.count() == 1
    assert changes() == ["raised"]


def test_each_subject_has_a_notice_of_its_own(rain: Weather) -> None:
    rain.subjects = ["us", "them"]
    assert round.compare(NOW).raised == 2
    rain.subjects = ["them"]
    assert round.compare(NOW + MINUTE).cleared == 1
    assert Notice.objects.get(cleared_at=None).subject == "them"


def test_words_that_change_are_brought_up_to_date_and_not_told_again(rain: Weather, channel: Channel) -> None:
    rain.subjects = ["us"]
    round.compare(NOW)
    rain.text = "It rains harder."
    round.compare(NOW + MINUTE)
    assert Notice.objects.get().text == "It rains harder."
    assert changes() == ["raised"]


def test_what_becomes_worse_is_told_and_needs_somebody_anew(rain: Weather, channel: Channel) -> None:
    rain.subjects = ["us"]
    round.compare(NOW)
    Notice.objects.update(acknowledged_at=NOW, acknowledged_by="olga")
    rain.severity = Severity.URGENT
    assert round.compare(NOW + MINUTE).worse == 1
    assert round.compare(NOW + 2 * MINUTE).worse == 0
    assert Notice.objects.get().acknowledged_at is None
    assert changes() == ["raised", "worse"]


def test_what_is_over_for_a_minute_is_the_same_and_nobody_hears_of_it(rain: Weather, channel: Channel) -> None:
    for n in range(10):
        rain.subjects = ["us"] if n % 2 == 0 else []
        round.compare(NOW + n * MINUTE)
        outbox.send_due(NOW + n * MINUTE)
    notice = Notice.objects.get()
    assert notice.returns == 4
    assert Message.objects.filter(sent_at__isnull=False).count() == 1
    # The more often it came back, the longer it has to be over before that is told; then it is.
    assert notice.cleared_at is not None
    outbox.send_due(notice.cleared_at + round.calm(notice) - MINUTE)
    assert Message.objects.filter(sent_at__isnull=False).count() == 1
    outbox.send_due(notice.cleared_at + round.calm(notice))
    assert list(Message.objects.filter(sent_at__isnull=False).values_list("change", flat=True)) == ["raised", "cleared"]


def test_what_comes_back_after_its_end_was_told_is_a_new_one(rain: Weather, channel: Channel) -> None:
    rain.subjects = ["us"]
    round.compare(NOW)
    outbox.send_due(NOW)
    rain.subjects = []
    round.compare(NOW + MINUTE)
    outbox.send_due(NOW + 7 * MINUTE)
    rain.subjects = ["us"]
    assert round.compare(NOW + 8 * MINUTE).raised == 1
    assert Notice.objects.count() == 2
    assert changes() == ["raised", "cleared", "raised"]


def test_one_end_that_is_being_told_makes_the_return_a_new_notice(rain: Weather, channel: Channel) -> None:
    Channel.objects.create(kind="webhook", name="Other", address=channel.address, secret="x", least=Severity.INFO)
    rain.subjects = ["us"]
    round.compare(NOW)
    rain.subjects = []
    round.compare(NOW + MINUTE)
    first = Message.objects.filter(change="cleared").order_by("pk").first()
    assert first is not None
    Message.objects.filter(pk=first.pk).update(claimed_until=NOW + 3 * MINUTE)
    rain.subjects = ["us"]
    assert round.compare(NOW + 2 * MINUTE).raised == 1
    # Nothing was taken back from either: both hear of the end, and of the new one.
    assert Message.objects.filter(change="cleared").count() == 2
    assert Message.objects.filter(change="raised").count() == 4


def test_not_knowing_changes_nothing(rain: Weather) -> None:
    rain.subjects = ["us"]
    round.compare(NOW)
    rain.error = DatabaseError("away")
    assert round.compare(NOW + MINUTE) == round.Looked()
    assert Notice.objects.get().cleared_at is None


def test_a_kind_that_is_gone_clears_what_it_raised(rain: Weather, monkeypatch: pytest.MonkeyPatch) -> None:
    rain.subjects = ["us"]
    round.compare(NOW)
    monkeypatch.setattr(kinds, "_TABLE", [])
    monkeypatch.setattr(kinds, "_BY_KEY", {})
    assert round.compare(NOW).cleared == 1
    assert Notice.objects.get().ending == "It is not watched any more."


def test_words_that_are_too_long_are_cut_and_not_refused(rain: Weather) -> None:
    rain.subjects, rain.text = ["u" * 60], "rain " * 400
    assert round.compare(NOW).raised == 1
    assert len(Notice.objects.get().text) == 1000


def test_it_looks_once_a_minute_whoever_asks(rain: Weather) -> None:
    assert round.look(NOW, by="worker") is not None
    assert round.look(NOW + timedelta(seconds=30), by="worker") is None
    assert round.look(NOW + timedelta(seconds=59), by="web", not_within=3 * MINUTE) is None
    assert round.look(NOW + timedelta(seconds=60), by="worker") is not None
    assert Turn.objects.get().by == "worker"


def test_notices_that_were_over_half_a_year_ago_leave(rain: Weather, channel: Channel) -> None:
    rain.subjects = ["us", "them"]
    round.compare(NOW)
    Notice.objects.filter(subject="us").update(cleared_at=NOW - timedelta(days=181))
    assert retention.prune(NOW) == 1
    assert Notice.objects.get().subject == "them"
    assert Message.objects.count() == 1


def at_once(work: Any, times: int = 4) -> list[Any]:
    """Do something in several threads that begin together."""
    results: list[Any] = []
    together = threading.Barrier(times)

    def run() -> None:
        try:
            together.wait()
            results.append(work())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert len(results) == times
    return results


@pytest.mark.django_db(transaction=True)
def test_of_several_who_look_at_once_one_has_the_turn(rain: Weather) -> None:
    assert len([looked for looked in at_once(lambda: round.look(NOW, by="web")) if looked is not None]) == 1


@pytest.mark.django_db(transaction=True)
def test_of_several_who_compare_at_once_one_raises_and_one_clears(rain: Weather, channel: Channel) -> None:
    rain.subjects = ["us", "them"]
    assert sum(looked.raised for looked in at_once(lambda: round.compare(NOW))) == 2
    assert changes() == ["raised", "raised"]
    rain.subjects = []
    assert sum(looked.cleared for looked in at_once(lambda: round.compare(NOW + MINUTE))) == 2
    assert sorted(changes()) == ["cleared", "cleared", "raised", "raised"]
    rain.subjects = ["us"]
    at_once(lambda: round.compare(NOW + 2 * MINUTE))
    assert Notice.objects.get(cleared_at=None).returns == 1
    assert Notice.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_of_several_who_send_at_once_one_sends(rain: Weather, channel: Channel, listener: Listener) -> None:
    rain.subjects = [f"place {n}" for n in range(8)]
    round.compare(NOW)
    at_once(lambda: outbox.send_due(NOW))
    ids = [each["id"] for document in listener.documents for each in document["notices"]]
    assert sorted(ids) == sorted(f"{notice.pk}-raised" for notice in Notice.objects.all())


def test_a_look_at_much_takes_few_queries(rain: Weather, channel: Channel, django_assert_max_num_queries: Any) -> None:
    rain.subjects = [f"place {n}" for n in range(50)]
    round.compare(NOW)
    assert connection.vendor in {"sqlite", "postgresql"}
    with django_assert_max_num_queries(1):
        round.compare(NOW + MINUTE)


def test_a_turn_that_was_taken_by_a_clock_ahead_keeps_nobody_from_looking() -> None:
    assert Turn.take(Turn.WORKER, NOW + timedelta(days=1), not_within=MINUTE)
    assert Turn.take(Turn.WORKER, NOW, not_within=MINUTE)
    assert not Turn.take(Turn.WORKER, NOW, not_within=MINUTE)
