"""Which events came by a replay: X marks none, so they are told by their age and by what was open when they came.

Nothing is written for it: a list asks for the few replays that were open while its rows arrived. Whoever asks X for
replays tells of them through `register`; this module knows nobody.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from .models import Event

ATTEMPTED_LATER = timedelta(minutes=10)
"""X takes a window by when it tried to deliver: for what happened shortly before the window, that may lie in it."""


@dataclass(frozen=True, slots=True)
class Opening:
    """A stretch of our time in which a replay brought what had happened in a window of X's."""

    app_id: int
    opened_at: datetime
    closed_at: datetime | None
    """None: it is open still."""
    window_begin: datetime
    window_end: datetime

    def brought(self, event: Event) -> bool:
        """Whether an event came by it, as far as one can tell."""
        return (
            event.app_id == self.app_id
            and self.opened_at <= event.received_at
            and (self.closed_at is None or event.received_at <= self.closed_at)
            and self.window_begin - ATTEMPTED_LATER <= event.occurred_at < self.window_end
        )


Source = Callable[[datetime, datetime], list[Opening]]
"""Tells of what was open between two moments of our time."""

_sources: list[Source] = []


def register(source: Source) -> None:
    """Have a source asked from now on; once, however often it is registered."""
    if source not in _sources:
        _sources.append(source)


def ids_of(events: Iterable[Event]) -> set[int]:
    """Return the ids of those events that came by a replay. One query, and none where every event came at once."""
    old = [event for event in events if event.received_at - event.occurred_at >= _youngest()]
    if not old:
        return set()
    moments = [event.received_at for event in old]
    openings = [one for source in _sources for one in source(min(moments), max(moments))]
    return {event.pk for event in old if any(one.brought(event) for one in openings)}


def _youngest() -> timedelta:
    """X replays nothing younger."""
    return timedelta(minutes=settings.X_REPLAY_TO_MINUTES)
