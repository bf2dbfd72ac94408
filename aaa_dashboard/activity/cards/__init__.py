"""A payload in words: who did what to whom, and what was said.

One function per card, found by the name that `deliveries.kinds` gives a kind. A card never fails: whatever JSON comes,
what can be read is shown and the rest is left out.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from aaa_dashboard.deliveries.kinds import activity_kind_of, kind_of
from aaa_dashboard.deliveries.split import CannotSplit, parse

from .activity import activity
from .card import NOBODY, Card, Fact, Medium, Person, Scene
from .messages import message, read, typing
from .notices import replay, revoke, unknown
from .posts import delete, like, post
from .relations import block, follow, mute

__all__ = ["NOBODY", "Card", "Fact", "Medium", "Person", "Scene", "card_of"]

CARDS: dict[str, Callable[[Scene], Card]] = {
    "post": post,
    "delete": delete,
    "like": like,
    "follow": follow,
    "block": block,
    "mute": mute,
    "message": message,
    "typing": typing,
    "read": read,
    "revoke": revoke,
    "replay": replay,
    "activity": activity,
    "unknown": unknown,
}


def card_of(kind: str, payload: str, for_user_id: str, names: Mapping[str, Person]) -> Card:
    """Read one stored event.

    Args:
        kind: X's word for it, as stored.
        payload: JSON text of the delivery, reduced to this item. Text that is no JSON object gives an empty card.
        for_user_id: X user id of the account that X sent it for; empty where X named none.
        names: What we know of our accounts, by X user id.
    """
    try:
        body: Any = parse(payload.encode("utf-8", "replace"))
    except CannotSplit:
        body = {}
    if not isinstance(body, dict):
        body = {}
    # One envelope holds a list, or an object, under the kind; the X Activity API's holds its one item under `data`.
    if kind not in body and isinstance(body.get("data"), dict):
        entry, item = activity_kind_of(kind), body["data"]
    else:
        entry, item = kind_of(kind), body.get(kind)
    if isinstance(item, list):
        item = item[0] if item else {}
    scene = Scene(
        kind=kind,
        label=entry.label,
        body=body,
        item=item if isinstance(item, dict) else {},
        for_user_id=for_user_id,
        names=names,
    )
    return _for_whom(CARDS.get(entry.card, unknown)(scene), scene)


def _for_whom(card: Card, scene: Scene) -> Card:
    """Say for which account an event came where the words do not: X sends it once for each that it concerns."""
    handle = scene.account.handle
    if not scene.for_user_id or card.actor.id == scene.for_user_id or f" {handle} ".lower() in f" {card.line} ".lower():
        return card
    return replace(card, line=f"{card.line} · for {handle}")
