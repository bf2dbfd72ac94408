"""What a takedown found, for its report."""

from collections import Counter
from collections.abc import Mapping

from django.db import transaction

from .models import Takedown

EVENTS_FOR = "events for it"
EVENTS_BY = "events by it"
IN_UNSPLIT = "deliveries that could not be taken apart"


def count(takedown: Takedown, found: Mapping[str, int]) -> None:
    """Add to what was found. To be called in the transaction that erases it, where that is one."""
    if not any(found.values()):
        return
    with transaction.atomic():
        row = Takedown.objects.select_for_update().only("found").get(pk=takedown.pk)
        row.found = dict(Counter(row.found) + Counter(found))
        row.save(update_fields=["found"])
    takedown.found = row.found
