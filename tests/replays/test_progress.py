"""What a replay has brought: new events and known ones, counted once, without a look at the whole table."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from aaa_dashboard.deliveries.following import SETTLES, newest_id
from aaa_dashboard.deliveries.models import Event, TrafficMinute
from aaa_dashboard.replays import progress, shown
from aaa_dashboard.replays.models import Job
from aaa_dashboard.replays.windows import MINUTE, Window
from aaa_dashboard.webhooks.models import Webhook
from tests.activity.factory import Store

from .conftest import gap
from .test_how_jobs_end import running

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def minute(webhook: Webhook, at: datetime, **numbers: int) -> TrafficMinute:
    values = dict.fromkeys(("deliveries", "events", "duplicates", "unsplit", "crcs"), 0) | numbers
    return TrafficMinute.objects.create(
        app_id=webhook.app_id, minute=at, receiver="one", began_at=at, until=at + MINUTE, **values
    )


def add(store: Store, number: int, *, received_at: datetime, occurred_at: datetime) -> None:
    for _ in range(number):
        store(received_at=received_at, occurred_at=occurred_at)


@pytest.fixture
def job(quiet_webhook: Webhook, store: Store) -> Job:
    """Begun a minute before noon, for ten to eleven, after three events were stored."""
    add(store, 3, received_at=NOW - timedelta(hours=1), occurred_at=NOW - timedelta(hours=1))
    job = running(quiet_webhook)
    Job.objects.update(**progress.beginning(job, NOW))
    job.refresh_from_db()
    return job


def test_new_events_of_the_window_are_recovered_and_live_ones_are_not(job: Job, store: Store) -> None:
    add(store, 7, received_at=NOW, occurred_at=job.from_date + 5 * MINUTE)
    add(store, 2, received_at=NOW, occurred_at=job.from_date - 5 * MINUTE)  # tried again within the window
    add(store, 4, received_at=NOW, occurred_at=NOW)
    assert progress.measure(job, NOW).recovered == 9


def test_known_ones_are_counted_by_the_minutes_of_traffic(quiet_webhook: Webhook, job: Job) -> None:
    running_minute = minute(quiet_webhook, NOW - MINUTE, duplicates=5)
    Job.objects.update(**progress.beginning(job, NOW - timedelta(seconds=30)), asked_at=NOW - timedelta(seconds=30))
    job.refresh_from_db()
    running_minute.duplicates = 12
    running_minute.save()
    minute(quiet_webhook, NOW, duplicates=100)
    assert progress.measure(job, NOW + MINUTE).redelivered == 107


def test_each_range_of_ids_is_counted_once(job: Job, store: Store) -> None:
    add(store, 5, received_at=NOW, occurred_at=job.from_date)
    progress.count(NOW + timedelta(seconds=20))
    job.refresh_from_db()
    assert job.recovered == 5
    add(store, 2, received_at=NOW + timedelta(seconds=20), occurred_at=job.from_date)
    for seconds in (21, 40, 60):
        progress.count(NOW + timedelta(seconds=seconds))
        job.refresh_from_db()
        assert job.recovered == 7
    Event.objects.all().delete()
    progress.count(NOW + timedelta(seconds=80))
    job.refresh_from_db()
    assert (job.counted, job.recovered) == (7, 7), "what has settled is not looked at again"


def test_what_appears_below_a_higher_id_is_counted_nevertheless(job: Job, store: Store) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("commits land in the order of ids")
    add(store, 5, received_at=NOW - MINUTE, occurred_at=job.from_date)  # waited long for the database
    late = list(Event.objects.order_by("-pk")[1:3])
    Event.objects.filter(pk__in=[one.pk for one in late]).delete()
    progress.count(NOW)
    Event.objects.bulk_create(late)
    for seconds in (5, 20, 40):
        progress.count(NOW + timedelta(seconds=seconds))
    job.refresh_from_db()
    assert (job.counted, job.recovered) == (5, 5)


def test_many_are_counted_in_bounded_steps(job: Job, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "IDS_A_STEP", 4)
    monkeypatch.setattr(progress, "STEPS", 3)
    add(store, 20, received_at=NOW, occurred_at=job.from_date)
    later = NOW + timedelta(seconds=20)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        first = progress.measure(job, later, newest_id(Event))
    assert first.counted == 12
    assert all('"id" <=' in query["sql"] for query in queries if "COUNT" in query["sql"])
    for turn in range(4):
        progress.count(later + turn * SETTLES)
    job.refresh_from_db()
    assert job.counted == 20


def test_the_numbers_of_an_ended_job_are_final_after_fifteen_seconds(job: Job, store: Store) -> None:
    Job.objects.update(state=Job.State.COMPLETE, ended_at=NOW)
    add(store, 3, received_at=NOW, occurred_at=job.from_date)
    progress.count(NOW + timedelta(seconds=10))
    job.refresh_from_db()
    assert not job.is_counted
    add(store, 2, received_at=NOW + timedelta(minutes=5), occurred_at=job.from_date)  # of a later replay
    progress.count(NOW + timedelta(minutes=6))
    job.refresh_from_db()
    assert (job.is_counted, job.recovered) == (True, 3)


def test_a_page_measures_without_changing_anything(job: Job, store: Store) -> None:
    add(store, 3, received_at=NOW, occurred_at=job.from_date)
    with CaptureQueriesContext(connection) as queries:
        one = shown.one(job.replay, now=NOW)
    assert one.recovered == 3
    assert all(query["sql"].startswith("SELECT") for query in queries)


def test_what_is_expected_is_what_came_then_and_what_is_missing(quiet_webhook: Webhook, job: Job) -> None:
    window = Window(job.from_date, job.to_date)
    assert progress.expected(quiet_webhook.app_id, window, []) is None
    minute(quiet_webhook, job.from_date, events=40)
    minute(quiet_webhook, job.to_date, events=1000)
    half_inside = gap(quiet_webhook, job.to_date - 10 * MINUTE, job.to_date + 10 * MINUTE, missing=600)
    assert progress.expected(quiet_webhook.app_id, window, [half_inside]) == 340


def test_rate_and_end_are_estimated_from_what_has_come(job: Job) -> None:
    job.recovered, job.redelivered, job.expected = 100, 20, 1200
    one = shown.Shown(job.replay, [job], NOW)  # asked for a minute ago
    assert one.percent == 10
    assert one.per_second == 2
    assert one.ends_in == timedelta(seconds=540)


def test_it_is_never_said_to_be_all_before_x_says_so(job: Job) -> None:
    job.recovered, job.expected = 5000, 1200
    one = shown.Shown(job.replay, [job], NOW)
    assert (one.percent, one.ends_at) == (99, None)
