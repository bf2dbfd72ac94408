"""Notices that were over long ago leave, with what was told of them."""

from datetime import datetime, timedelta

from .models import Message, Mute, Notice

KEEP = timedelta(days=180)
BATCH = 500


def prune(now: datetime) -> int:
    """Remove notices that ended half a year ago, in small batches, and mutes that are over.

    Returns:
        Number of notices removed.
    """
    Mute.objects.filter(until__lt=now).delete()
    removed = 0
    old = Notice.objects.filter(cleared_at__lt=now - KEEP)
    while batch := list(old.values_list("pk", flat=True)[:BATCH]):
        Message.objects.filter(notice__in=batch).delete()
        Notice.objects.filter(pk__in=batch).delete()
        removed += len(batch)
    return removed
