"""Looking for gaps is cheap, makes up for what was not looked at, and done twice at once is done once."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from unittest import mock

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from aaa_dashboard.deliveries import gaps, tasks
from aaa_dashboard.deliveries.gaps import finding, keeping, minutes
from aaa_dashboard.deliveries.gaps.causes import Facts
from aaa_dashboard.deliveries.models import Gap, GapSearch, TrafficMinute
from aaa_dashboard.webhooks.models import App, Webhook
from tests.recovery.history import HOUR, JUDGED, MINUTE, NOON, History, find, only

pytestmark = pytest.mark.django_db(transaction=True)


def queries(call: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as captured:
        call()
    return len(captured)


def rows_read(now: datetime) -> int:
    """How many minutes of traffic a look takes out of the database."""
    read: list[int] = []

    def count(app_id: int, since: datetime) -> minutes.Minutes:
        found = really(app_id, since)
        read.append(len(found.rows))
        return found

    really = minutes.read
    with mock.patch.object(minutes, "read", count):
        gaps.find(now)
    return sum(read)


def test_the_first_look_goes_back_as_far_as_x_can_send_again(history: History) -> None:
    history.receive(NOON - timedelta(days=9), NOON - timedelta(days=8))
    history.receive(NOON - timedelta(days=4), NOON)
    gap = only(find(NOON + MINUTE))
    assert (gap.began_at.date(), gap.ended_at) == ((NOON - timedelta(days=5)).date(), NOON - timedelta(days=4))


def test_a_worker_that_was_away_for_hours_finds_in_one_run_what_it_would_have_found(history: History) -> None:
    history.receive(NOON - HOUR, NOON)
    history.receive(NOON + 20 * MINUTE, NOON + 2 * HOUR, receiver="two")
    history.receive(NOON + 2 * HOUR + 15 * MINUTE, NOON + 6 * HOUR, receiver="three")
    find(NOON)
    found = find(NOON + 6 * HOUR)
    assert [(gap.began_at, gap.ended_at, gap.state) for gap in found] == [
        (NOON, NOON + 20 * MINUTE, Gap.State.FOUND),
        (NOON + 2 * HOUR, NOON + 2 * HOUR + 15 * MINUTE, Gap.State.FOUND),
    ]
    before = [(gap.pk, gap.began_at, gap.ended_at, gap.missing, gap.detail) for gap in found]
    GapSearch.objects.all().delete()
    assert [(gap.pk, gap.began_at, gap.ended_at, gap.missing, gap.detail) for gap in find(NOON + 6 * HOUR)] == before


def test_looking_again_changes_nothing(history: History) -> None:
    history.receive(NOON - HOUR, NOON)
    history.receive(NOON + 20 * MINUTE, NOON + 30 * MINUTE, receiver="two")
    assert gaps.find(NOON + 30 * MINUTE) == gaps.Found(webhooks=1, new=1)
    assert gaps.find(NOON + 30 * MINUTE) == gaps.Found()
    history.receive(NOON + 30 * MINUTE, NOON + 40 * MINUTE, receiver="two")
    assert gaps.find(NOON + 40 * MINUTE) == gaps.Found(webhooks=1)


def test_two_looks_at_once_find_it_once(history: History) -> None:
    history.receive(NOON - HOUR, NOON)
    find(NOON)
    history.receive(NOON + 20 * MINUTE, NOON + 30 * MINUTE, receiver="two")
    together = threading.Barrier(2)
    write = finding._write
    outcomes: list[gaps.Found] = []

    def write_together(facts: Facts, changes: keeping.Changes) -> bool:
        together.wait(timeout=20)  # both have worked it out, neither has written
        return write(facts, changes)

    def look() -> None:
        try:
            outcomes.append(gaps.find(NOON + 30 * MINUTE))
        finally:
            connection.close()

    with mock.patch.object(finding, "_write", write_together):
        threads = [threading.Thread(target=look) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=30)
    assert sorted(outcome.new for outcome in outcomes) == [0, 1]
    assert only(list(Gap.objects.all())).began_at == NOON


def test_a_look_that_is_killed_while_it_writes_leaves_nothing_and_is_made_up_for(history: History) -> None:
    history.receive(NOON - HOUR, NOON)
    find(NOON)
    history.receive(NOON + 20 * MINUTE, NOON + 30 * MINUTE, receiver="two")
    with mock.patch.object(keeping.Changes, "write", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        gaps.find(NOON + 30 * MINUTE)
    assert GapSearch.objects.get().looked_until == NOON - JUDGED
    assert only(find(NOON + 31 * MINUTE)).began_at == NOON


def test_what_a_person_did_meanwhile_stands(history: History) -> None:
    history.receive(NOON - HOUR, NOON)
    gap = only(find(NOON + 10 * MINUTE))
    write = finding._write

    def write_late(facts: Facts, changes: keeping.Changes) -> bool:
        Gap.objects.filter(pk=gap.pk).update(state=Gap.State.DISMISSED)
        return write(facts, changes)

    history.receive(NOON, NOON + 20 * MINUTE)
    with mock.patch.object(finding, "_write", write_late):
        find(NOON + 20 * MINUTE)
    assert Gap.objects.get().state == Gap.State.DISMISSED


def test_a_clock_that_was_ahead_for_a_while_does_not_blind(history: History) -> None:
    history.receive(NOON - HOUR, NOON)
    find(NOON)
    GapSearch.objects.update(looked_until=NOON + timedelta(days=365))
    history.receive(NOON + 20 * MINUTE, NOON + 30 * MINUTE, receiver="two")
    assert only(find(NOON + 30 * MINUTE)).began_at == NOON


def test_an_app_without_a_receiver_and_a_webhook_without_an_app_of_ours_are_passed_over(history: History) -> None:
    other = App.objects.create(name="Second app", slug="second")
    Webhook.objects.create(app=other, x_id="9", url="https://acme.example/webhook/second", valid=True)
    history.receive(NOON - HOUR, NOON)
    assert find(NOON) == []
    assert [search.webhook for search in GapSearch.objects.all()] == [history.webhook]


def test_five_thousand_minutes_of_history_cost_a_look_no_more_than_fifty(history: History) -> None:
    history.receive(NOON - 50 * MINUTE, NOON, each_minute=3)
    find(NOON - MINUTE)
    few = queries(lambda: gaps.find(NOON))
    TrafficMinute.objects.all().delete()
    GapSearch.objects.all().delete()
    for receiver in ("one", "two"):
        history.receive(NOON - 2500 * MINUTE, NOON, each_minute=3, receiver=receiver)
    find(NOON - MINUTE)
    assert queries(lambda: gaps.find(NOON)) == few <= 16
    # The last half hour and what came since, of two receivers.
    history.receive(NOON, NOON + MINUTE, each_minute=3)
    assert rows_read(NOON + MINUTE) < 2 * 40


def test_gaps_that_wait_make_a_look_hardly_dearer(history: History) -> None:
    history.receive(NOON - 50 * HOUR, NOON - 49 * HOUR)
    for hours in range(48, 2, -4):
        history.receive(NOON - hours * HOUR, NOON - hours * HOUR + 3 * HOUR, receiver=f"after {hours}")
    history.receive(NOON - 2 * HOUR, NOON + 2 * MINUTE, receiver="last")
    assert len(find(NOON)) > 10
    # One look each whether minutes have come late.
    assert queries(lambda: gaps.find(NOON + MINUTE)) <= 16 + Gap.objects.count()
    assert rows_read(NOON + 2 * MINUTE) < 50


def test_the_task_goes_by_the_present(history: History) -> None:
    history.receive(NOON - HOUR, NOON)
    with time_machine.travel(NOON + 10 * MINUTE, tick=False):
        tasks.find_gaps()
    assert only(list(Gap.objects.all())).began_at == NOON


def test_what_one_webhook_stumbles_over_does_not_blind_to_the_others(history: History) -> None:
    second = history.add_webhook("https://new.example/webhook/twitter")
    history.receive(NOON - HOUR, NOON)
    history.receive(NOON + 20 * MINUTE, NOON + 30 * MINUTE, receiver="two")
    look = finding.look

    def stumble(webhook: Webhook, now: datetime) -> keeping.Changes | None:
        if webhook == history.webhook:
            raise ValueError("stumbled")
        return look(webhook, now)

    with mock.patch.object(finding, "look", stumble), pytest.raises(ValueError, match="stumbled"):
        gaps.find(NOON + 30 * MINUTE)
    assert only(list(Gap.objects.all())).webhook == second
