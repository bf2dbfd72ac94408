"""Moments to come that were written by a clock that was ahead for a while: nothing waits until they are there.

A machine that resumes, or that starts before its clock is set, writes leases and next attempts that lie hours or years
ahead. Beside the layers, as `runs`.
"""

from datetime import datetime, timedelta

from django.db.models import Q

DIFFER = timedelta(minutes=2)
"""What the clocks of two machines may be apart."""


def has_come(field: str, now: datetime, longest: timedelta) -> Q:
    """Match rows whose moment has come, that wait for none, or whose moment is further ahead than it can be.

    Args:
        field: Name of the column.
        now: The present.
        longest: How far ahead a moment is written at most.
    """
    beyond = now + longest + DIFFER
    return Q(**{f"{field}__isnull": True}) | Q(**{f"{field}__lte": now}) | Q(**{f"{field}__gt": beyond})


def is_ahead(moment: datetime | None, now: datetime) -> bool:
    """Whether what has happened already is written down with a moment to come."""
    return moment is not None and moment > now + DIFFER
