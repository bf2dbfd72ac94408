"""What the overview shows of replays: those that wait or run."""

from datetime import datetime

from django.urls import reverse

from aaa_dashboard.staff.overview.panels import Line, Panel

from .models import Replay

SHOWN = 5


def panel(_now: datetime) -> Panel:
    """Draw it with one query."""
    replays = Replay.objects.filter(state__in=Replay.OPEN).select_related("webhook").order_by("-state", "pk")
    lines = tuple(
        Line(
            f"{replay.from_date:%-d %B %H:%M} to {replay.to_date:%-d %B %H:%M} UTC, {replay.webhook}",
            reverse("replays:replay", args=[replay.pk]),
            replay.get_state_display(),
        )
        for replay in replays[:SHOWN]
    )
    return Panel("Replays", reverse("replays:list"), lines, "No replay waits or runs.")
