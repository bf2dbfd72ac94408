"""Events that expire, are erased and come again at the same moment: nobody waits for one who waits for them."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from aaa_dashboard.audit import Actor
from aaa_dashboard.deliveries import retention
from aaa_dashboard.deliveries.leaving import Left, delete_events
from aaa_dashboard.deliveries.models import Event
from aaa_dashboard.deliveries.takedown import erasing, requests
from aaa_dashboard.deliveries.takedown.models import ContainedPost, Takedown, Tombstone
from aaa_dashboard.deliveries.takedown.posts import redacted
from tests.activity.factory import Store
from tests.recovery.erasure import ACME, POST, created, post

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2020, 6, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def store(db: None) -> Store:
    """Puts payloads into the table of events, where rows can be held one by one."""
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    return Store()


@contextmanager
def beside(work: Callable[[], object]) -> Iterator[list[Exception]]:
    """Work on a connection of its own meanwhile; gives what it raised, which is complete at the end."""
    raised: list[Exception] = []

    def run() -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - told to the test
            raised.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield raised
    finally:
        thread.join()


@contextmanager
def held(*events: Event) -> Iterator[None]:
    """Hold events as the receiver does while it counts a redelivery."""
    is_held, may_go = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            list(Event.objects.select_for_update().filter(pk__in=[event.pk for event in events]))
            is_held.set()
            assert may_go.wait(30)

    with beside(hold) as raised:
        try:
            assert is_held.wait(30)
            yield
        finally:
            may_go.set()
    assert not raised


def waits_for_a_row() -> bool:
    """Whether a connection waits for another's lock on a row."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return bool(cursor.fetchone()[0])


def test_an_event_is_erased_and_expires_at_the_same_moment(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    event = store(created(post()))
    ContainedPost.objects.create(event_id=event.pk, post_id=POST, author_id=ACME, due=True)
    Tombstone.objects.create(post_id=POST, at=NOW, why=Tombstone.Why.DELETED, marked=True)
    is_held, expiry_waits = threading.Event(), threading.Event()

    def redacted_meanwhile(*args: Any) -> Any:
        is_held.set()
        assert expiry_waits.wait(30)
        return redacted(*args)

    monkeypatch.setattr(erasing, "redacted", redacted_meanwhile)
    with beside(lambda: erasing.erase(monotonic() + 60, NOW)) as of_erasing:
        assert is_held.wait(30)
        with beside(lambda: delete_events([event.pk])) as of_expiry:
            while not waits_for_a_row():
                pass
            expiry_waits.set()
    assert (of_erasing, of_expiry) == ([], [])
    assert not Event.objects.exists()
    assert not ContainedPost.objects.exists()


def test_of_several_events_what_somebody_holds_is_left(store: Store) -> None:
    events = [store() for _ in range(5)]
    with held(events[2]):
        assert delete_events([event.pk for event in events]) == Left(deleted=4, held=events[2].pk)
    assert list(Event.objects.all()) == [events[2]]


def test_what_was_held_when_it_expired_leaves_with_the_next_run(store: Store) -> None:
    events = [store(received_at=NOW - timedelta(days=400)) for _ in range(5)]
    with held(events[1], events[3]):
        expired = retention.expire(NOW)
        assert (expired.events, expired.is_done) == (3, False)
    expired = retention.expire(NOW)
    assert (expired.events, expired.is_done) == (2, True)
    assert not Event.objects.exists()


def test_an_erased_account_is_not_done_while_somebody_holds_an_event_of_it(store: Store) -> None:
    events = [store(created(post())) for _ in range(5)]
    now = timezone.now()
    takedown, _ = requests.ask(Takedown.What.ACCOUNT, ACME, by=Actor("olga"), now=now)
    with held(events[1], events[3]):
        requests.work(now)
        takedown.refresh_from_db()
        assert (takedown.step, takedown.found) == (0, {"events for it": 3})
    requests.work(now)
    takedown.refresh_from_db()
    assert takedown.step > 0
    assert not Event.objects.exists()
