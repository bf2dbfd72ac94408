"""How events leave: with everything that points at them."""

from collections.abc import Sequence

from django.db import transaction

from .models import Event, HandedOver
from .takedown.models import ContainedPost


def delete_events(ids: Sequence[int]) -> int:
    """Delete events, the index of their posts and what is known of their handing over. One transaction."""
    if not ids:
        return 0
    with transaction.atomic():
        ContainedPost.objects.filter(event_id__in=ids).delete()
        HandedOver.objects.filter(event_id__in=ids).delete()
        deleted, _ = Event.objects.filter(pk__in=ids).delete()
    return deleted
