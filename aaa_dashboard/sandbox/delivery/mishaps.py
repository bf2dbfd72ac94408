"""What faults do to deliveries on their way to a webhook."""

import asyncio
import random
from collections.abc import Callable
from typing import Any

import orjson

from .. import faults
from ..mint import Delivery, Mint

WRONG_SECRET = "a secret that nobody gave out"  # noqa: S105 - that is what it is
UNHEARD_OF = "community_note_events__added"

Offer = Callable[[Delivery, float], object]
"""Take a delivery, to be posted after so many seconds."""


def tampered(body: bytes, secret: str) -> tuple[bytes, str, str]:
    """What is posted in place of a body, what it is signed with, and the fault that is to blame (empty: none)."""
    if faults.strikes("malformed"):
        return body[: len(body) // 2], secret, "malformed"
    if faults.strikes("wrong_signature"):
        return body, WRONG_SECRET, "wrong_signature"
    return body, secret, ""


class Mishaps:
    """Stands between whoever makes the deliveries of a webhook and its deliverer.

    Args:
        offer: Takes the deliveries that come out of it.
        mint: Makes what nobody has heard of.
    """

    def __init__(self, offer: Offer, mint: Mint) -> None:
        self._offer, self._mint = offer, mint
        self._batches: dict[str, list[Delivery]] = {}

    def offer(self, delivery: Delivery) -> None:
        """Pass a delivery on, sooner or later, alone or with others. Called from the event loop."""
        if batched := faults.strikes("batched"):
            if delivery.for_user_id not in self._batches:
                asyncio.get_running_loop().call_later(batched.seconds, self.release, delivery.for_user_id)
            self._batches.setdefault(delivery.for_user_id, []).append(delivery)
        else:
            self._pass_on(delivery)
        if delivery.for_user_id and faults.strikes("unknown_kinds"):
            self._pass_on(_for(self._mint.one(UNHEARD_OF), delivery.for_user_id))

    def release(self, for_user_id: str) -> None:
        """Pass on what was gathered for an account."""
        for delivery in merged(self._batches.pop(for_user_id, [])):
            self._pass_on(delivery)

    def release_all(self) -> None:
        """Pass on everything that was gathered."""
        for for_user_id in tuple(self._batches):
            self.release(for_user_id)

    def _pass_on(self, delivery: Delivery) -> None:
        seconds = 0.0
        if delayed := faults.strikes("delayed"):
            seconds += delayed.seconds
        if reordered := faults.strikes("reordered"):
            seconds += random.uniform(0, reordered.seconds)
        self._offer(delivery, seconds)


def merged(deliveries: list[Delivery]) -> list[Delivery]:
    """Put deliveries for one account into as few bodies as say the same: arrays of items one after the other.

    A body that says something about itself alone (`user_has_blocked`, an object instead of an array) stays alone.
    """
    together: dict[str, Any] = {}
    alone: list[Delivery] = []
    names: list[str] = []
    for delivery in deliveries:
        body = orjson.loads(delivery.body)
        arrays = {key: value for key, value in body.items() if isinstance(value, list)}
        maps = {key: value for key, value in body.items() if key in {"users", "apps"} and isinstance(value, dict)}
        if not arrays or body.keys() - arrays.keys() - maps.keys() - {"for_user_id"}:
            alone.append(delivery)
            continue
        names.append(delivery.payload)
        together["for_user_id"] = body["for_user_id"]
        for key, items in arrays.items():
            together.setdefault(key, []).extend(items)
        for key, entries in maps.items():
            together.setdefault(key, {}).update(entries)
    if len(names) > 1:
        return [Delivery(f"several_kinds__batch_of_{len(names)}", deliveries[0].for_user_id, dump(together)), *alone]
    return deliveries


def dump(body: dict[str, Any]) -> bytes:
    """Serialise as X does: not sorted, not indented."""
    return orjson.dumps(body)


def _for(delivery: Delivery, for_user_id: str) -> Delivery:
    body = orjson.loads(delivery.body)
    return Delivery(delivery.payload, for_user_id, dump(body | {"for_user_id": for_user_id}))
