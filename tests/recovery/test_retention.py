"""Events leave when they are older than their category is kept, a little at a time, and nothing of them stays."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from aaa_dashboard.deliveries import retention
from aaa_dashboard.deliveries.following import alone
from aaa_dashboard.deliveries.models import Event, HandedOver, Refusal, RetentionPeriod
from aaa_dashboard.deliveries.present import HOLD, ClockAheadOfDatabase, holding
from aaa_dashboard.deliveries.takedown.models import ContainedPost
from tests.activity.factory import Store, message

pytestmark = pytest.mark.django_db

NOW = datetime(2020, 6, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def store(db: None) -> Store:
    """Puts payloads into the table of events."""
    return Store()


def days_ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def test_each_category_has_a_period_and_private_ones_the_shortest() -> None:
    days = dict(RetentionPeriod.objects.values_list("category", "days"))
    assert (days.pop("messages"), days.pop("signals"), days.pop("other")) == (90, 7, 90)
    assert set(days.values()) == {365}
    assert len(days) == 7


def test_what_is_older_leaves_with_all_that_points_at_it(store: Store) -> None:
    old = store(message(), received_at=days_ago(90.01))
    kept = [store(message(), received_at=days_ago(89.9)), store(received_at=days_ago(91))]
    ContainedPost.objects.create(event_id=old.pk, post_id="1", author_id="2")
    HandedOver.objects.create(event_id=old.pk, next_attempt_at=NOW)
    expired = retention.expire(NOW)
    assert (expired.events, expired.is_done) == (1, True)
    assert list(Event.objects.order_by("pk")) == kept
    assert not ContainedPost.objects.exists()
    assert not HandedOver.objects.exists()
    assert RetentionPeriod.objects.get(category="messages").removed == 1


def test_a_run_whose_time_is_over_is_gone_on_with(store: Store) -> None:
    store.many(300, category="signals")
    Event.objects.update(received_at=days_ago(8))
    assert retention.expire(NOW, seconds=0) == retention.Expired(is_done=False)
    runs = 0
    while not retention.expire(NOW, seconds=0.05).is_done:
        runs += 1
        assert runs < 200
    assert not Event.objects.exists()
    assert RetentionPeriod.objects.get(category="signals").removed == 300


def test_a_second_run_at_the_same_time_leaves_it_to_the_first(store: Store) -> None:
    store(received_at=days_ago(400))
    with alone(retention.NAME, NOW):
        assert retention.expire(NOW) == retention.Expired(is_done=False)
    assert Event.objects.exists()


def test_a_longer_period_keeps_and_a_shorter_one_lets_go(store: Store) -> None:
    store(received_at=days_ago(100))
    RetentionPeriod.objects.update(days=99_999 // 3)
    assert retention.expire(NOW).events == 0
    RetentionPeriod.objects.update(days=99)
    assert retention.expire(NOW).events == 1


def test_nothing_to_do_costs_one_look_at_each_category(
    store: Store, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    store.many(500)
    Event.objects.update(received_at=days_ago(1))
    retention.expire(NOW)
    with django_assert_max_num_queries(32):
        retention.expire(NOW)


def test_the_page_says_how_far_a_category_is_behind(store: Store) -> None:
    store(message(), received_at=days_ago(93))
    kept = {one.period.category: one for one in retention.kept(NOW)}
    assert kept["messages"].late(NOW) == timedelta(days=3)
    assert kept["posts"].late(NOW) == timedelta(0)


def stamped(store: Store, days: float, number: int = 1) -> list[Event]:
    """Events that were received so many days ago, by a clock that may have been wrong."""
    return [store(received_at=days_ago(days), category="signals") for _ in range(number)]


def test_an_event_of_a_clock_that_was_ahead_stays_and_keeps_no_other_from_leaving(store: Store) -> None:
    stamped(store, 30, 3)
    [ahead] = stamped(store, -365)
    stamped(store, 20, 3)
    [kept] = stamped(store, 6)
    expired = retention.expire(NOW)
    assert (expired.events, expired.is_done) == (6, True)
    assert list(Event.objects.order_by("pk")) == [ahead, kept]
    assert RetentionPeriod.objects.get(category="signals").passed_id == ahead.pk - 1
    Event.objects.filter(pk=kept.pk).update(received_at=days_ago(8))
    assert retention.expire(NOW).events == 1
    Event.objects.update(received_at=days_ago(8))
    assert retention.expire(NOW).events == 1


def test_the_page_is_not_blind_to_what_is_late_behind_an_event_of_the_future(store: Store) -> None:
    stamped(store, -365)
    stamped(store, 20)
    kept = {one.period.category: one for one in retention.kept(NOW)}
    assert kept["signals"].late(NOW) == timedelta(days=13)


def test_an_event_of_a_clock_that_was_behind_takes_no_younger_one_along(store: Store) -> None:
    younger = [*stamped(store, 6.5), *stamped(store, 1)]
    stamped(store, 1000)
    younger += stamped(store, 1)
    retention.expire(NOW)
    assert set(younger) <= set(Event.objects.all())


def test_after_a_jump_of_the_clock_nothing_leaves_until_it_has_gone_on_for_a_while(store: Store) -> None:
    event = store(received_at=NOW)
    refusal = Refusal.objects.create(at=NOW, method="POST", path="/", status=401, reason="signature", sender="")
    retention.expire(NOW)
    ahead = NOW + timedelta(days=2000)
    for minutes in range(0, 360, 60):
        assert retention.expire(ahead + timedelta(minutes=minutes)) == retention.Expired(is_done=False)
        assert retention.prune_refusals(ahead + timedelta(minutes=minutes)).refusals == 0
    assert holding(ahead + timedelta(hours=5)) == ahead + HOLD
    assert list(Event.objects.all()) == [event]
    assert list(Refusal.objects.all()) == [refusal]
    assert retention.expire(ahead + HOLD).events == 1
    assert holding(ahead + HOLD) is None


def test_a_clock_that_was_set_back_is_believed_at_once(store: Store) -> None:
    retention.expire(NOW)
    retention.expire(NOW + timedelta(days=2000))
    store(received_at=days_ago(400))
    assert retention.expire(NOW + timedelta(minutes=1)).events == 1


def test_an_hour_without_workers_holds_nothing_up(store: Store) -> None:
    retention.expire(NOW)
    store(received_at=days_ago(400))
    assert retention.expire(NOW + timedelta(hours=1)).events == 1


def test_nothing_leaves_by_a_clock_that_is_ahead_of_the_database_s(store: Store) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has no clock of its own")
    event = store(received_at=timezone.now())
    with pytest.raises(ClockAheadOfDatabase):
        retention.expire(timezone.now() + timedelta(days=2000))
    assert list(Event.objects.all()) == [event]
