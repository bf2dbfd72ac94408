"""What would have come in a stretch of time, by what came in others like it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from django.db.models import Q, Sum

from aaa_dashboard.subscriptions.models import Subscription
from aaa_dashboard.webhooks.models import Webhook

from ..models import Gap, TrafficMinute
from ..traffic import MINUTE, minute_of
from .stretches import Stretch

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
# The neighbourhood of the same hour counts as well, so that a burst at its edge does not decide.
MARGIN = timedelta(minutes=30)
LAST_HOURS = timedelta(hours=3)
LEAST = timedelta(minutes=5)
# A stretch can be compared with when a receiver was there for so much of it.
ENOUGH = 0.8
ENDED = (Subscription.State.REVOKED, Subscription.State.REMOVED, Subscription.State.MISSING)
AT_X = (Subscription.State.ACTIVE, Subscription.State.UNKNOWN)
# When fewer of the accounts than this have left, traffic before that is still like today's.
FEW = 0.1


@dataclass(frozen=True, slots=True)
class Expected:
    """What is usual for a stretch."""

    deliveries: float
    events: float
    longest_silence: timedelta
    """Among what it was compared with."""
    basis: str
    """What that was, in words."""
    is_thin: bool
    """Whether that was little: enough to estimate by, too little to say what is unusual."""


@dataclass(frozen=True, slots=True)
class _Sample:
    covered: timedelta
    """How long a receiver was there."""
    deliveries: int
    events: int
    longest_silence: timedelta


def expected(webhook: Webhook, stretch: Stretch) -> Expected | None:
    """Compare with the same hours of the last four weeks, else of the days before, else with the hours before.

    Returns:
        What is usual; None when there is nothing to compare with.
    """
    since, share = _accounts(webhook, stretch)
    gaps = _gaps(webhook, Stretch(stretch.began_at - 4 * WEEK - MARGIN, stretch.began_at))
    wide = Stretch(stretch.began_at - MARGIN, stretch.ended_at + MARGIN)

    def samples(period: timedelta, number: int) -> list[_Sample]:
        first = -(-(stretch.length + 2 * MARGIN) // period)  # one that does not reach into the stretch itself
        shifted = (wide.shifted(-period * times) for times in range(first, first + number))
        usual = (one for one in shifted if not (since and one.began_at < since) and not any(map(one.meets, gaps)))
        found = (_sample(webhook.app_id, one) for one in usual)
        return [sample for sample in found if sample and sample.covered >= ENOUGH * wide.length]

    if len(weeks := samples(WEEK, 4)) >= 2:
        return _usual(stretch, weeks, share, f"the same hours of {len(weeks)} earlier weeks")
    if len(days := samples(DAY, 7)) >= 3:
        return _usual(stretch, days, share, f"the same hours of {len(days)} earlier days")
    begin = stretch.began_at - LAST_HOURS
    hours = _sample(webhook.app_id, Stretch(max(since or begin, begin), stretch.began_at))
    return _usual(stretch, [hours], share, "the time just before") if hours and hours.covered >= LEAST else None


def _usual(stretch: Stretch, samples: Sequence[_Sample], share: float, basis: str) -> Expected:
    return Expected(
        deliveries=share * median(one.deliveries * (stretch.length / one.covered) for one in samples),
        events=share * median(one.events * (stretch.length / one.covered) for one in samples),
        longest_silence=max(one.longest_silence for one in samples),
        basis=basis,
        is_thin=min(one.covered for one in samples) < ENOUGH * HOUR,
    )


def _sample(app_id: int, sample: Stretch) -> _Sample | None:
    rows = TrafficMinute.objects.filter(
        app=app_id, minute__gte=minute_of(sample.began_at), minute__lt=minute_of(sample.ended_at)
    )
    # Optimization: one row a minute, summed over the receivers by the database.
    minutes = list(rows.values_list("minute").annotate(Sum("deliveries"), Sum("events")).order_by("minute"))
    if not minutes:
        return None
    return _Sample(
        covered=len(minutes) * MINUTE,
        deliveries=sum(deliveries for _, deliveries, _ in minutes),
        events=sum(events for _, _, events in minutes),
        longest_silence=_longest_silence([(minute, deliveries) for minute, deliveries, _ in minutes]),
    )


def _longest_silence(minutes: Sequence[tuple[datetime, int]]) -> timedelta:
    """From the middle of one minute with deliveries to the middle of the next, from the first minute to the last."""
    loud = (minute + MINUTE / 2 for minute, deliveries in minutes if deliveries)
    edges = [minutes[0][0], *loud, minutes[-1][0] + MINUTE]
    return max(later - earlier for earlier, later in pairwise(edges))


def _accounts(webhook: Webhook, stretch: Stretch) -> tuple[datetime | None, float]:
    """Since when the accounts were mostly those of the stretch, and which part of the app's are on this webhook."""
    counted = Subscription.objects.filter(webhook__app=webhook.app_id, created_at__lt=stretch.ended_at)
    rows = list(counted.values_list("webhook_id", "state", "state_since"))
    there = [pk for pk, state, since in rows if state in AT_X or (state in ENDED and since > stretch.began_at)]
    left = [since for _, state, since in rows if state in ENDED and since <= stretch.began_at]
    since = _many_left(sorted(left, reverse=True), len(there))
    return since, (there.count(webhook.pk) / len(there) if there else 1.0)


def _many_left(newest_first: Sequence[datetime], there: int) -> datetime | None:
    """The moment before which there were noticeably more accounts than are there now."""
    for number, moment in enumerate(newest_first, start=1):
        if number > FEW * (there + number):
            return moment
    return None


def _gaps(webhook: Webhook, within: Stretch) -> list[Stretch]:
    """Stretches that say nothing of what is usual. One that a person dismissed was usual."""
    rows = Gap.objects.filter(
        Q(ended_at=None) | Q(ended_at__gt=within.began_at), webhook=webhook, began_at__lt=within.ended_at
    ).exclude(state=Gap.State.DISMISSED)
    return [Stretch(began_at, ended_at or within.ended_at) for began_at, ended_at in rows.values_list(*Stretch._fields)]
