"""What /metrics tells of all processes together, from the database: `AllTogether` asks it seldom, in bounded time.

A process's own counters are in `probes`. Nothing here runs in the event loop, and nothing counts events.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

import structlog
from django.db import connections
from django.utils import timezone
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from aaa_dashboard.webhooks.models import Webhook

from .models import Gap, TrafficMinute
from .traffic import MINUTE, minute_of

log = structlog.get_logger(__name__)

Collect = Callable[[datetime], Iterable[Metric]]

PATIENCE_SECONDS = 2.0
# Several scrapers, and all processes at once, ask the database no oftener than this.
FRESH_SECONDS = 5.0
COMPLETE = "aaa_shared_complete"


class AllTogether:
    """Text of the metrics that hold for all processes, at most a few seconds old.

    Args:
        collectors: Where they come from. Each runs in a thread.
    """

    def __init__(self, collectors: Sequence[Collect]) -> None:
        self._collectors = collectors
        self._text = ""
        self._fresh_until = 0.0
        self._asking: asyncio.Future[str] | None = None

    async def text(self) -> str:
        """Ask, or repeat what was just told. When the database does not answer in time, say that, and nothing old."""
        if time.monotonic() < self._fresh_until:
            return self._text
        # One that hangs is waited for by all, and not asked again beside itself.
        if self._asking is None or self._asking.done():
            self._asking = asyncio.ensure_future(asyncio.to_thread(self._ask))
        try:
            self._text = await asyncio.wait_for(asyncio.shield(self._asking), PATIENCE_SECONDS)
        except Exception as error:  # noqa: BLE001 - the process's own metrics are told whatever the database has
            log.warning("metrics of all processes are missing", because=type(error).__name__)
            return _write([_complete(0)])
        self._fresh_until = time.monotonic() + FRESH_SECONDS
        return self._text

    def _ask(self) -> str:
        now = timezone.now()
        try:
            metrics = [metric for collect in self._collectors for metric in collect(now)]
        finally:
            connections.close_all()  # this thread's, which may not come back for long
        return _write([*metrics, _complete(1)])


def collect(now: datetime) -> Iterable[Metric]:
    """Tell what came in the last full minute over all receivers, since when nobody receives, webhooks and gaps.

    Optimization: four queries, each by an index: one minute's rows, the newest row, webhooks and open gaps.
    """
    yield from _last_minute(now)
    newest = TrafficMinute.objects.order_by("-minute").values_list("until", flat=True).first()
    yield _gauge(
        "aaa_receiver_silence_seconds",
        "Since a receiver last said that it is there; above 15, nobody receives.",
        [] if newest is None else [((), max(0.0, (now - newest).total_seconds()))],
    )
    valid = Webhook.objects.filter(deleted_at=None).values_list("app__slug", "x_id", "valid").order_by("pk")
    yield _gauge(
        "aaa_webhook_valid",
        "1: X delivers to it; 0: it is invalid.",
        [((slug, x_id), float(is_valid)) for slug, x_id, is_valid in valid],
        labels=("app", "webhook"),
    )
    unfinished = [Gap.State.OPEN, Gap.State.FOUND, Gap.State.RECOVERING]
    states = Counter(Gap.objects.filter(state__in=unfinished).values_list("state", flat=True))
    yield _gauge(
        "aaa_gaps",
        "Stretches in which events may have been missed and that are not recovered, by state.",
        [((state.value,), float(states[state])) for state in unfinished],
        labels=("state",),
    )


def _last_minute(now: datetime) -> Iterable[Metric]:
    rows = TrafficMinute.objects.filter(minute=minute_of(now) - MINUTE).values_list(
        "deliveries", "events", "duplicates", "refusals"
    )
    sums: Counter[str] = Counter()
    refusals: Counter[str] = Counter()
    for deliveries, events, duplicates, refused in rows:
        sums.update(deliveries=deliveries, events=events, duplicates=duplicates)
        refusals.update(refused)
    for what, help_ in (
        ("deliveries", "Deliveries answered 200"),
        ("events", "Events stored for the first time"),
        ("duplicates", "Events that were known already"),
    ):
        name = f"aaa_last_minute_{what}"
        yield _gauge(name, f"{help_}, in the last full minute, by all receivers.", [((), float(sums[what]))])
    yield _gauge(
        "aaa_last_minute_refusals",
        "Requests refused in the last full minute, by all receivers.",
        [((reason,), float(number)) for reason, number in sorted(refusals.items())],
        labels=("reason",),
    )


def _gauge(
    name: str, help_: str, values: Iterable[tuple[Sequence[str], float]], labels: Sequence[str] = ()
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, help_, labels=labels)
    for of, value in values:
        family.add_metric(of, value)
    return family


def _complete(value: float) -> GaugeMetricFamily:
    return _gauge(COMPLETE, "1: what holds for all processes is told here; 0: it could not be read.", [((), value)])


class _Told(Collector):
    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics


def _write(metrics: Iterable[Metric]) -> str:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Told(metrics))
    return generate_latest(registry).decode()
