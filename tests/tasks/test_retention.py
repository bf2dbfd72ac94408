"""Records about the traffic itself go when they are old, and nothing else goes with them."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from aaa_dashboard.deliveries import retention, tasks
from aaa_dashboard.deliveries.models import Refusal, TrafficMinute
from aaa_dashboard.webhooks.models import App, Webhook

pytestmark = pytest.mark.django_db

NOW = datetime(2020, 3, 1, 12, 0, tzinfo=UTC)


def refuse(at: datetime, number: int = 1) -> None:
    Refusal.objects.bulk_create(
        Refusal(at=at, method="POST", path="/webhook/twitter", status=401, reason="signature", sender="192.0.2.1")
        for _ in range(number)
    )


def count_minute(minute: datetime) -> None:
    app, _ = App.objects.get_or_create(slug="twitter", defaults={"name": "Default"})
    numbers = dict.fromkeys(("deliveries", "events", "duplicates", "unsplit", "crcs"), 0)
    TrafficMinute.objects.create(app=app, minute=minute, receiver="one", **numbers)


def test_refusals_are_kept_for_thirty_days() -> None:
    refuse(NOW - timedelta(days=30, seconds=1))
    refuse(NOW - timedelta(days=30))
    assert retention.prune_refusals(NOW) == retention.Pruned(refusals=1, traffic_minutes=0)
    assert Refusal.objects.get().at == NOW - timedelta(days=30)


def test_minutes_of_traffic_are_kept_for_four_hundred_days() -> None:
    count_minute(NOW - timedelta(days=400, minutes=1))
    count_minute(NOW - timedelta(days=400))
    assert retention.prune_refusals(NOW) == retention.Pruned(refusals=0, traffic_minutes=1)
    assert TrafficMinute.objects.get().minute == NOW - timedelta(days=400)


def test_challenges_are_kept_as_long_and_the_rest_of_a_timeline_stays() -> None:
    app, _ = App.objects.get_or_create(slug="twitter", defaults={"name": "Default"})
    webhook = Webhook.objects.create(app=app, x_id="1", url="https://acme.example/webhook/twitter")
    for kind in ("challenged", "registered", "invalid"):
        webhook.changes.create(kind=kind, at=NOW - timedelta(days=401))
    webhook.changes.create(kind="challenged", at=NOW - timedelta(days=399))
    assert retention.prune_refusals(NOW).challenges == 1
    kinds = webhook.changes.order_by("at", "pk").values_list("kind", flat=True)
    assert list(kinds) == ["registered", "invalid", "challenged"]


def test_more_than_one_batch_is_removed() -> None:
    refuse(NOW - timedelta(days=31), number=retention.BATCH * 2 + 1)
    assert retention.prune_refusals(NOW).refusals == retention.BATCH * 2 + 1
    assert not Refusal.objects.exists()


def test_the_task_goes_by_the_present() -> None:
    refuse(NOW - timedelta(days=31))
    with time_machine.travel(NOW, tick=False):
        tasks.prune_refusals()
    assert not Refusal.objects.exists()
