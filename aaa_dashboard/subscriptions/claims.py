"""Claim, then work: rows that somebody asks X about are taken by a conditional UPDATE, for a while at most.

A transaction would do it as well, but would stay open while X thinks, and on SQLite keep the receiver from storing.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from aaa_dashboard.clocks import has_come

from .models import Move, Subscription

LEASE = timedelta(seconds=90)
PATIENCE_SECONDS = 5.0
POLL_SECONDS = 0.1


class Busy(Exception):
    """Somebody else is at it, and was not done in time."""

    def __str__(self) -> str:
        return "Somebody else is changing the same. Try again in a minute."


@contextmanager
def claimed(row: Subscription | Move, patience_seconds: float = PATIENCE_SECONDS) -> Iterator[None]:
    """Hold a row; inside it is as the database has it now. It is let go at the end, however that comes.

    Raises:
        Busy: Somebody else holds it and did not let go in time.
    """
    until = _take(row, time.monotonic() + patience_seconds)
    try:
        row.refresh_from_db()
        yield
    finally:
        # Only what is still ours: a lease that ran out may be another's by now.
        type(row).objects.filter(pk=row.pk, claimed_until=until).update(claimed_until=None)


def free(now: datetime) -> Q:
    """Match rows that nobody holds."""
    return has_come("claimed_until", now, LEASE)


def _take(row: Subscription | Move, give_up_at: float) -> datetime:
    while True:
        now = timezone.now()
        until = now + LEASE
        if type(row).objects.filter(free(now), pk=row.pk).update(claimed_until=until):
            return until
        if time.monotonic() >= give_up_at:
            raise Busy
        time.sleep(POLL_SECONDS)
