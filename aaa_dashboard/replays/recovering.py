"""Gaps become replays by themselves, as far as the policy of their webhook lets them."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import groupby

import structlog

from aaa_dashboard.audit import Actor, record
from aaa_dashboard.deliveries import gaps
from aaa_dashboard.deliveries.models import Gap
from aaa_dashboard.webhooks.models import Webhook

from . import planning
from .models import RecoveryPolicy, Replay
from .windows import TOO_OLD, Window, around

TOGETHER = timedelta(minutes=10)
"""Gaps this close are asked for at once: X lets us ask five times in a quarter of an hour."""
BY = Actor("the dashboard")
What = RecoveryPolicy.What

log = structlog.get_logger(__name__)


def policy_of(webhook: Webhook) -> str:
    """What becomes of the gaps of a webhook."""
    policy = RecoveryPolicy.objects.filter(webhook=webhook).first()
    return policy.what if policy else What.AUTOMATIC


def set_policy(webhook: Webhook, what: str, *, by: Actor) -> None:
    """Change it. What waits is taken up, or not, from the next look on.

    Raises:
        ValueError: No such policy.
    """
    before, after = policy_of(webhook), What(what)
    if before != after:
        RecoveryPolicy.objects.update_or_create(webhook=webhook, defaults={"what": after})
        record(by, "changed the recovery of gaps", webhook, before={"gaps": before}, after={"gaps": after.value})


def waiting() -> list[Gap]:
    """Gaps that wait for a person: because of the policy, or because somebody cancelled their replay. Oldest first."""
    by_themselves = _by_themselves()
    return [gap for gap in gaps.waiting() if gap.pk not in by_themselves]


def recover(now: datetime) -> int:
    """Make replays of the gaps that wait. Twice at once makes one.

    Returns:
        How many replays were made.
    """
    ours = _by_themselves()
    found = sorted((gap for gap in gaps.waiting() if gap.pk in ours), key=lambda gap: (gap.webhook_id, gap.began_at))
    made = 0
    for _, of_webhook in groupby(found, key=lambda gap: gap.webhook_id):
        for some, window in _together(of_webhook):
            made += _recover(some, window, now)
    return made


def _by_themselves() -> set[int]:
    """Those that need nobody's word. Whoever cancelled a replay did not mean it to begin anew."""
    waits = gaps.waiting().exclude(webhook__recovery_policy__what__in=[What.ASK, What.OFF])
    return set(
        waits.filter(webhook__deleted_at=None)
        .exclude(replays__state__in=[Replay.State.STOPPING, Replay.State.CANCELLED])
        .values_list("pk", flat=True)
    )


def _together(found: Iterable[Gap]) -> Iterator[tuple[list[Gap], Window]]:
    """Join what lies close together; each with the window that covers it."""
    some: list[Gap] = []
    window: Window | None = None
    for gap in found:
        assert gap.ended_at is not None  # only what is over waits
        own = around(gap.began_at, gap.ended_at)
        if window is not None and own.begin - window.end <= TOGETHER:
            some, window = [*some, gap], Window(window.begin, max(window.end, own.end))
            continue
        if window is not None:
            yield some, window
        some, window = [gap], own
    if window is not None:
        yield some, window


def _recover(some: list[Gap], window: Window, now: datetime) -> bool:
    left = window.within_reach(now)
    if left is None:
        for gap in some:
            gaps.lost(gap, TOO_OLD)
        return False
    replay = planning.request_for(some, left, by=BY, now=now)
    if replay is None:
        return False
    log.info("recovering gaps", replay=replay.pk, webhook=replay.webhook.x_id, gaps=len(some))
    return True
