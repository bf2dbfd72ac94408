"""What came around a gap, drawn here as SVG, with a table behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Sum

from aaa_dashboard.deliveries.models import Gap, TrafficMinute
from aaa_dashboard.deliveries.traffic import MINUTE, minute_of

WIDTH, HEIGHT = 720, 120
MOST_BARS = 120
LEAST_AROUND = timedelta(minutes=15)
# Minutes of one bar; the first that keeps the drawing below its most bars is taken.
SIZES = (1, 2, 5, 10, 15, 30, 60, 120, 240, 480)
# Of a longer gap the end is drawn.
LONGEST = MOST_BARS * SIZES[-1] * MINUTE


@dataclass(slots=True)
class Bar:
    """Some minutes together, and where they stand in the drawing."""

    begin: datetime
    minutes: int
    x: float
    width: float
    deliveries: int = 0
    events: int = 0
    there: int = 0
    """In how many of them a receiver wrote."""
    height: float = 0

    @property
    def y(self) -> float:
        return HEIGHT - self.height

    @property
    def receivers(self) -> str:
        return "none" if not self.there else "all the time" if self.there >= self.minutes else "part of the time"


@dataclass(frozen=True, slots=True)
class Drawing:
    """The bars, and where the gap lies among them."""

    bars: Sequence[Bar]
    gap_x: float
    gap_width: float
    most: int
    """Deliveries in the highest bar."""
    bar_minutes: int
    width: int = WIDTH
    height: int = HEIGHT


def draw(gap: Gap, now: datetime) -> Drawing:
    """Draw the deliveries of the gap's app from before it until after. One query over the minutes of that time."""
    ended_at = gap.ended_at or now
    around = max(LEAST_AROUND, (ended_at - gap.began_at) / 2)
    end = min(ended_at + around, now)
    begin = max(gap.began_at - around, end - LONGEST)
    size = next((size for size in SIZES if (end - begin) / (size * MINUTE) <= MOST_BARS), SIZES[-1])
    begin = _floor(begin, size)
    bars = _bars(begin, end, size)
    step = size * MINUTE
    rows = TrafficMinute.objects.filter(app=gap.webhook.app_id, minute__gte=begin, minute__lt=begin + len(bars) * step)
    for minute, deliveries, events in rows.values_list("minute").annotate(Sum("deliveries"), Sum("events")):
        bar = bars[int((minute - begin) / step)]
        bar.deliveries += deliveries
        bar.events += events
        bar.there += 1
    most = max((bar.deliveries for bar in bars), default=0)
    for bar in bars:
        bar.height = round(max(bar.deliveries / most * HEIGHT, 1), 2) if bar.deliveries else 0
    scale = WIDTH / (len(bars) * step).total_seconds()
    shown_from = max(gap.began_at, begin)
    gap_x = (shown_from - begin).total_seconds() * scale
    gap_width = max((ended_at - shown_from).total_seconds() * scale, 1)
    return Drawing(bars, round(gap_x, 2), round(min(gap_width, WIDTH - gap_x), 2), most, size)


def _bars(begin: datetime, end: datetime, size: int) -> list[Bar]:
    number = max(1, -(-(end - begin) // (size * MINUTE)))
    step = WIDTH / number
    return [
        Bar(begin + index * size * MINUTE, size, x=round(index * step, 2), width=round(step * 0.84, 2))
        for index in range(number)
    ]


def _floor(at: datetime, size: int) -> datetime:
    """Go back to a minute that bars of this size begin with."""
    minute = minute_of(at)
    return minute - timedelta(minutes=(minute.hour * 60 + minute.minute) % size)
