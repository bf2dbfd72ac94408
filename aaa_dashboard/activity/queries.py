"""Reading events for lists. Ordered by id and cut by id: nothing here counts, and any depth costs the same."""

from dataclasses import dataclass

from aaa_dashboard.deliveries.models import Event

from .filters import Filters
from .rows import ROW_FIELDS

PAGE = 50


@dataclass(frozen=True, slots=True)
class Page:
    """Events, newest first, and the ids to go on from; None where that way there is nothing."""

    events: list[Event]
    before: int | None
    after: int | None


def newest(filters: Filters, size: int = PAGE) -> list[Event]:
    """Return the newest events of a view."""
    return list(filters.narrow(Event.objects.only(*ROW_FIELDS)).order_by("-id")[:size])


def page_of(filters: Filters, before: int | None = None, after: int | None = None, size: int = PAGE) -> Page:
    """Return the page older than `before`, or the one newer than `after`, or the first. One query.

    One event more than fits is read: it says whether the way goes on.
    """
    events = filters.narrow(Event.objects.only(*ROW_FIELDS))
    if after is not None:
        found = list(events.filter(id__gt=after).order_by("id")[: size + 1])
        shown = found[:size][::-1]
        more_older, more_newer = True, len(found) > size
    else:
        if before is not None:
            events = events.filter(id__lt=before)
        found = list(events.order_by("-id")[: size + 1])
        shown = found[:size]
        more_older, more_newer = len(found) > size, before is not None
    if not shown:
        # Walked past the end: the only way is back.
        return Page([], before=None if after is None else after + 1, after=None if before is None else before - 1)
    return Page(shown, before=shown[-1].pk if more_older else None, after=shown[0].pk if more_newer else None)
