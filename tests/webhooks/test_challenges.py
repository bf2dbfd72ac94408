"""Challenges that X signed are in the timeline, with the time the answer took."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from aaa_dashboard.deliveries.traffic import CHALLENGES_KEPT, Traffic
from aaa_dashboard.webhooks.challenges import Challenge, keep
from aaa_dashboard.webhooks.models import App, Webhook
from tests.webhooks.conftest import timeline

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.fixture
def hook(app: App) -> Webhook:
    return Webhook.objects.create(app=app, x_id="1", url=f"{app.receive_url}/", valid=True)


def kept(*challenges: Challenge) -> None:
    """As the receiver does, in a thread of its own."""
    thread = threading.Thread(target=keep, args=[challenges])
    thread.start()
    thread.join(60)


@pytest.mark.django_db(transaction=True)
def test_one_that_was_answered_by_a_clock_that_was_ahead_is_not_the_last_for_ever(app: App, hook: Webhook) -> None:
    kept(Challenge(app.pk, NOW + timedelta(days=300), 9.0), Challenge(app.pk, NOW, 1.5))
    hook.refresh_from_db()
    assert (hook.last_crc_at, hook.last_crc_ms) == (NOW, 1.5)


@pytest.mark.django_db(transaction=True)
def test_a_challenge_is_a_line_and_the_newest_is_the_last(app: App, hook: Webhook) -> None:
    kept(Challenge(app.pk, NOW, 1.5), Challenge(app.pk, NOW - timedelta(hours=1), 9.0))
    hook.refresh_from_db()
    assert (hook.last_crc_at, hook.last_crc_ms) == (NOW, 1.5)
    assert timeline(hook) == ["challenged", "challenged"]
    assert hook.changes.latest("at").answer_ms == 1.5


@pytest.mark.django_db(transaction=True)
def test_it_belongs_to_webhooks_of_the_path_that_was_asked(app: App, hook: Webhook) -> None:
    other = Webhook.objects.create(app=app, x_id="2", url="https://example.org/webhook/other")
    kept(Challenge(app.pk, NOW, 1.5))
    assert timeline(other) == []
    assert timeline(hook) == ["challenged"]


def test_those_that_anybody_may_send_are_counted_and_not_kept() -> None:
    traffic = Traffic("receiver", 10)
    traffic.challenged(1, 0.001, is_signed=False)
    assert traffic.take_challenges() == []
    traffic.challenged(1, 0.002, is_signed=True)
    [one] = traffic.take_challenges()
    assert (one.app_id, one.answer_ms) == (1, 2.0)
    assert traffic.take_challenges() == []
    assert traffic.totals["crcs", ""] == 2


def test_a_flood_of_them_does_not_fill_the_memory() -> None:
    traffic = Traffic("receiver", 10)
    for _ in range(CHALLENGES_KEPT * 2):
        traffic.challenged(1, 0.001, is_signed=True)
    assert len(traffic.take_challenges()) == CHALLENGES_KEPT
