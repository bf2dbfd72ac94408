"""What /metrics tells of background work: how each task goes, who is there, what waits."""

from collections.abc import Iterable
from datetime import datetime

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from aaa_dashboard.staff.models import TaskRun

from .broker import queues
from .processes import beat, receivers, workers


def collect(now: datetime) -> Iterable[Metric]:
    """Tell how background work goes. Four queries, and one question to the broker of a second at most."""
    runs = CounterMetricFamily("aaa_task_runs", "Runs of a task that ended.", labels=["task"])
    failures = CounterMetricFamily("aaa_task_failures", "Those that failed or took too long.", labels=["task"])
    in_a_row = GaugeMetricFamily("aaa_task_failures_in_a_row", "Since it last went well.", labels=["task"])
    succeeded = GaugeMetricFamily("aaa_task_last_success_timestamp_seconds", "When it last went well.", labels=["task"])
    for run in TaskRun.objects.order_by("task"):
        runs.add_metric([run.task], run.runs)
        failures.add_metric([run.task], run.failures)
        in_a_row.add_metric([run.task], run.failures_in_a_row)
        if run.succeeded_at is not None:
            succeeded.add_metric([run.task], run.succeeded_at.timestamp())
    yield from (runs, failures, in_a_row, succeeded)
    yield GaugeMetricFamily("aaa_receivers", "Receivers that are there.", receivers(now).there)
    yield GaugeMetricFamily("aaa_workers", "Workers that are there.", workers(now).there)
    yield GaugeMetricFamily("aaa_beats", "Beats that are there; one is right.", beat(now).there)
    waiting = GaugeMetricFamily("aaa_queue_messages", "Messages that no worker has taken yet.", labels=["queue"])
    for queue in queues().those:
        if queue.waiting is not None:
            waiting.add_metric([queue.name], queue.waiting)
    yield waiting
