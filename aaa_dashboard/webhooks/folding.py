"""A timeline as its page shows it: good challenges with nothing between them are one line."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import groupby

from .models import Webhook, WebhookChange

Kind = WebhookChange.Kind
MOST_LINES = 100
MOST_CHALLENGES = 2_000
"""X asks every hour at the least: of about three months."""


@dataclass(frozen=True, slots=True)
class Run:
    """Good challenges with nothing between them."""

    number: int
    first_at: datetime
    last_at: datetime
    slowest_ms: float


@dataclass(frozen=True, slots=True)
class Folded:
    """The newest of a timeline, newest first."""

    lines: Sequence[WebhookChange | Run]
    began_at: datetime | None
    """Challenges before it are left out, for there are too many; None: all are there."""


def folded(webhook: Webhook) -> Folded:
    """Return the newest lines that are no challenge, and the challenges around them. Two queries, bounded by number.

    A challenge that was answered slowly, or of which the time is not known, is a line of its own.
    """
    newest = webhook.changes.order_by("-at", "-pk")
    others = list(newest.exclude(kind=Kind.CHALLENGED)[:MOST_LINES])
    challenges = newest.filter(kind=Kind.CHALLENGED)
    if len(others) == MOST_LINES:
        challenges = challenges.filter(at__gte=others[-1].at)
    found = list(challenges[: MOST_CHALLENGES + 1])
    began_at = found[MOST_CHALLENGES - 1].at if len(found) > MOST_CHALLENGES else None
    in_order = merge(others, found[:MOST_CHALLENGES], key=lambda change: (change.at, change.pk), reverse=True)
    return Folded(list(_fold(in_order)), began_at)


def _fold(changes: Iterator[WebhookChange]) -> Iterator[WebhookChange | Run]:
    for is_good, group in groupby(changes, _is_good):
        run = list(group)
        if not is_good or len(run) == 1:
            yield from run
        else:
            slowest = max(change.answer_ms or 0 for change in run)
            yield Run(len(run), run[-1].at, run[0].at, slowest)


def _is_good(change: WebhookChange) -> bool:
    return change.kind == Kind.CHALLENGED and change.answer_ms is not None and not change.is_slow
