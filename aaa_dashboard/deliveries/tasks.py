from dataclasses import asdict

import structlog
from django.utils import timezone

from aaa_dashboard import background
from aaa_dashboard.deliveries import gaps, retention
from aaa_dashboard.deliveries import hand_over as handing_over
from aaa_dashboard.deliveries.takedown import index, requests

log = structlog.get_logger(__name__)


@background.task("deliveries.prune_refusals")
def prune_refusals() -> None:
    """Forget old records of traffic, of refused requests and of challenges."""
    pruned = retention.prune_refusals(timezone.now())
    log.info("pruned records of traffic", **asdict(pruned))


@background.task("deliveries.find_gaps", seconds=120)
def find_gaps() -> None:
    """Look for stretches in which events may have been missed."""
    found = gaps.find(timezone.now())
    numbers = asdict(found)
    del numbers["webhooks"]  # says that it looked, not that it found anything
    log.info("looked for gaps", **numbers)


@background.task("deliveries.hand_over")
def hand_over() -> None:
    """Tell revocations, deletions and states of replays to whom they concern."""
    swept = handing_over.sweep(timezone.now())
    log.info("handed over", **asdict(swept))


@background.task("deliveries.follow_copies")
def follow_copies() -> None:
    """Keep track of which events hold which post."""
    followed = index.follow(timezone.now())
    log.info("followed the copies of posts", **asdict(followed))


@background.task("deliveries.take_down")
def take_down() -> None:
    """Erase what was asked to be taken down."""
    worked = requests.work(timezone.now())
    log.info("took down", **asdict(worked))


@background.task("deliveries.expire")
def expire() -> None:
    """Remove events that are older than they are kept."""
    expired = retention.expire(timezone.now())
    log.info("removed what is older than it is kept", **asdict(expired))
