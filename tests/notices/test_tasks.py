"""The doors: one looks round and has what is new told at once, one tells what is due, one forgets what is old."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from aaa_dashboard import background
from aaa_dashboard.staff import tasks
from aaa_dashboard.staff.notices.models import Channel, Message, Notice
from aaa_dashboard.webhooks.models import Webhook

from .conftest import NOW, Listener

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_queues_answer")]


@pytest.fixture
def nudged(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Tasks that were sent to a worker."""
    sent: list[Any] = []
    monkeypatch.setattr(background, "nudge", sent.append)
    return sent


def test_what_is_new_is_told_at_once_and_what_is_not_is_left_to_its_minute(webhook: Webhook, nudged: list[Any]) -> None:
    with time_machine.travel(NOW, tick=False):
        tasks.look_round()
    assert nudged == []
    Webhook.objects.update(valid=False, invalid_since=NOW)
    with time_machine.travel(NOW + timedelta(seconds=50), tick=False):
        tasks.look_round()
        tasks.look_round()
    assert nudged == [tasks.tell]


def test_telling_goes_by_the_present(webhook: Webhook, channel: Channel, listener: Listener, nudged: list[Any]) -> None:
    Webhook.objects.update(valid=False, invalid_since=NOW)
    with time_machine.travel(NOW, tick=False):
        tasks.look_round()
        Message.objects.update(due_at=NOW + timedelta(seconds=1))
        tasks.tell()
        assert listener.taken == []
    with time_machine.travel(NOW + timedelta(seconds=1), tick=False):
        tasks.tell()
        tasks.tell()
    assert len(listener.taken) == 1


def test_what_is_old_is_forgotten(webhook: Webhook) -> None:
    Notice.objects.create(
        kind="gap", subject="x", severity=2, title="A gap", text="It was.", remedy="Wait.", url="/", action="See",
        raised_at=NOW, cleared_at=NOW,
    )  # fmt: skip
    with time_machine.travel(NOW + timedelta(days=180), tick=False):
        tasks.prune_notices()
        assert Notice.objects.exists()
    with time_machine.travel(NOW + timedelta(days=181), tick=False):
        tasks.prune_notices()
    assert not Notice.objects.exists()
