"""Whether the clock may be believed by those who remove what is old: one that is a year ahead would remove it all.

Kept as the follower `NAME`: up to which second time was seen to pass, and until when what was seen last is doubted.
"""

from datetime import UTC, datetime, timedelta

import structlog
from django.db import connection

from .models import Follower

NAME = "present"
JUMP = timedelta(hours=3)
"""Longer than between two looks while everything runs."""
HOLD = timedelta(hours=6)
"""A machine whose clock is wrong has it set within minutes, where it is set at all."""
DATABASE_DIFFERS = timedelta(minutes=10)

log = structlog.get_logger(__name__)


class ClockAheadOfDatabase(Exception):
    """The clock of this machine is far ahead of the database's: nothing is removed by it."""


def held_until(now: datetime) -> datetime | None:
    """Look at the clock. Who removes what is old asks each time, and removes nothing before the moment returned.

    After a jump ahead nothing leaves until the clock has gone on for a while, or is set back. Days without workers
    look the same, and cost that while.

    Returns:
        None: the clock is believed.

    Raises:
        ClockAheadOfDatabase: By the database it is much earlier.
    """
    if now - _of_database(now) > DATABASE_DIFFERS:
        raise ClockAheadOfDatabase
    second = int(now.timestamp())
    follower, _ = Follower.objects.get_or_create(name=NAME, defaults={"passed_id": second})
    passed, held = timedelta(seconds=second - follower.passed_id), follower.claimed_until
    if passed > JUMP:
        held = now + min(passed, HOLD)
        log.warning("the clock jumped: nothing leaves for a while", by=str(passed), until=held)
    elif passed < timedelta(0) or (held is not None and held <= now):
        held = None  # it was set back, or has gone on for long enough
    Follower.objects.filter(name=NAME).update(passed_id=second, claimed_until=held)
    return held


def holding(now: datetime) -> datetime | None:
    """Return until when nothing leaves, for a page."""
    held = Follower.objects.filter(name=NAME, claimed_until__gt=now)
    return held.values_list("claimed_until", flat=True).first()


def _of_database(now: datetime) -> datetime:
    if connection.vendor == "sqlite":
        return now  # it runs by our clock
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment.astimezone(UTC)
