"""What X has still to send again: `webhooks` asks, since X replays to the webhook whose deliveries they were alone."""

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from aaa_dashboard.deliveries.models import Gap
from aaa_dashboard.webhooks.models import Webhook
from aaa_dashboard.webhooks.owed import Owed

from .models import Replay
from .windows import oldest


def owed(webhook: Webhook) -> list[Owed]:
    """Replays that are wanted, and gaps within X's reach that wait for one; the oldest first."""
    replays = Replay.objects.filter(webhook=webhook, state__in=Replay.WANTED).order_by("pk")
    is_in_reach = Q(ended_at=None) | Q(ended_at__gt=oldest(timezone.now()))
    gaps = Gap.objects.filter(is_in_reach, webhook=webhook, state__in=[Gap.State.OPEN, Gap.State.FOUND])
    return [
        *(_owed(one, reverse("replays:replay", args=[one.pk])) for one in replays),
        *(_owed(one, reverse("staff:gap", args=[one.pk])) for one in gaps.order_by("began_at", "pk")),
    ]


def _owed(one: Replay | Gap, url: str) -> Owed:
    name = str(one)
    return Owed(f"{name[:1].upper()}{name[1:]}: {one.get_state_display().lower()}", url)
