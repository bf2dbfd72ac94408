"""How long things are kept. Events leave by the period of their category, in batches the receiver does not feel."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from django.db.models import F, Model, ProtectedError, QuerySet

from aaa_dashboard import clocks
from aaa_dashboard.webhooks.models import WebhookChange

from .following import alone
from .leaving import Left, delete_events
from .models import Category, Event, Gap, HandedOver, Refusal, RetentionPeriod, TrafficMinute, Unsplit
from .pace import Pace
from .present import held_until

KEEP_REFUSALS = timedelta(days=30)
# A little more than a year, so that a month can be compared with the same month of the year before.
KEEP_TRAFFIC = timedelta(days=400)
KEEP_GAPS = timedelta(days=400)
# The follower has long passed the event by then, and will not ask whether it was handed over.
KEEP_HANDED_OVER = timedelta(days=30)
# Small enough that the receiver's next commit does not wait noticeably, which matters on SQLite.
BATCH = 500
SECONDS = 40.0
NAME = "retention"
MOST_COUNTED = 10_000


@dataclass(frozen=True)
class Pruned:
    """Numbers of rows that were removed."""

    refusals: int
    traffic_minutes: int
    challenges: int = 0


@dataclass(frozen=True, slots=True)
class Expired:
    """What a run removed."""

    events: int = 0
    others: int = 0
    """Bodies that could not be taken apart, old gaps, notes of what was handed over."""
    is_done: bool = True
    """Nothing is left that is older than it is kept."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A category as the page shows it."""

    period: RetentionPeriod
    oldest_at: datetime | None
    """When the oldest event that is kept was received; None: there is none."""

    def late(self, now: datetime) -> timedelta:
        """Return by how much the oldest has outlived its period; zero when it has not."""
        if self.oldest_at is None:
            return timedelta(0)
        return max(now - timedelta(days=self.period.days) - self.oldest_at, timedelta(0))


def prune_refusals(now: datetime) -> Pruned:
    """Remove refusals, minutes of traffic and challenges that are older than they are kept. Safe to repeat.

    Raises:
        present.ClockAheadOfDatabase: `now` cannot be.
    """
    if held_until(now):
        return Pruned(0, 0)
    return Pruned(
        refusals=_delete_in_batches(Refusal.objects.filter(at__lt=now - KEEP_REFUSALS)),
        traffic_minutes=_delete_in_batches(TrafficMinute.objects.filter(minute__lt=now - KEEP_TRAFFIC)),
        # The rest of a timeline is short, and says since when a webhook is what it is.
        challenges=_delete_in_batches(
            WebhookChange.objects.filter(kind=WebhookChange.Kind.CHALLENGED, at__lt=now - KEEP_TRAFFIC)
        ),
    )


def expire(now: datetime, seconds: float = SECONDS) -> Expired:
    """Remove what is older than it is kept. One run at a time; safe to interrupt, and the next one goes on.

    Args:
        now: What age is counted from.
        seconds: After these the rest is left to the next run.

    Raises:
        present.ClockAheadOfDatabase: `now` cannot be.
    """
    give_up_at = monotonic() + seconds
    with alone(NAME, now) as ours:
        if not ours or held_until(now):
            return Expired(is_done=False)
        pace, events, is_done = Pace(), 0, True
        periods = list(RetentionPeriod.objects.all())
        for period in periods:
            removed, finished = _expire_category(period, now, pace, give_up_at)
            events, is_done = events + removed, is_done and finished
        others = sum(_expire_others(now)) if is_done else 0
        return Expired(events, others, is_done)


def kept(now: datetime) -> list[Kept]:
    """Return each category with its oldest event. One query that reads the first entry of an index, each."""
    names = dict(Category.choices)
    periods = sorted(RetentionPeriod.objects.all(), key=lambda period: list(names).index(period.category))
    return [Kept(period, _oldest_at(period, now)) for period in periods]


def leaving(period: RetentionPeriod, days: int, now: datetime) -> int:
    """Count the events that leave when a category is kept for so many days, at the most `MOST_COUNTED`.

    It reads so many entries of an index, from the oldest on: they are those that leave first.
    """
    before = now - timedelta(days=days)
    oldest = _first(period.category, after=period.passed_id).values_list("received_at", flat=True)
    return sum(received_at < before for received_at in oldest[:MOST_COUNTED])


def _oldest_at(period: RetentionPeriod, now: datetime) -> datetime | None:
    oldest = _first(period.category, after=period.passed_id).filter(received_at__lte=now + clocks.DIFFER)
    return oldest.values_list("received_at", flat=True).first()


def _first(category: str, after: int) -> QuerySet[Event]:
    # What was passed has left: without it, the index would lead through its entries until the vacuum takes them.
    return Event.objects.filter(category=category, pk__gt=after).order_by("pk")


def _expire_category(period: RetentionPeriod, now: datetime, pace: Pace, give_up_at: float) -> tuple[int, bool]:
    """Remove what has expired of one category: how much, and whether that was all."""
    walk = _Walk(period, now)
    while monotonic() < give_up_at:
        # Read before the batch begins: SQLite's lock is not held meanwhile.
        batch = walk.next(pace.size)
        if not batch:
            RetentionPeriod.objects.filter(pk=period.pk).update(looked_at=now)
            return walk.removed, True
        with pace:
            left = walk.remove(batch)
        if left.held and not left.deleted:
            return walk.removed, False
    return walk.removed, False


class _Walk:
    """Goes through a category from its oldest event to the first that is kept: ids and times of receipt rise together.

    To ask for the time of receipt alone would lead through everything that is kept, batch after batch. What lies in the
    future was received by a clock that was ahead: it says nothing of those behind it, and is walked over.
    """

    def __init__(self, period: RetentionPeriod, now: datetime) -> None:
        self.removed = 0
        self._period, self._now = period, now
        self._before = now - timedelta(days=period.days)
        self._at = period.passed_id
        self._first_ahead: int | None = None

    def next(self, size: int) -> list[int]:
        """Return some events that have expired, in the order of ids; none when that was all."""
        while found := list(_first(self._period.category, self._at).values_list("pk", "received_at")[:size]):
            batch: list[int] = []
            for pk, received_at in found:
                if clocks.is_ahead(received_at, self._now):
                    self._first_ahead = self._first_ahead or pk
                elif received_at >= self._before:
                    return batch
                else:
                    batch.append(pk)
            if batch:
                return batch
            self._at = found[-1][0]
        return []

    def remove(self, batch: list[int]) -> Left:
        """Delete events, and remember up to where nothing is left."""
        left = delete_events(batch)
        self._at = left.held - 1 if left.held else batch[-1]
        self.removed += left.deleted
        passed = min(self._at, self._first_ahead - 1) if self._first_ahead else self._at
        changed = {"passed_id": passed, "removed": F("removed") + left.deleted}
        RetentionPeriod.objects.filter(pk=self._period.pk).update(**changed)
        return left


def _expire_others(now: datetime) -> Iterator[int]:
    period = RetentionPeriod.objects.filter(category=Category.OTHER).first()
    if period is not None:
        yield _delete_in_batches(Unsplit.objects.filter(received_at__lt=now - timedelta(days=period.days)))
    yield _delete_in_batches(HandedOver.objects.filter(done_at__lt=now - KEEP_HANDED_OVER))
    over = (Gap.State.RECOVERED, Gap.State.LOST, Gap.State.DISMISSED)
    yield sum(_delete_gap(gap) for gap in Gap.objects.filter(state__in=over, ended_at__lt=now - KEEP_GAPS)[:BATCH])


def _delete_gap(gap: Gap) -> int:
    try:
        return gap.delete()[0]
    except ProtectedError:  # something that is kept longer tells of it
        return 0


def _delete_in_batches(rows: QuerySet[Any]) -> int:
    model: type[Model] = rows.model
    total = 0
    while keys := list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        deleted, _ = model._default_manager.filter(pk__in=keys).delete()
        total += deleted
    return total
