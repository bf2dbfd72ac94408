"""Everything on the overview, read with a fixed number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Prefetch
from django.urls import reverse

from aaa_dashboard.deliveries.models import Gap
from aaa_dashboard.subscriptions.models import Usage
from aaa_dashboard.webhooks.models import App, Webhook

from ..notices.channels import reached
from ..notices.round import still_so
from ..notices.views.notices import open_first
from . import panels
from .checklist import checklist
from .flow import flow
from .panels import Line, Panel
from .standstill import current_webhooks

GAPS_SHOWN = 5
NOTICES_SHOWN = 8


@dataclass(frozen=True, slots=True)
class AppShown:
    """One app with its webhooks and what of the contract it uses."""

    app: App
    webhooks: Sequence[Webhook]
    """Each with `accounts`, the number of accounts on it."""
    usage: Usage | None


def overview(now: datetime, *, may_tell: bool) -> dict[str, Any]:
    """Return what the template of the overview shows.

    Args:
        now: The moment it is drawn.
        may_tell: Whether the reader may say where notices are sent.
    """
    apps = _apps()
    webhooks = [webhook for one in apps for webhook in one.webhooks]
    flowing = flow(webhooks, now)
    notices = still_so(open_first(), now)
    steps = checklist([one.app for one in apps], webhooks, has_events=flowing.last_at is not None, may_tell=may_tell)
    return {
        "now": now,
        "flow": flowing,
        "notices": notices[:NOTICES_SHOWN],
        "more_notices": len(notices) - NOTICES_SHOWN,
        "apps": apps,
        "panels": [_gaps(), *panels.drawn(now)],
        "steps": steps,
        "is_told": reached()[0] > 0,
    }


def _apps() -> Sequence[AppShown]:
    current = Prefetch("webhooks", current_webhooks(), to_attr="current")
    apps = App.objects.order_by("pk").prefetch_related(current)
    usages = {usage.app_id: usage for usage in Usage.objects.all()}
    return [AppShown(app, app.current, usages.get(app.pk)) for app in apps]


def _gaps() -> Panel:
    states = Gap.State
    tones = {states.OPEN: "missing", states.FOUND: "unknown", states.RECOVERING: "unknown"}
    rows = Gap.objects.filter(state__in=tones).select_related("webhook").order_by("-began_at")[: GAPS_SHOWN + 1]
    lines = [
        Line(
            f"{gap.get_cause_display()} from {gap.began_at:%-d %B %H:%M} UTC, {gap.webhook}",
            reverse("staff:gap", args=[gap.pk]),
            gap.get_state_display(),
            tones[states(gap.state)],
        )
        for gap in rows[:GAPS_SHOWN]
    ]
    if len(rows) > GAPS_SHOWN:
        lines.append(Line("There are more.", reverse("staff:gaps"), "Older", "removed"))
    return Panel("Gaps", reverse("staff:gaps"), tuple(lines), "No gap is open.")
