"""How often X may be asked for replays: five times in a quarter of an hour for each app, by our own count.

X's headers say the same to the process that saw them; this count is shared by all and outlives them.
"""

from datetime import datetime, timedelta

from aaa_dashboard import clocks
from aaa_dashboard.webhooks.models import App

from .models import Ask, Job

MOST = 5
SPAN = timedelta(minutes=15)


def least(requests: int) -> timedelta:
    """How long it takes to ask so often, from the first time to the last."""
    return max(requests - 1, 0) // MOST * SPAN


def free_at(app: App, *, now: datetime) -> datetime | None:
    """When an app may ask again; None: now."""
    # What lies ahead was written by a clock that was: X has forgotten it, or will say so itself.
    asked = Ask.objects.filter(app=app, at__gt=now - SPAN, at__lte=now + clocks.DIFFER)
    last = list(asked.order_by("-at").values_list("at", flat=True)[:MOST])
    return last[-1] + SPAN if len(last) == MOST else None


def take(job: Job, *, now: datetime) -> Ask | None:
    """Take one of the five, inside of a transaction; None: there is none left."""
    # Two workers that ask for two webhooks of an app count one after the other. (SQLite has one writer anyway.)
    app = App.objects.select_for_update().get(pk=job.webhook.app_id)
    return None if free_at(app, now=now) else Ask.objects.create(app=app, job=job, at=now)
