"""What is to be told to whom: written together with the change, claimed, sent once, and tried again when it fails."""

import time
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import F, Q

from .models import Channel, Message, Mute, Notice
from .telling import LONGEST_SECONDS, Outcome, tell

log = structlog.get_logger(__name__)

Change = Message.Change
WAITING = Q(sent_at=None, given_up_at=None)
# Twice what a channel may take, so that nobody sends what somebody is still sending. Who was killed meanwhile is taken
# over from.
LEASE = timedelta(seconds=2 * LONGEST_SECONDS)
# No other channel is begun with after so long: what one more may take has to fit into the time of the task.
BEGIN_WITHIN_SECONDS = 35.0
# In one letter: who has so much to tell has one thing to tell.
AT_ONCE = 50
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)
GIVE_UP = timedelta(hours=24)
CHANNEL_FAILING = "channel-failing"


@dataclass(slots=True)
class Sent:
    """How many messages went, and how many could not."""

    sent: int = 0
    failed: int = 0


def put(notice: Notice, change: Change, now: datetime) -> None:
    """Note that a change is to be told to every channel that wants to know. For the transaction of the change."""
    channels = Channel.objects.filter(enabled=True, least__lte=notice.severity)
    if notice.kind == CHANNEL_FAILING:  # a channel is not told that it cannot be told
        channels = channels.exclude(pk=notice.subject.removeprefix("channel:"))
    muted_until = Mute.objects.filter(kind=notice.kind, until__gt=now).values_list("until", flat=True).first()
    _put(notice, change, [channel.pk for channel in channels], now, muted_until or now)


def end(notice: Notice, now: datetime, due_at: datetime, *, is_told: bool) -> None:
    """Note that its end is to be told, to those who are told of the notice. For the transaction of the change."""
    # Who is muted has not heard of it, and need not.
    notice.messages.filter(WAITING, attempts=0, claimed_until=None, due_at__gt=now).delete()
    if is_told:
        told = notice.messages.exclude(change=Change.CLEARED).values_list("channel_id", flat=True).distinct()
        _put(notice, Change.CLEARED, list(told), now, due_at)


def take_back(notice: Notice, change: Change) -> bool:
    """Take back what nobody was told yet. False: somebody was, and nothing is taken back. For a transaction."""
    messages = notice.messages.filter(change=change)
    with transaction.atomic():
        number = messages.count()
        if messages.filter(WAITING, attempts=0, claimed_until=None).delete()[0] == number:
            return True
        transaction.set_rollback(True)
    return False


def forget(channel: Channel) -> None:
    """Drop what waits for a channel that is switched off: told later, it would be news no more."""
    channel.messages.filter(WAITING).delete()


def retry_now(channel: Channel, now: datetime) -> None:
    """Have what failed before sent with the next round: the channel is well again."""
    channel.messages.filter(WAITING, attempts__gt=0, claimed_until=None).update(due_at=now)


def send_due(now: datetime) -> Sent:
    """Send what is due, for each channel in one piece; what there is no time for, the next round does.

    Two who do it at once send it once.
    """
    sent, began = Sent(), time.monotonic()
    due = Message.objects.filter(WAITING, due_at__lte=now)
    # Webhooks before e-mail: a chat answers at once or not at all, a mail server may take its time.
    for channel in Channel.objects.filter(enabled=True, pk__in=due.values("channel")).order_by("-kind", "pk"):
        if (elapsed := time.monotonic() - began) > BEGIN_WITHIN_SECONDS:
            break
        claim = uuid.uuid4()
        messages = _claim(channel, claim, now, until=now + timedelta(seconds=elapsed) + LEASE)
        if not messages:
            continue
        outcome = _tell(channel, claim, messages, now, signed_at=now + timedelta(seconds=elapsed))
        if outcome.is_delivered:
            sent.sent += len(messages)
        else:
            sent.failed += len(messages)
            log.warning("a channel did not take notices", channel=channel.pk, because=outcome.said)
        _settle(channel, claim, outcome, now)
    return sent


def _put(notice: Notice, change: Change, channels: list[int], now: datetime, due_at: datetime) -> None:
    rows = [
        Message(notice=notice, channel_id=channel, change=change, made_at=now, due_at=due_at) for channel in channels
    ]
    Message.objects.bulk_create(rows, ignore_conflicts=True)


def _tell(
    channel: Channel, claim: uuid.UUID, messages: list[Message], now: datetime, *, signed_at: datetime
) -> Outcome:
    try:
        return tell(channel, messages, delivery=str(claim), now=signed_at)
    except Exception:  # above all that the time of the task is over: it is tried again later, and not at once
        _settle(channel, claim, Outcome(False, "It broke off in the middle."), now)
        raise


def _claim(channel: Channel, claim: uuid.UUID, now: datetime, *, until: datetime) -> list[Message]:
    """Take what is due for a channel, oldest first."""
    free = Q(claimed_until=None) | Q(claimed_until__lt=now)
    due = channel.messages.filter(WAITING, free, due_at__lte=now)
    chosen = list(due.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
    due.filter(pk__in=chosen).update(claimed_until=until, claim=claim)
    return list(channel.messages.filter(claim=claim).select_related("notice").order_by("pk"))


def _settle(channel: Channel, claim: uuid.UUID, outcome: Outcome, now: datetime) -> None:
    """Keep what came of it. Only what is still ours: a lease that ran out may be another's by now."""
    ours = channel.messages.filter(claim=claim)
    if outcome.is_delivered:
        with transaction.atomic():
            ours.update(sent_at=now, claimed_until=None, attempts=F("attempts") + 1, error="")
            Channel.objects.filter(pk=channel.pk).update(told_at=now, failing_since=None, error="")
        return
    with transaction.atomic():
        for message in ours:
            message.attempts += 1
            message.claimed_until, message.error = None, outcome.sentence[:500]
            message.due_at = now + min(FIRST_WAIT * 2 ** min(message.attempts - 1, 10), LONGEST_WAIT)
            message.given_up_at = now if now - message.made_at > GIVE_UP else None
            message.save(update_fields=["attempts", "claimed_until", "error", "due_at", "given_up_at"])
        failing = Channel.objects.filter(pk=channel.pk)
        failing.filter(failing_since=None).update(failing_since=now)
        failing.update(error=outcome.sentence[:500])
