"""What came, minute by minute: counters, answer times, and a bounded number of refusals.

Belongs to the event loop: nothing here is locked.
"""

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import orjson

from aaa_dashboard.webhooks.challenges import Challenge

from .store import Counts, RefusalRow, TrafficRow

MINUTE = timedelta(minutes=1)
# X sends a few an hour; whoever has the secret and sends more must not fill the memory.
CHALLENGES_KEPT = 100


@dataclass(slots=True)
class AnswerTimes:
    """Answer times, kept as a histogram: a minute of replay has 150,000 of them."""

    worst_ms: float = 0.0
    _buckets: Counter[int] = field(default_factory=Counter)

    def add(self, seconds: float) -> None:
        ms = seconds * 1000
        self.worst_ms = max(self.worst_ms, ms)
        # Tenths up to 100 ms, whole milliseconds from there on.
        self._buckets[int(ms * 10) if ms < 100 else 900 + int(ms)] += 1

    def median_ms(self) -> float | None:
        half = (self._buckets.total() + 1) // 2
        seen = 0
        for bucket in sorted(self._buckets):
            seen += self._buckets[bucket]
            if seen >= half:
                return bucket / 10 if bucket < 1000 else float(bucket - 900)
        return None


@dataclass(slots=True)
class AppMinute:
    deliveries: int = 0
    events: int = 0
    duplicates: int = 0
    unsplit: int = 0
    crcs: int = 0
    refusals: Counter[str] = field(default_factory=Counter)
    answers: AnswerTimes = field(default_factory=AnswerTimes)


class Traffic:
    """The current minute of this process, and its totals since the start."""

    def __init__(self, receiver: str, refusals_per_minute: int) -> None:
        self._receiver = receiver
        self._refusals_per_minute = refusals_per_minute
        self._kept: Counter[tuple[int | None, str]] = Counter()
        self._refusals: list[RefusalRow] = []
        self._challenges: deque[Challenge] = deque(maxlen=CHALLENGES_KEPT)
        self._apps: dict[int, AppMinute] = {}
        self._began_at = datetime.now(UTC)
        self.minute = minute_of(self._began_at)
        self.totals: Counter[tuple[str, str]] = Counter()
        """Number by (what, reason); the reason is empty except for refusals."""

    def answered(self, app_id: int, seconds: float) -> None:
        minute = self._of(app_id)
        minute.deliveries += 1
        minute.answers.add(seconds)
        self.totals["deliveries", ""] += 1

    def stored(self, counts: dict[int, Counts]) -> None:
        for app_id, count in counts.items():
            minute = self._of(app_id)
            for what in ("events", "duplicates", "unsplit"):
                number = getattr(count, what)
                setattr(minute, what, getattr(minute, what) + number)
                self.totals[what, ""] += number

    def challenged(self, app_id: int | None, seconds: float, *, is_signed: bool) -> None:
        """Count a challenge that was answered, and keep it when it is X's beyond doubt: others may come in a flood."""
        if app_id is not None:
            self._of(app_id).crcs += 1
            if is_signed:
                self._challenges.append(Challenge(app_id, datetime.now(UTC), seconds * 1000))
        self.totals["crcs", ""] += 1

    def take_challenges(self) -> list[Challenge]:
        """Hand over the challenges that were kept since the last call."""
        taken, self._challenges = list(self._challenges), deque(maxlen=CHALLENGES_KEPT)
        return taken

    def refused(self, refusal: RefusalRow) -> None:
        """Count a refusal, and keep it while the minute's number for its app and reason allows.

        A flood must not fill the disk, and noise must not take the place of what an operator needs to see.
        """
        if refusal.app_id is not None:
            self._of(refusal.app_id).refusals[refusal.reason] += 1
        self.totals["refusals", refusal.reason] += 1
        self._kept[refusal.app_id, refusal.reason] += 1
        if self._kept[refusal.app_id, refusal.reason] <= self._refusals_per_minute:
            self._refusals.append(refusal)

    def take_refusals(self) -> list[RefusalRow]:
        """Hand over the refusals that were kept since the last call."""
        taken, self._refusals = self._refusals, []
        return taken

    def is_over(self, now: datetime) -> bool:
        """Whether the current minute has passed, or the clock was set back before it."""
        return not self.minute <= now < self.minute + MINUTE

    def take_minute(self, app_ids: Iterable[int]) -> list[TrafficRow]:
        """Close the current minute and return a row for each app that could receive in it, also when nothing came."""
        now = datetime.now(UTC)
        rows = self.running_minute(app_ids, now)
        self._apps = {}
        self._kept.clear()
        self.minute, self._began_at = minute_of(now), now
        return rows

    def running_minute(self, app_ids: Iterable[int], now: datetime) -> list[TrafficRow]:
        """The current minute up to now: a row for each app that could receive in it, also when nothing came."""
        return [
            self._row(app_id, now, self._apps.get(app_id, AppMinute()))
            for app_id in sorted(set(app_ids) | self._apps.keys())
        ]

    def _row(self, app_id: int, now: datetime, count: AppMinute) -> TrafficRow:
        return TrafficRow(
            app_id=app_id,
            minute=self.minute,
            receiver=self._receiver,
            began_at=self._began_at,
            until=now,
            deliveries=count.deliveries,
            events=count.events,
            duplicates=count.duplicates,
            unsplit=count.unsplit,
            refusals=orjson.dumps(count.refusals).decode(),
            crcs=count.crcs,
            median_ms=count.answers.median_ms(),
            worst_ms=round(count.answers.worst_ms, 1) if count.deliveries else None,
        )

    def _of(self, app_id: int) -> AppMinute:
        minute = self._apps.get(app_id)
        if minute is None:
            minute = self._apps[app_id] = AppMinute()
        return minute


def minute_of(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
