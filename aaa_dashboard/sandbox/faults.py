"""What can be switched on to go wrong on the side of X. What is on is known here without asking the database."""

import random
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Kind:
    """A fault there is. `seconds` is None where time has no part in it."""

    key: str
    concerns: Literal["api", "delivery", "replay", "webhook"]
    label: str
    effect: str
    seconds: float | None = None


FAULTS: dict[str, Kind] = {
    kind.key: kind
    for kind in (
        Kind("api_slow", "api", "Slow API", "Requests are answered so much later.", 5.0),
        Kind("api_429", "api", "Rate limit", "Requests are answered 429, code 88, as if the limit were used up."),
        Kind("api_503", "api", "API not available", "Requests are answered 503, code 67."),
        Kind("api_130", "api", "Over capacity", "Requests are answered 503, code 130."),
        Kind("api_131", "api", "Internal error", "Requests are answered 500, code 131."),
        Kind(
            "bearer_89",
            "api",
            "Bearer tokens expired",
            "Every bearer token is answered 403, code 89, new ones as well.",
        ),
        Kind(
            "bearer_99",
            "api",
            "Bearer tokens refused",
            "Every bearer token is answered 403, code 99, new ones as well.",
        ),
        Kind("api_no_code", "api", "No codes", "Refusals have X's words and no code, as from what stands before X."),
        Kind("wrong_signature", "delivery", "Wrong signature", "Deliveries are signed with another secret."),
        Kind(
            "malformed", "delivery", "Malformed body", "Bodies end in the middle; the signature fits them all the same."
        ),
        Kind("duplicated", "delivery", "Duplicates", "What was received is delivered once more."),
        Kind("reordered", "delivery", "Out of order", "Deliveries are held back for a while, each for another.", 2.0),
        Kind("delayed", "delivery", "Delay", "Deliveries leave so much later.", 10.0),
        Kind("batched", "delivery", "Batches", "What comes for one account in so many seconds comes in one body.", 1.0),
        Kind(
            "unknown_kinds", "delivery", "Unknown kinds", "Beside an event comes another of a kind nobody has heard of."
        ),
        Kind("replay_incomplete", "replay", "Replay breaks off", "Replays end half-way, and say so: Incomplete."),
        Kind(
            "webhook_invalid",
            "webhook",
            "Webhooks are invalid",
            "All webhooks are marked invalid at once, and no challenge mends that while this is on (403, 214).",
        ),
    )
}
"""All faults, in the order in which people see them."""


@dataclass(frozen=True)
class Setting:
    """How a fault is switched on: for so many percent of what it concerns, and where time matters so many seconds."""

    percent: float = 100.0
    seconds: float = 0.0


_on: dict[str, Setting] = {}


def replace(settings: dict[str, Setting]) -> None:
    """Have exactly these on.

    Raises:
        LookupError: There is no such fault.
    """
    if unknown := settings.keys() - FAULTS.keys():
        raise LookupError(f"There is no fault “{min(unknown)}”.")
    _on.clear()
    _on.update(settings)


def setting(key: str) -> Setting | None:
    """How a fault is switched on; None: it is off."""
    return _on.get(key)


def strikes(key: str) -> Setting | None:
    """Draw whether a fault happens this time: its setting, or None when it does not."""
    found = _on.get(key)
    return found if found and random.random() * 100 < found.percent else None
