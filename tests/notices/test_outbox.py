"""What is to be told survives crashes and receivers that are down, and comes once."""

import time
from datetime import timedelta
from typing import Any

import pytest
from celery.exceptions import SoftTimeLimitExceeded

from aaa_dashboard.audit import Actor
from aaa_dashboard.deliveries.models import TrafficMinute, Unsplit
from aaa_dashboard.staff.models import BackgroundProcess
from aaa_dashboard.staff.notices import handling, kinds, outbox, round  # noqa: A004 - a look round
from aaa_dashboard.staff.notices.models import Channel, Message, Notice, Severity
from aaa_dashboard.staff.notices.telling import Outcome, webhook
from aaa_dashboard.webhooks.models import Webhook

from .conftest import MINUTE, NOW, SECRET, Listener

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_queues_answer")]
BY = Actor("olga")


@pytest.fixture
def invalid(webhook: Webhook) -> Webhook:
    """The one thing that is wrong, however much later somebody looks."""
    TrafficMinute.objects.all().delete()
    BackgroundProcess.objects.all().delete()
    Webhook.objects.update(valid=False, invalid_since=NOW)
    return webhook


def said(listener: Listener) -> list[tuple[str, str]]:
    return [(each["kind"], each["change"]) for document in listener.documents for each in document["notices"]]


def test_raised_and_over_are_told_once_each(invalid: Webhook, channel: Channel, listener: Listener) -> None:
    round.compare(NOW)
    assert outbox.send_due(NOW) == outbox.Sent(sent=1)
    assert outbox.send_due(NOW + MINUTE) == outbox.Sent()
    Webhook.objects.update(valid=True)
    round.compare(NOW + 2 * MINUTE)
    assert outbox.send_due(NOW + 3 * MINUTE) == outbox.Sent()
    assert outbox.send_due(NOW + 8 * MINUTE) == outbox.Sent(sent=1)
    assert said(listener) == [("webhook-invalid", "raised"), ("webhook-invalid", "cleared")]
    assert "It was so for 2 minutes." in listener.documents[1]["text"]


def test_a_receiver_that_is_down_is_tried_again_later_and_later(
    invalid: Webhook, channel: Channel, listener: Listener
) -> None:
    listener.status = 503
    round.compare(NOW)
    waits = []
    at = NOW
    for _ in range(9):
        assert outbox.send_due(at) == outbox.Sent(failed=1)
        assert outbox.send_due(at) == outbox.Sent()
        due = Message.objects.get().due_at
        waits.append((due - at) / MINUTE)
        at = due
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    channel.refresh_from_db()
    assert channel.failing_since == NOW
    assert channel.error.startswith("The address answered 503.")
    listener.status = 200
    assert outbox.send_due(at) == outbox.Sent(sent=1)
    channel.refresh_from_db()
    assert [channel.failing_since, channel.error, channel.told_at] == [None, "", at]


def test_after_a_day_it_is_given_up(invalid: Webhook, channel: Channel, listener: Listener) -> None:
    listener.status = 503
    round.compare(NOW)
    Message.objects.update(due_at=NOW + timedelta(hours=25))
    outbox.send_due(NOW + timedelta(hours=25))
    assert Message.objects.get().given_up_at is not None
    assert outbox.send_due(NOW + timedelta(days=3)) == outbox.Sent()
    assert len(listener.taken) == 1


def test_who_was_killed_while_sending_is_taken_over_from(
    invalid: Webhook, channel: Channel, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    round.compare(NOW)

    def killed(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(outbox, "tell", killed)
        with pytest.raises(KeyboardInterrupt):
            outbox.send_due(NOW)
    assert outbox.send_due(NOW + MINUTE) == outbox.Sent(), "somebody may still be sending it"
    assert outbox.send_due(NOW + 3 * MINUTE) == outbox.Sent(sent=1)
    assert said(listener) == [("webhook-invalid", "raised")]


def test_a_lease_begins_when_a_channel_s_turn_comes_however_long_the_others_took(
    invalid: Webhook, channel: Channel, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    Channel.objects.create(kind="webhook", name="Second", address=listener.url, secret="x", least=Severity.INFO)
    leases: list[timedelta] = []

    def takes_its_time(_: Channel, messages: list[Message], **__: Any) -> Outcome:
        assert messages[0].claimed_until
        leases.append(messages[0].claimed_until - NOW)
        time.sleep(0.2)
        return Outcome(True, "")

    monkeypatch.setattr(outbox, "tell", takes_its_time)
    round.compare(NOW)
    outbox.send_due(NOW)
    assert leases[0] >= outbox.LEASE
    assert leases[1] - leases[0] >= timedelta(seconds=0.2)


def test_a_program_that_answers_just_before_the_limit_is_told_once(
    invalid: Webhook, channel: Channel, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook, "READ_SECONDS", 1.0)
    listener.before = lambda: time.sleep(0.5)
    round.compare(NOW)
    for later in range(3):
        outbox.send_due(NOW + later * MINUTE)
    assert said(listener) == [("webhook-invalid", "raised")]


def test_who_comes_after_slow_ones_is_told_with_the_next_round(
    invalid: Webhook, channel: Channel, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    Channel.objects.create(kind="webhook", name="Second", address=listener.url, secret="x", least=Severity.INFO)
    monkeypatch.setattr(outbox, "BEGIN_WITHIN_SECONDS", 0.05)
    listener.before = lambda: time.sleep(0.1)
    round.compare(NOW)
    assert outbox.send_due(NOW) == outbox.Sent(sent=1)
    assert outbox.send_due(NOW + MINUTE) == outbox.Sent(sent=1)
    assert len(listener.taken) == 2


def test_what_broke_off_because_its_time_was_over_is_tried_again_later_and_not_at_once(
    invalid: Webhook, channel: Channel, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    round.compare(NOW)

    def out_of_time(*_: Any, **__: Any) -> None:
        raise SoftTimeLimitExceeded

    with monkeypatch.context() as patched:
        patched.setattr(outbox, "tell", out_of_time)
        with pytest.raises(SoftTimeLimitExceeded):
            outbox.send_due(NOW)
    message = Message.objects.get()
    assert (message.attempts, message.claimed_until, message.due_at) == (1, None, NOW + MINUTE)


def test_what_has_gathered_comes_in_one_piece(invalid: Webhook, channel: Channel, listener: Listener) -> None:
    for n in range(3):
        Webhook.objects.create(app=invalid.app, x_id=f"more {n}", url=f"https://acme.example/{n}", valid=False)
    round.compare(NOW)
    assert outbox.send_due(NOW) == outbox.Sent(sent=4)
    (document,) = listener.documents
    assert len(document["notices"]) == 4
    assert document["link"].endswith("/notices/")
    assert "(and 3 more)" in document["text"]


def test_a_channel_hears_only_of_what_is_grave_enough_for_it(
    invalid: Webhook, channel: Channel, listener: Listener
) -> None:
    Channel.objects.update(least=Severity.URGENT)
    Webhook.objects.update(last_crc_at=NOW, last_crc_ms=2_000)
    round.compare(NOW)
    outbox.send_due(NOW)
    assert said(listener) == [("webhook-invalid", "raised")]


def test_one_channel_that_fails_keeps_no_other_waiting(invalid: Webhook, channel: Channel, listener: Listener) -> None:
    Channel.objects.create(kind="email", name="Mail", address="duty@example.org", least=Severity.INFO)
    round.compare(NOW)
    assert outbox.send_due(NOW) == outbox.Sent(sent=1, failed=1)
    assert len(listener.taken) == 1


def test_a_channel_is_not_told_that_it_cannot_be_told(webhook: Webhook, channel: Channel, listener: Listener) -> None:
    other = Channel.objects.create(kind="webhook", name="Other", address=listener.url, secret="x")
    Channel.objects.filter(pk=other.pk).update(failing_since=NOW - 10 * MINUTE, error="Nobody answers.")
    round.compare(NOW)
    assert [message.channel for message in Message.objects.all()] == [channel]


def test_a_muted_kind_is_shown_and_told_when_the_mute_ends(
    invalid: Webhook, channel: Channel, listener: Listener
) -> None:
    handling.mute("webhook-invalid", timedelta(hours=1), by=BY, now=NOW)
    round.compare(NOW + MINUTE)
    assert Notice.objects.get().cleared_at is None
    assert outbox.send_due(NOW + 59 * MINUTE) == outbox.Sent()
    assert outbox.send_due(NOW + 60 * MINUTE) == outbox.Sent(sent=1)


def test_what_came_and_went_while_it_was_muted_is_never_told(
    invalid: Webhook, channel: Channel, listener: Listener
) -> None:
    handling.mute("webhook-invalid", timedelta(hours=1), by=BY, now=NOW)
    round.compare(NOW + MINUTE)
    Webhook.objects.update(valid=True)
    round.compare(NOW + 2 * MINUTE)
    outbox.send_due(NOW + timedelta(hours=3))
    assert listener.taken == []


def test_unmuting_tells_what_is_open(invalid: Webhook, channel: Channel, listener: Listener) -> None:
    handling.mute("webhook-invalid", timedelta(hours=8), by=BY, now=NOW)
    round.compare(NOW + MINUTE)
    assert handling.unmute("webhook-invalid", by=BY, now=NOW + 2 * MINUTE)
    assert not handling.unmute("webhook-invalid", by=BY, now=NOW + 2 * MINUTE)
    assert outbox.send_due(NOW + 2 * MINUTE) == outbox.Sent(sent=1)


def test_a_channel_that_is_switched_off_hears_nothing(invalid: Webhook, channel: Channel, listener: Listener) -> None:
    Channel.objects.update(enabled=False)
    round.compare(NOW)
    assert not Message.objects.exists()
    assert kinds.get("webhook-invalid") is not None


def test_what_needs_no_end_has_none(webhook: Webhook, channel: Channel, listener: Listener) -> None:
    row = Unsplit.objects.create(app=webhook.app, digest="0" * 64, received_at=NOW, reason="not JSON", body=b"{")
    round.compare(NOW)
    outbox.send_due(NOW)
    row.delete()
    round.compare(NOW + MINUTE)
    outbox.send_due(NOW + timedelta(hours=1))
    assert said(listener) == [("unsplit", "raised")]


def test_what_is_told_after_somebody_slow_is_signed_when_it_is_sent(
    invalid: Webhook, channel: Channel, listener: Listener
) -> None:
    Channel.objects.create(kind="webhook", name="Next", address=listener.url, secret=SECRET, least=Severity.INFO)
    listener.before = lambda: time.sleep(0 if listener.taken else 1.1)
    round.compare(NOW)
    assert outbox.send_due(NOW) == outbox.Sent(sent=2)
    signed = [int(headers["x-aaa-timestamp"]) for headers, _ in listener.taken]
    assert signed[0] == NOW.timestamp()
    assert signed[1] > NOW.timestamp()
