"""What came minute by minute, drawn here as SVG, with a table behind it. Only the minutes of traffic are read."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max, Sum

from aaa_dashboard.deliveries.models import TrafficMinute
from aaa_dashboard.deliveries.traffic import MINUTE, minute_of

WIDTH, HEIGHT = 720, 120
# Hours shown: minutes of one bar, minutes of one line of the table, and how far apart the words below are.
SPANS = {1: (1, 5), 6: (2, 30), 24: (10, 120)}
DEFAULT_HOURS = 6


@dataclass(slots=True)
class Bucket:
    """Some minutes together."""

    begin: datetime
    minutes: int
    there: int = 0
    """In how many of them a receiver wrote."""
    events: int = 0
    duplicates: int = 0
    deliveries: int = 0
    worst_ms: float | None = None

    @property
    def per_minute(self) -> float:
        return self.events / self.minutes


@dataclass(frozen=True, slots=True)
class Bar:
    """One rectangle; from the left and from above, in units of the drawing."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    """`new`, `again` or `missing`."""
    title: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing and the same in figures."""

    hours: int
    bars: list[Bar]
    most: int
    """Events a minute at the top of the drawing."""
    rows: list[Bucket]
    """Newest first."""
    marks: list[str]
    """Words below, from left to right."""
    total: int
    """New events in all of it."""
    has_missing: bool
    width: int = WIDTH
    height: int = HEIGHT


def chart(hours: int, now: datetime) -> Chart:
    """Draw the last hours. Two queries; receivers of a minute are added up by the database."""
    bar_minutes, row_minutes = SPANS[hours]
    end = minute_of(now) + MINUTE
    begin = end - timedelta(hours=hours)
    first = TrafficMinute.objects.order_by("minute").values_list("minute", flat=True).first()
    found = (
        TrafficMinute.objects.filter(minute__gte=begin, minute__lt=end)
        .values("minute")
        .annotate(new=Sum("events"), again=Sum("duplicates"), taken=Sum("deliveries"), worst=Max("worst_ms"))
    )
    minutes = [Bucket(row["minute"], 1, 1, row["new"], row["again"], row["taken"], row["worst"]) for row in found]
    bars = _together(minutes, begin, end, bar_minutes)
    most = max([round(max(bar.per_minute, (bar.events + bar.duplicates) / bar.minutes)) for bar in bars] + [1])
    drawn = [each for bucket in bars for each in _draw(bucket, begin, hours, most, first, minute_of(now))]
    return Chart(
        hours=hours,
        bars=drawn,
        most=most,
        rows=_together(minutes, begin, end, row_minutes)[::-1],
        marks=_marks(hours),
        total=sum(minute.events for minute in minutes),
        has_missing=any(bar.kind == "missing" for bar in drawn),
    )


def _together(minutes: Iterable[Bucket], begin: datetime, end: datetime, size: int) -> list[Bucket]:
    """Put minutes into buckets of a size, empty ones as well."""
    number = int((end - begin) / MINUTE) // size
    buckets = [Bucket(begin + index * size * MINUTE, size) for index in range(number)]
    for minute in minutes:
        bucket = buckets[min(int((minute.begin - begin) / MINUTE) // size, number - 1)]
        bucket.there += 1
        bucket.events += minute.events
        bucket.duplicates += minute.duplicates
        bucket.deliveries += minute.deliveries
        bucket.worst_ms = max((ms for ms in (bucket.worst_ms, minute.worst_ms) if ms is not None), default=None)
    return buckets


def _draw(
    bucket: Bucket, begin: datetime, hours: int, most: int, first: datetime | None, running: datetime
) -> list[Bar]:
    step = WIDTH / (hours * 60 / bucket.minutes)
    x = round((bucket.begin - begin) / MINUTE / bucket.minutes * step, 2)
    width = round(step * 0.84, 2)
    at = f"{bucket.begin:%H:%M} UTC"
    bars: list[Bar] = []
    # Before the first receiver ever, and in the minute that has just begun, nobody is missed.
    end = bucket.begin + bucket.minutes * MINUTE
    if first is not None and bucket.begin >= first and end <= running and bucket.there < bucket.minutes:
        lacking = bucket.minutes - bucket.there
        bars.append(Bar(x, 0, round(step, 2), HEIGHT, "missing", f"{at}: no receiver for {lacking} min"))
    y = float(HEIGHT)
    per_minute = {"new": bucket.events / bucket.minutes, "again": bucket.duplicates / bucket.minutes}
    for kind, words in (("new", "events a minute"), ("again", "a minute known already")):
        if value := per_minute[kind]:
            height = round(max(value / most * HEIGHT, 1), 2)
            y = round(max(y - height, 0), 2)
            bars.append(Bar(x, y, width, height, kind, f"{at}: {value:,.0f} {words}"))
    return bars


def _marks(hours: int) -> list[str]:
    """Words below the drawing: how long ago, since the server does not know the reader's zone."""
    if hours == 1:
        return ["60 min ago", "45 min", "30 min", "15 min", "now"]
    step = hours // 4 if hours % 4 == 0 else hours // 3
    ago = [f"{hour} h" for hour in range(hours - step, 0, -step)]
    return [f"{hours} h ago", *ago, "now"]
