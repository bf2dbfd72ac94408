"""Is everything there that has to run, and does it do its work? Read by the page Health, by notices and by /metrics.

`findings` says what something wrong looks like, `processes` looks at receivers, workers and beat, `broker` at the
queues, `work` at the tasks, `limits` at what X lets us ask; `metrics` says the same to Prometheus. Each function is
quick, asks nobody outside but the broker, and never raises: that something is away is a finding.
"""

from .broker import Queue, Queues, queues
from .findings import Problem
from .limits import AppLimits, allowances
from .processes import Beat, Process, Receiver, Receivers, Workers, beat, receivers, workers
from .work import Task, tasks

__all__ = [
    "AppLimits",
    "Beat",
    "Problem",
    "Process",
    "Queue",
    "Queues",
    "Receiver",
    "Receivers",
    "Task",
    "Workers",
    "allowances",
    "beat",
    "queues",
    "receivers",
    "tasks",
    "workers",
]
