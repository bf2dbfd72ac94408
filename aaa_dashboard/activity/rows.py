"""The one row that Live, its stream and Events show."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from django.template.loader import get_template
from django.utils.safestring import SafeString, mark_safe
from heroicons.templatetags.heroicons import heroicon_mini

from aaa_dashboard.deliveries.models import Category, Event
from aaa_dashboard.deliveries.recovered import ids_of as recovered_ids

from .cards import Card, Person, card_of

READ_MESSAGES = "deliveries.read_direct_messages"
"""The permission without which the words of a direct message are nowhere shown."""
LATE = timedelta(minutes=15)
"""From here on a row says how long an event took to reach us: X retries for minutes and replays days."""
X_BEGAN = 2006
EXCERPT = 600
"""Characters of text in a row; the event's own page has all of it."""

# `dm_events`, `directMessage…`, `x.dm.edited`, `Chat.received`; rather one too many than the words of one in the open.
_SOUNDS_PRIVATE = re.compile(r"^dm|[^a-z]dm|(?-i:[a-z]D[mM])|message|chat", re.IGNORECASE)

ROW_FIELDS = ("app", "for_user_id", "kind", "category", "payload", "occurred_at", "received_at", "redeliveries")


@dataclass(frozen=True, slots=True)
class Row:
    """An event and its card. `readable`: the reader may open direct messages; `recovered`: it came by a replay."""

    event: Event
    card: Card
    readable: bool
    recovered: bool = False

    @property
    def icon(self) -> SafeString:
        return icon(self.card.icon)

    @property
    def covered(self) -> bool:
        """In a list the text of a direct message is covered for everybody: reading one is recorded."""
        return is_private(self.event, self.card)

    @property
    def text(self) -> str:
        return _excerpt(self.card.text)

    @property
    def quote(self) -> str:
        return _excerpt(self.card.quote)

    @property
    def tags(self) -> tuple[str, ...]:
        tags = self.card.tags
        if self.event.redeliveries:
            tags += (f"redelivered {self.event.redeliveries} ×" if self.event.redeliveries > 1 else "redelivered",)
        delay = self.event.received_at - self.event.occurred_at
        return (*tags, f"{in_words(delay)} late") if self.is_timed and delay >= LATE else tags

    @property
    def is_timed(self) -> bool:
        """Whether X sent a time that can be one; where it sent none, the receiver's stands for it."""
        return self.event.occurred_at != self.event.received_at and self.event.occurred_at.year >= X_BEGAN

    def render(self) -> SafeString:
        return render(self)


def is_private(event: Event, card: Card) -> bool:
    """Say whether an event holds the words of a direct message. Unknown kinds that sound like one count as one."""
    if event.category == Category.MESSAGES or card.private:
        return True
    return event.category == Category.OTHER and bool(_SOUNDS_PRIVATE.search(event.kind))


def rows_of(events: Iterable[Event], names: Mapping[str, Person], *, readable: bool) -> list[Row]:
    """Read the events' payloads."""
    events = list(events)
    recovered = recovered_ids(events)
    return [
        Row(event, card_of(event.kind, event.payload, event.for_user_id, names), readable, event.pk in recovered)
        for event in events
    ]


def render(row: Row) -> SafeString:
    """Render one row as an `li`, the same for everybody who has the same right to direct messages."""
    return mark_safe(get_template("activity/_row.html").render({"row": row}))  # noqa: S308 - the template escapes


@cache
def icon(name: str) -> SafeString:
    """Return an icon as inline SVG; it says nothing that the label beside it does not."""
    return mark_safe(heroicon_mini(name, size=16, aria_hidden="true"))  # noqa: S308 - drawn by the library


def in_words(span: timedelta) -> str:
    """Say a stretch of time in its largest unit: `40 min`, `3 h`, `2 d`."""
    seconds = int(span.total_seconds())
    for length, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"


def _excerpt(text: str) -> str:
    return text if len(text) <= EXCERPT else f"{text[:EXCERPT].rstrip()} …"
