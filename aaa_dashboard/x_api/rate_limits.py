"""What X has said about how often it may be asked, and a pace that never runs into it.

X counts the calls of each endpoint in windows of 15 minutes, by user token or by app, and says with every answer how it
stands (X, “Rate limits”). `RateLimits` remembers for one process; who can do it for several stands in as `Limits`.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Protocol

from .endpoints import WINDOW_SECONDS, Endpoint

# An endpoint with so few calls in a window is asked at most once a second: a burst would use up what a person needs.
SCARCE = 15
SCARCE_SPACING_SECONDS = 1.0
MOST_REMEMBERED = 5_000


@dataclass(frozen=True, slots=True)
class Allowance:
    """How one endpoint stands for one app or user token, by X's last answer."""

    intent: str
    """What the endpoint is for."""
    subject: str
    """Fingerprint of the consumer key or of the user token that X counts by."""
    limit: int | None
    """Calls in a window."""
    remaining: int
    resets_at: datetime
    seen_at: datetime

    def is_used_up(self, now: datetime) -> bool:
        return self.remaining <= 0 and self.resets_at > now


class Limits(Protocol):
    """Allowances and pace. Safe to use from several threads."""

    def used_up_until(self, endpoint: Endpoint, subject: str) -> datetime | None:
        """When the endpoint may be asked again; None: now."""

    def take_turn(self, endpoint: Endpoint, subject: str) -> float:
        """Take the next turn at an endpoint.

        Returns:
            Seconds to wait before it has come. Nobody else gets the same turn.
        """

    def note(self, endpoint: Endpoint, subject: str, headers: Mapping[str, str]) -> None:
        """Remember what the headers of an answer say."""


class RateLimits:
    """What one process knows, in memory. See `Limits`, which it fulfils."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._allowances: dict[tuple[str, str], Allowance] = {}
        self._next_turn: dict[tuple[str, str], float] = {}

    def used_up_until(self, endpoint: Endpoint, subject: str) -> datetime | None:
        with self._lock:
            allowance = self._allowances.get((endpoint.intent, subject))
        return allowance.resets_at if allowance and allowance.is_used_up(datetime.now(UTC)) else None

    def take_turn(self, endpoint: Endpoint, subject: str) -> float:
        if not is_scarce(endpoint):
            return 0.0
        now = time.monotonic()
        with self._lock:
            turn = max(now, self._next_turn.get((endpoint.intent, subject), now))
            self._next_turn[endpoint.intent, subject] = turn + SCARCE_SPACING_SECONDS
        return turn - now

    def note(self, endpoint: Endpoint, subject: str, headers: Mapping[str, str]) -> None:
        allowance = read(endpoint, subject, headers)
        if allowance is None:
            return
        with self._lock:
            if len(self._allowances) >= MOST_REMEMBERED:
                self._forget_old(allowance.seen_at)
            self._allowances[endpoint.intent, subject] = allowance

    def allowances(self, subject: str | None = None) -> list[Allowance]:
        """What is known of windows that are still open, the scarcest first; of one app or user token, or of all."""
        now = datetime.now(UTC)
        with self._lock:
            known = list(self._allowances.values())
        return sorted(
            (one for one in known if one.resets_at > now and subject in {None, one.subject}),
            key=lambda one: (one.remaining, one.intent),
        )

    def _forget_old(self, now: datetime) -> None:
        self._allowances = {key: one for key, one in self._allowances.items() if one.resets_at > now}
        self._next_turn = {key: turn for key, turn in self._next_turn.items() if turn > time.monotonic()}


def is_scarce(endpoint: Endpoint) -> bool:
    """Whether an endpoint has turns, one a second."""
    return endpoint.limit is not None and endpoint.limit <= SCARCE


def read(endpoint: Endpoint, subject: str, headers: Mapping[str, str]) -> Allowance | None:
    """What an answer says: `x-rate-limit-limit`, `-remaining` and `-reset` (seconds since 1970); None: nothing."""
    remaining, reset = _number(headers, "x-rate-limit-remaining"), _number(headers, "x-rate-limit-reset")
    if remaining is None or reset is None:
        return None
    now = datetime.now(UTC)
    limit = _number(headers, "x-rate-limit-limit")
    return Allowance(endpoint.intent, subject, limit, remaining, _near(reset, now), now)


def resets_at(headers: Mapping[str, str]) -> datetime:
    """When an answer 429 lets us ask again: by X's header, by `Retry-After`, or when any window must have ended."""
    now = datetime.now(UTC)
    reset, after = _number(headers, "x-rate-limit-reset"), _number(headers, "retry-after")
    if reset is not None:
        return _near(reset, now)
    return now + timedelta(seconds=min(after, WINDOW_SECONDS) if after is not None else WINDOW_SECONDS)


def _near(epoch_seconds: int, now: datetime) -> datetime:
    """A reset lies within a window from now; X's clock and ours may differ, and nobody should wait longer for that."""
    return now + timedelta(seconds=min(max(epoch_seconds - now.timestamp(), 0.0), WINDOW_SECONDS))


def _number(headers: Mapping[str, str], name: str) -> int | None:
    value = headers.get(name, "").strip()
    return int(value) if value.isdecimal() and len(value) < 12 else None


shared = RateLimits()
"""What this process knows."""
