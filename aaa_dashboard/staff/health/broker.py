"""What waits in the queues, asked of the broker itself: Redis, or the files in its place."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from kombu import Connection

from .findings import Problem

PATIENCE_SECONDS = 1.0
# More than every task of the schedule could have waiting in a few minutes.
MANY = 200


@dataclass(frozen=True, slots=True)
class Queue:
    name: str
    waiting: int | None
    """Messages that no worker has taken yet; None: the broker does not tell."""


@dataclass(frozen=True, slots=True)
class Queues:
    those: list[Queue]
    problem: Problem | None = None

    @property
    def answers(self) -> bool:
        """Whether the broker told anything."""
        return any(one.waiting is not None for one in self.those)


def queues() -> Queues:
    """Ask the broker how much waits in each queue. Takes a few seconds at most, and never raises."""
    names = list(settings.CELERY_TASK_QUEUES)
    try:
        those = _ask(names)
    except Exception as error:  # noqa: BLE001 - the broker's client has many, and each means the same
        return Queues([Queue(name, None) for name in names], _away(error))
    full = [one for one in those if (one.waiting or 0) >= MANY]
    if full:
        waiting = ", ".join(f"{one.waiting} in “{one.name}”" for one in full)
        return Queues(
            those,
            Problem(
                f"Tasks pile up: {waiting}.",
                "Look at the workers above: too few, or busy with something that hangs. Old messages are thrown away.",
            ),
        )
    return Queues(those)


def _ask(names: list[str]) -> list[Queue]:
    options = {**settings.CELERY_BROKER_TRANSPORT_OPTIONS}
    if settings.REDIS_URL:
        options |= {"socket_connect_timeout": PATIENCE_SECONDS, "socket_timeout": PATIENCE_SECONDS}
    broker = Connection(settings.CELERY_BROKER_URL, transport_options={**options, "max_retries": 0})
    with broker as connection:
        connection.ensure_connection(max_retries=1, interval_start=0, interval_step=0, reraise_as_library_errors=False)
        return [Queue(name, _waiting(connection, name)) for name in names]


def _waiting(connection: Connection, queue: str) -> int:
    channel: Any = connection.channel()
    with channel:
        try:
            return int(channel.queue_declare(queue, passive=True).message_count)
        except connection.channel_errors:  # in Redis an empty queue does not exist
            return 0


def _away(error: Exception) -> Problem:
    if settings.REDIS_URL:
        return Problem(
            f"Redis does not answer ({type(error).__name__}): no task reaches a worker. What is received is stored.",
            "See that it runs and that REDIS_URL names it. Nothing is lost: what was missed is done once it is back.",
        )
    folder = Path(settings.CELERY_BROKER_TRANSPORT_OPTIONS["data_folder_in"])
    return Problem(
        f"The folder of the queues cannot be read ({type(error).__name__}): no task reaches a worker.",
        f"See that {folder} exists and is ours; “make run” makes it.",
    )
