"""Who is meant when all posts of an account are to go: what it is called, and how much of it is known to be here."""

from dataclasses import dataclass

from aaa_dashboard.subscriptions.models import Account

from ..accounts import users_in
from ..models import Event
from ..split import CannotSplit
from .models import ContainedPost

EVENTS_LOOKED_AT = 5_000
"""So many of the latest events are looked through for a name: a part of a second."""
NAMES_LOOKED_AT = 20
MOST_COUNTED = 1_000


@dataclass(frozen=True, slots=True)
class Author:
    """An account whose posts others hold, whether it is one of ours or not."""

    x_user_id: str
    screen_name: str
    """As it was called last; empty: no event of it says so."""
    events: int
    """That are known to hold a post by it, at the most `MOST_COUNTED`."""

    @property
    def has_more(self) -> bool:
        """Whether it was not counted to the end."""
        return self.events == MOST_COUNTED


def author(x_user_id: str) -> Author:
    """Look up what is known of an account."""
    held = ContainedPost.objects.filter(author_id=x_user_id).values_list("event_id", flat=True)[:MOST_COUNTED]
    return Author(x_user_id, _screen_name(x_user_id), len(held))


def ids_called(screen_name: str) -> list[str]:
    """Return the X user ids of whoever has a name: of our accounts, otherwise of those in the latest events."""
    if ours := list(Account.objects.filter(screen_name__iexact=screen_name).values_list("x_user_id", flat=True)[:2]):
        return ours
    wanted = screen_name.casefold()
    latest = Event.objects.order_by("-pk").values_list("payload", flat=True)[:EVENTS_LOOKED_AT]
    found = {
        id_
        for payload in latest.iterator()
        # Optimization: most payloads do not hold the name, and need not be taken apart.
        if wanted in payload.casefold()
        for id_, name in _names_in(payload)
        if name.casefold() == wanted
    }
    return sorted(found)


def _screen_name(x_user_id: str) -> str:
    ours = Account.objects.filter(x_user_id=x_user_id).values_list("screen_name", flat=True).first()
    if ours:
        return ours
    by_it = Event.objects.filter(actor_id=x_user_id).order_by("-pk").values_list("payload", flat=True)
    for payload in by_it[:NAMES_LOOKED_AT]:
        for id_, name in _names_in(payload):
            if id_ == x_user_id:
                return name
    return ""


def _names_in(payload: str) -> list[tuple[str, str]]:
    try:
        return [(user.x_user_id, user.screen_name) for user in users_in(payload)]
    except CannotSplit:
        return []
