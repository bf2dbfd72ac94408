"""What had to be erased by now and is not."""

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse

from aaa_dashboard.deliveries.takedown.models import Takedown

from ..finding import Finding, moment


def takedown_late(now: datetime) -> Iterator[Finding]:
    """Find takedowns whose clock ran out."""
    for row in Takedown.objects.filter(done_at=None, due_at__lt=now).order_by("pk"):
        yield Finding(
            subject=f"takedown:{row.pk}",
            title="A takedown is late",
            text=f"{row.get_what_display()}, asked for on {moment(row.asked_at)}, was due on {moment(row.due_at)}.",
            url=reverse("staff:takedown", args=[row.pk]),
        )
