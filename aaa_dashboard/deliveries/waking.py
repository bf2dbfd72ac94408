"""What waits for nothing in the receiver's process: events that concern others are handed over as soon as stored.

In a thread of its own, which may wait for the database as long as it likes: the writer only sets a flag. What a crash
or a database that is away leaves undone, the task `deliveries.hand_over` does.
"""

import threading
from collections.abc import Sequence

import structlog
from django.db import Error as DatabaseError
from django.db import close_old_connections, connection
from django.utils import timezone

from . import hand_over
from .store import Delivery

log = structlog.get_logger(__name__)

# A flood of them is taken in sweeps, so that the receiver keeps the processor and the database for most of the time.
REST_SECONDS = 1.0
SWEEP_SECONDS = 1.0
STOP_SECONDS = 5.0


class Waker:
    """Sweeps once at the start, for what the process before this one left, and whenever something came."""

    def __init__(self) -> None:
        self._came = threading.Event()
        self._came.set()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="hand over", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._came.set()
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)

    def offer(self, deliveries: Sequence[Delivery]) -> None:
        """Take note of what was stored. Never waits."""
        if any(row.category in hand_over.CATEGORIES for delivery in deliveries for row in delivery.rows):
            self._came.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._came.wait()
            self._came.clear()
            if self._stopping.is_set():
                break
            self._sweep()
            self._stopping.wait(REST_SECONDS)
        connection.close()

    def _sweep(self) -> None:
        try:
            hand_over.sweep(timezone.now(), SWEEP_SECONDS)
        except DatabaseError as error:
            log.warning("handing over failed", error=type(error).__name__)
        except Exception:  # the thread must live on
            log.exception("handing over failed")
        finally:
            close_old_connections()
