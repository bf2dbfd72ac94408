"""How workers and beat say that they are there: each keeps a row and renews it, also while a task runs.

A worker does so from a thread of its own, with a connection of its own that is open for a moment only: it may be
copied into the processes that the worker forks, and must not be theirs.
"""

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import structlog
from celery.signals import worker_init, worker_shutdown
from django.db import DEFAULT_DB_ALIAS, Error, connections
from django.db.utils import load_backend
from django.utils import timezone

from .models import BackgroundProcess

log = structlog.get_logger(__name__)

EVERY_SECONDS = 15.0
# A row of a process that was killed is of no interest any more.
FORGET_AFTER = timedelta(days=1)
ALIAS = "heartbeat"


class Pulse:
    """One process: its row, renewed as often as `say` is called but no oftener than is needed."""

    def __init__(self, kind: BackgroundProcess.Kind, *, queues: str = "", using: str = DEFAULT_DB_ALIAS) -> None:
        self.name = f"{kind} {socket.gethostname()} {os.getpid()}"[:120]
        self._kind = kind
        self._queues = queues[:100]
        self._using = using
        self._began_at = timezone.now()
        self._next_at = 0.0

    def say(self) -> None:
        """Say that the process is there. Never raises: who looks sees that nothing was said."""
        if time.monotonic() < self._next_at:
            return
        self._next_at = time.monotonic() + EVERY_SECONDS
        now = timezone.now()
        rows = BackgroundProcess.objects.using(self._using)
        try:
            if not rows.filter(name=self.name).update(seen_at=now, started_at=self._began_at):
                rows.filter(seen_at__lt=now - FORGET_AFTER).delete()
                row = BackgroundProcess(
                    kind=self._kind, name=self.name, queues=self._queues, version=_version(),
                    started_at=self._began_at, seen_at=now,
                )  # fmt: skip
                rows.bulk_create([row], ignore_conflicts=True)
        except Error as error:
            log.warning("cannot say that this process is there", because=type(error).__name__)

    def end(self) -> None:
        """Take the row away: the process ends as it was asked to."""
        try:
            BackgroundProcess.objects.using(self._using).filter(name=self.name).delete()
        except Error as error:
            log.warning("cannot say that this process ends", because=type(error).__name__)


class Heart:
    """The thread that says it for a worker."""

    def __init__(self, queues: str) -> None:
        self._pulse = Pulse(BackgroundProcess.Kind.WORKER, queues=queues, using=ALIAS)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        while not self._stop.is_set():
            with _connection_of_its_own():
                self._pulse.say()
            self._stop.wait(EVERY_SECONDS)
        with _connection_of_its_own():
            self._pulse.end()


_hearts: list[Heart] = []


@worker_init.connect
def _start(sender: Any, **_: Any) -> None:
    _hearts.append(Heart(", ".join(sorted(sender.app.amqp.queues.consume_from))))


@worker_shutdown.connect
def _stop(**_: Any) -> None:
    while _hearts:
        _hearts.pop().stop()


@contextmanager
def _connection_of_its_own() -> Iterator[None]:
    """In this thread: a connection under an alias of its own, from no pool."""
    settings = dict(connections[DEFAULT_DB_ALIAS].settings_dict)
    settings["OPTIONS"] = {name: value for name, value in settings["OPTIONS"].items() if name != "pool"}
    connection = load_backend(settings["ENGINE"]).DatabaseWrapper(settings, ALIAS)
    connections[ALIAS] = connection
    try:
        yield
    finally:
        connection.close()
        del connections[ALIAS]


def _version() -> str:
    try:
        return version("aaa-dashboard")
    except PackageNotFoundError:  # runs from its tree
        return ""
