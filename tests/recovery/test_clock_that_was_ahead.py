"""A clock that ran ahead for a while does not keep followers where they are until it is there again."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from aaa_dashboard.audit import Actor
from aaa_dashboard.deliveries import hand_over
from aaa_dashboard.deliveries.following import SETTLES, alone, settled_id
from aaa_dashboard.deliveries.models import Event, Follower, HandedOver, Horizon
from aaa_dashboard.deliveries.takedown import requests
from aaa_dashboard.deliveries.takedown.models import Takedown
from tests.activity.factory import Store

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def test_what_settles_is_watched_anew() -> None:
    if connection.vendor == "sqlite":
        pytest.skip("what is visible on SQLite has settled")
    settled_id(Event, NOW + timedelta(days=1))
    Horizon.objects.update(seen_id=4, settled_id=3)
    assert settled_id(Event, NOW) == 3, "nothing is known of what was seen by that clock"
    Horizon.objects.update(seen_id=7)
    assert settled_id(Event, NOW + SETTLES) == 7


def test_a_lease_of_that_clock_keeps_nobody_out() -> None:
    Follower.objects.create(name="one", claimed_until=NOW + timedelta(days=1))
    with alone("one", NOW) as ours, alone("one", NOW) as another:
        assert (ours, another) == (True, False)


def test_a_takedown_that_was_claimed_by_it_goes_on() -> None:
    requests.ask(Takedown.What.AUTHOR, "1", by=Actor("olga"), now=NOW)
    Takedown.objects.update(claimed_until=NOW + timedelta(days=1))
    assert requests.work(NOW).finished == 1


def test_what_was_to_be_handed_over_then_is_handed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    handed: list[int] = []
    monkeypatch.setitem(hand_over._owners, "post", lambda event: handed.append(event.pk))
    event = Store()(kind="post", category="deletions")
    later = HandedOver.objects.create(event_id=event.pk, next_attempt_at=NOW + hand_over.LONGEST_WAIT)
    hand_over.sweep(NOW)
    assert handed == []
    HandedOver.objects.filter(pk=later.pk).update(next_attempt_at=NOW + timedelta(days=1))
    hand_over.sweep(NOW)
    assert handed == [event.pk]
