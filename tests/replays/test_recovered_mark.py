"""Events that came by a replay are marked wherever they are listed, and others are not."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from aaa_dashboard.activity.feed.reader import Reader, View
from aaa_dashboard.activity.filters import Filters
from aaa_dashboard.deliveries import recovered
from aaa_dashboard.deliveries.models import Event
from aaa_dashboard.replays.models import Job
from aaa_dashboard.webhooks.models import Webhook
from tests.activity.factory import Store

from .test_how_jobs_end import running

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
MINUTES = timedelta(minutes=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def job(quiet_webhook: Webhook) -> Job:
    """For ten to eleven; X was asked at 11:59, and was done at noon."""
    return running(quiet_webhook, state=Job.State.COMPLETE, ended_at=NOW)


def is_marked(event: Event) -> bool:
    return recovered.ids_of([event]) == {event.pk}


@pytest.mark.parametrize(
    ("received", "occurred", "marked"),
    [
        (-1, -90, True),
        (0, -120, True),
        (-0.5, -125, True),  # it happened just before the window, and was tried again within it
        (-1, -140, False),  # long before it
        (-1, -59, False),  # after it
        (-1, -1, False),  # live
        (-1.4, -90, True),  # the receiver's clock is behind the worker's
        (-30, -90, False),  # late, before X was asked
        (10, -90, False),  # late, after it had ended
    ],
)
def test_by_its_age_and_by_what_was_open_when_it_came(
    job: Job, store: Store, received: float, occurred: float, marked: bool
) -> None:
    event = store(received_at=NOW + received * MINUTES, occurred_at=NOW + occurred * MINUTES)
    assert is_marked(event) is marked


def test_one_that_runs_still_is_open(quiet_webhook: Webhook, store: Store) -> None:
    running(quiet_webhook)
    assert is_marked(store(received_at=NOW + 5 * MINUTES, occurred_at=NOW - 90 * MINUTES))


def test_another_app_s_events_are_not_of_this_replay(job: Job, store: Store) -> None:
    event = store(received_at=NOW, occurred_at=NOW - 90 * MINUTES)
    event.app_id += 1
    assert not is_marked(event)


def test_a_page_of_live_events_costs_no_query_and_one_of_old_ones_a_single_one(job: Job, store: Store) -> None:
    live = [store() for _ in range(3)]
    old = [store(received_at=NOW, occurred_at=NOW - 90 * MINUTES) for _ in range(50)]
    with CaptureQueriesContext(connection) as queries:
        recovered.ids_of(live)
    assert len(queries) == 0
    with CaptureQueriesContext(connection) as queries:
        assert len(recovered.ids_of(old)) == 50
    assert len(queries) == 1


def test_lists_and_the_event_s_page_say_it_in_a_word(job: Job, store: Store, agent: Client) -> None:
    event = store(received_at=NOW, occurred_at=NOW - 90 * MINUTES)
    live = store()
    for path in ("/events/", "/live/", f"/events/{event.pk}/"):
        assert agent.get(path).content.decode().count(">Recovered</span>") == 1, path
    assert "Recovered" not in agent.get(f"/events/{live.pk}/").content.decode()


def test_so_does_a_row_that_comes_live(quiet_webhook: Webhook, store: Store) -> None:
    running(quiet_webhook, asked_at=timezone.now())
    reader, view = Reader(), View(Filters("", ""), readable=False)
    reader.tick([view])
    Job.objects.update(from_date=timezone.now() - 90 * MINUTES, to_date=timezone.now() - 30 * MINUTES)
    store(received_at=timezone.now(), occurred_at=timezone.now() - 60 * MINUTES)
    _, found = reader.tick([view])
    assert b">Recovered</span>" in found[view].data.replace(b'\\"', b'"')
