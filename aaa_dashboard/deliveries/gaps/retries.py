"""What X's own retries bring, by the schedule of its guide: attempts 3 s, 27 s and 242 s after one another.

X's FAQ speaks of four hours. Nothing here relies on that: who believes the shorter one asks for a replay too many.
A replayed delivery is attempted once. When X was replaying is known to a higher layer, which registers itself.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta

from aaa_dashboard.webhooks.models import Webhook

from .stretches import Stretch, intersect

ATTEMPTS = (timedelta(seconds=3), timedelta(seconds=30), timedelta(seconds=272))
"""When X tries again, counted from the first attempt."""
LAST = ATTEMPTS[-1]

AskReplays = Callable[[Webhook, Stretch], bool]
_ask_replays: list[AskReplays] = []


def register_replays(ask: AskReplays) -> None:
    """Say who knows whether X was replaying to a webhook in a stretch of time."""
    _ask_replays.append(ask)


def is_in_replay(webhook: Webhook, stretch: Stretch) -> bool:
    """Whether X was replaying to a webhook in a stretch of time."""
    return any(ask(webhook, stretch) for ask in _ask_replays)


def beyond(down: Sequence[Stretch]) -> list[Stretch]:
    """Moments whose deliveries found nobody at any of X's attempts.

    Args:
        down: All times at which a delivery was not taken.
    """
    lost = list(down)
    for attempt in ATTEMPTS:
        lost = intersect(lost, [stretch.shifted(-attempt) for stretch in down])
    return lost


def share_lost(failing: float) -> float:
    """Of the answers that asked X to send again: how many were the last ones, when each fails with a probability.

    An arrival fails p + p² + p³ + p⁴ times on average and is lost with p⁴.
    """
    return failing**3 / (1 + failing + failing**2 + failing**3)
