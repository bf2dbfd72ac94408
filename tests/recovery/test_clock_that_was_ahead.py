"""A clock that ran ahead for a while does not keep followers where they are until it is there again."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from aaa_dashboard.deliveries.following import SETTLES, alone, settled_id
from aaa_dashboard.deliveries.models import Event, Follower, Horizon

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
