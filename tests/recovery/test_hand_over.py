"""What concerns more than the list of events reaches its owner once in effect, whatever comes in between."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from pytest_django import DjangoAssertNumQueries

from aaa_dashboard.deliveries import hand_over
from aaa_dashboard.deliveries.following import SETTLES
from aaa_dashboard.deliveries.models import Event, Follower, HandedOver
from aaa_dashboard.subscriptions.models import Account
from tests.activity.factory import ACME, Store

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
KIND = "replay_job_status"


class Owner:
    """Writes down in the database what it was called with, so that what is undone is seen to be undone."""

    def __init__(self) -> None:
        self.calls = 0
        self.raises: Callable[[Event], Exception | None] = lambda event: None

    def __call__(self, event: Event) -> None:
        self.calls += 1
        Account.objects.create(x_user_id=f"seen {event.pk} {self.calls}")
        if error := self.raises(event):
            raise error

    @property
    def effects(self) -> list[int]:
        """Ids of the events that had an effect."""
        seen = Account.objects.filter(x_user_id__startswith="seen").order_by("pk")
        return [int(account.x_user_id.split()[1]) for account in seen]


@pytest.fixture
def store(db: None) -> Store:
    """Puts payloads into the table of events."""
    return Store()


@pytest.fixture
def owner(monkeypatch: pytest.MonkeyPatch) -> Owner:
    owner = Owner()
    monkeypatch.setattr(hand_over, "_owners", {KIND: owner})
    return owner


@pytest.fixture
def status(store: Store) -> Callable[..., Event]:
    """Stores what X says at the end of a replay."""
    return lambda job="1": store({KIND: {"job_id": job, "job_state": "Complete", "webhook_id": "5"}})


Status = Callable[..., Event]


def test_an_event_reaches_its_owner_once_however_often_is_swept(owner: Owner, status: Status) -> None:
    event = status()
    for minute in range(5):
        hand_over.sweep(NOW + timedelta(minutes=minute))
    assert owner.effects == [event.pk]
    assert HandedOver.objects.get().done_at == NOW


def test_events_without_an_owner_are_left_alone(owner: Owner, store: Store, status: Status) -> None:
    store({"user_event": {"revoke": {"date_time": "2026-03-01T12:00:00Z", "source": {"user_id": ACME}}}})
    store()
    assert hand_over.sweep(NOW) == hand_over.Swept()
    assert not HandedOver.objects.exists()


def test_what_an_owner_did_before_it_failed_is_undone_and_it_is_called_again_later(
    owner: Owner, status: Status
) -> None:
    event = status()
    owner.raises = lambda _: ValueError("a secret of X")
    assert hand_over.sweep(NOW).failed == 1
    row = HandedOver.objects.get()
    assert (owner.effects, row.error, row.attempts, row.done_at) == ([], "ValueError", 1, None)
    assert hand_over.sweep(NOW + timedelta(seconds=10)) == hand_over.Swept()
    owner.raises = lambda _: None
    assert hand_over.sweep(row.next_attempt_at).done == 1
    assert owner.effects == [event.pk]
    assert HandedOver.objects.get().error == ""


def test_an_owner_may_put_it_off(owner: Owner, status: Status) -> None:
    event = status()
    owner.raises = lambda _: hand_over.NotYet()
    hand_over.sweep(NOW)
    assert HandedOver.objects.get().error == ""
    owner.raises = lambda _: None
    hand_over.sweep(NOW + timedelta(hours=2))
    assert owner.effects == [event.pk]


def test_one_that_fails_for_ever_does_not_stop_the_others_and_is_tried_ever_more_seldom(
    owner: Owner, status: Status
) -> None:
    poison, *others = [status(job) for job in "123"]
    owner.raises = lambda event: RuntimeError() if event.pk == poison.pk else None
    for minute in range(6 * 60):
        hand_over.sweep(NOW + timedelta(minutes=minute))
    assert owner.effects == [event.pk for event in others]
    assert 8 <= HandedOver.objects.get(event_id=poison.pk).attempts <= 14


def test_a_worker_that_dies_in_the_middle_leaves_it_to_the_next(owner: Owner, status: Status) -> None:
    event = status()

    class Killed(BaseException):
        pass

    owner.raises = lambda _: Killed()  # type: ignore[assignment,return-value]
    with pytest.raises(Killed):
        hand_over.sweep(NOW)
    assert (owner.effects, HandedOver.objects.count()) == ([], 0)
    owner.raises = lambda _: None
    hand_over.sweep(NOW)
    assert owner.effects == [event.pk]


def test_two_at_once_hand_over_once(owner: Owner, status: Status) -> None:
    events = [status(str(job)) for job in range(20)]
    begin = threading.Barrier(2)

    def sweep() -> None:
        begin.wait()
        hand_over.sweep(NOW)
        connection.close()

    threads = [threading.Thread(target=sweep) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(owner.effects) == [event.pk for event in events]


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite commits in the order of ids")
def test_an_event_that_appears_behind_later_ones_is_not_passed_over(owner: Owner, status: Status) -> None:
    late = status("late")
    values = Event.objects.filter(pk=late.pk).values()[0]
    Event.objects.all().delete()
    seen = status("early")
    hand_over.sweep(NOW)
    hand_over.sweep(NOW + SETTLES / 2)
    with transaction.atomic():  # its transaction lasted that long
        Event.objects.create(**values)
    hand_over.sweep(NOW + SETTLES - timedelta(seconds=1))
    assert sorted(owner.effects) == [late.pk, seen.pk]
    hand_over.sweep(NOW + SETTLES)
    assert Follower.objects.get(name=hand_over.FOLLOWER).passed_id == seen.pk


def test_what_was_done_costs_nothing_any_more(
    owner: Owner, status: Status, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for job in range(10):
        status(str(job))
    for step in range(3):
        hand_over.sweep(NOW + step * SETTLES)
    with django_assert_max_num_queries(8):
        hand_over.sweep(NOW + 3 * SETTLES)


def test_an_event_that_has_left_meanwhile_is_done(owner: Owner, status: Status) -> None:
    event = status()
    owner.raises = lambda _: hand_over.NotYet()
    hand_over.sweep(NOW)
    event.delete()
    hand_over.sweep(NOW + timedelta(hours=1))
    assert HandedOver.objects.get().done_at
