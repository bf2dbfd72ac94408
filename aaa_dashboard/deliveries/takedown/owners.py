"""What the hand-over calls for deletions and revocations, and what owners who leave set off."""

from datetime import datetime
from typing import Any

from django.utils import timezone

from aaa_dashboard.audit import Actor
from aaa_dashboard.subscriptions import consent, ending
from aaa_dashboard.subscriptions.claims import Busy
from aaa_dashboard.subscriptions.models import Account
from aaa_dashboard.webhooks.models import App

from ..hand_over import NotYet
from ..kinds import id_of
from ..models import Event
from ..split import CannotSplit, parse
from . import requests
from .models import Takedown, Tombstone

X = Actor("X: the owner revoked")


def post_deleted(event: Event) -> None:
    """A subscribed account deleted a post, which X tells with its id."""
    item = _item(event)
    post_id = id_of(item.get("status")) or id_of(item.get("payload"))
    if post_id:
        requests.bury(post_id[:32], Tombstone.Why.DELETED, timezone.now())


def access_revoked(event: Event) -> None:
    """An owner took the app's access away: subscriptions end, and events go where that was agreed.

    Raises:
        NotYet: Somebody is at X about one of the subscriptions.
    """
    if not event.actor_id:
        return
    erase = consent.erases_events(event.app, event.actor_id)
    try:
        ending.revoked_by_owner(event.app, event.actor_id, event.occurred_at)
    except Busy:
        raise NotYet from None
    if erase:
        _erase_events(event.app, event.actor_id, event.occurred_at, X)


def owner_left(*, account: Account, app: App, at: datetime, by: Actor, **_: Any) -> None:
    """Receive `subscriptions.signals.owner_left`."""
    _erase_events(app, account.x_user_id, at, by)


def _erase_events(app: App, x_user_id: str, until: datetime, by: Actor) -> None:
    note = "The owner left, and it was agreed that their events go then."
    requests.ask(Takedown.What.LEFT, x_user_id, by=by, now=timezone.now(), app=app, until=until, note=note)


def _item(event: Event) -> dict[str, Any]:
    try:
        document = parse(event.payload.encode())
    except CannotSplit:
        return {}
    item = document.get(event.kind, document.get("data"))
    if isinstance(item, list):
        item = item[0] if item else {}
    return item if isinstance(item, dict) else {}
