"""Tell the lists of events which replays were open while their rows arrived."""

from datetime import datetime, timedelta

from django.db.models import Q

from aaa_dashboard.deliveries.recovered import Opening

from .models import Job

AFTERWARDS = timedelta(seconds=10)
"""What X sent before it said that it was done may be stored a little later."""
BEHIND = timedelta(seconds=30)
"""A receiver's clock may be so far behind the worker's, by which a job is asked for."""
MOST = 200


def openings(first: datetime, last: datetime) -> list[Opening]:
    """The jobs that were open between two moments of our time. One query."""
    was_open = Q(ended_at__isnull=True) | Q(ended_at__gte=first - AFTERWARDS)
    rows = (
        Job.objects.filter(was_open, asked_at__lte=last + BEHIND)
        .order_by("-asked_at")
        .values_list("webhook__app_id", "asked_at", "ended_at", "from_date", "to_date")[:MOST]
    )
    return [
        Opening(app_id, asked_at - BEHIND, ended_at + AFTERWARDS if ended_at else None, begin, end)
        for app_id, asked_at, ended_at, begin, end in rows
        if asked_at is not None
    ]
