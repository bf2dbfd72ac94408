"""When X was replaying: `deliveries.gaps` asks, because X attempts a replayed delivery only once."""

from django.db.models import Q

from aaa_dashboard.deliveries.gaps.stretches import Stretch
from aaa_dashboard.webhooks.models import Webhook

from .models import Job


def was_replaying(webhook: Webhook, stretch: Stretch) -> bool:
    """Whether a job may have been running at X in a stretch of time."""
    jobs = Job.objects.filter(webhook=webhook, asked_at__lt=stretch.ended_at)
    return jobs.filter(Q(ended_at=None) | Q(ended_at__gt=stretch.began_at)).exists()
