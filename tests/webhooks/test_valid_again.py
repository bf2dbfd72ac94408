"""When a webhook is valid again, the gap that it left is closed as soon as that can be seen, not at the next minute."""

from datetime import timedelta
from typing import Any

import pytest

from aaa_dashboard import background
from aaa_dashboard.deliveries import gaps
from aaa_dashboard.deliveries.models import Gap
from aaa_dashboard.webhooks.models import Webhook, WebhookChange
from aaa_dashboard.webhooks.timeline import set_valid
from tests.recovery.history import HOUR, MINUTE, NOON, History

pytestmark = pytest.mark.django_db(transaction=True)

Sent = list[tuple[str, float]]


@pytest.fixture
def history(transactional_db: None) -> History:
    made = History()
    made.receive(NOON - HOUR, NOON + HOUR)
    made.note(made.webhook, WebhookChange.Kind.INVALID, NOON)
    made.webhook.refresh_from_db()
    gaps.find(NOON + MINUTE)
    return made


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Sent:
    """What was handed to the broker, and how many seconds it is to wait."""
    names: Sent = []
    monkeypatch.setattr(
        background.Door, "apply_async", lambda self, *_, countdown, **__: names.append((self.name, countdown))
    )
    return names


def test_the_search_that_it_sets_off_comes_late_enough_to_see_that_the_gap_is_over(
    history: History, sent: Sent
) -> None:
    assert Gap.objects.get().state == Gap.State.OPEN
    set_valid(history.webhook, True, at=NOON + 5 * MINUTE)
    [(task, seconds)] = sent
    assert (task, seconds < 20) == ("deliveries.find_gaps", True)
    gaps.find(NOON + 5 * MINUTE + timedelta(seconds=seconds))
    assert (Gap.objects.get().state, Gap.objects.get().ended_at) == (Gap.State.FOUND, NOON + 5 * MINUTE)


def test_nothing_is_searched_for_where_nothing_has_changed(history: History, sent: Sent) -> None:
    set_valid(history.webhook, False)
    set_valid(history.add_webhook("https://acme.example/webhook/other"), True)
    assert sent == []


def test_a_broker_that_is_away_keeps_no_webhook_from_being_valid(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr(background.Door, "apply_async", away)
    set_valid(history.webhook, True)
    assert Webhook.objects.get().valid
    assert WebhookChange.objects.filter(kind=WebhookChange.Kind.VALID).exists()
