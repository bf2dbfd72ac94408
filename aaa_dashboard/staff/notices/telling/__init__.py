"""Telling a channel: `wording` puts changes into words, `email` and `webhook` carry them, `outcome` says what came."""

from collections.abc import Sequence
from datetime import datetime

from ..models import Channel, Message
from . import email, webhook, wording
from .outcome import Outcome

__all__ = ["LONGEST_SECONDS", "Outcome", "tell", "test"]

LONGEST_SECONDS = 60
"""What telling takes at most: a letter, by its own limit; a POST is done sooner, with all addresses of a host tried."""


def tell(channel: Channel, messages: Sequence[Message], *, delivery: str, now: datetime) -> Outcome:
    """Tell changes of notices in one piece.

    Args:
        channel: Where to.
        messages: What, in order; at least one.
        delivery: The same for the same piece, so that its receiver can tell when it comes twice.
        now: When it is signed.
    """
    return _carry(channel, wording.letter_of(messages), delivery=delivery, now=now)


def test(channel: Channel, *, by: str, delivery: str, now: datetime) -> Outcome:
    """Send a message that says that it is a test, at once."""
    return _carry(channel, wording.test_letter(by), delivery=delivery, now=now)


def _carry(channel: Channel, letter: wording.Letter, *, delivery: str, now: datetime) -> Outcome:
    if channel.kind == Channel.Kind.EMAIL:
        return email.send(channel.address, letter)
    return webhook.post(channel.address, channel.secret, letter, delivery=delivery, now=now)
