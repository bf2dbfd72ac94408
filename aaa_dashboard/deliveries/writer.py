"""Group commit: what arrived while the last batch was committing is the next batch.

One writer a process, in a thread of its own. There is no timer: a lone delivery is committed at once, and under load
the batches grow by themselves. Deliveries wait in a bounded queue; a full queue and a failed commit both make the
receiver answer 503, so that X sends them again.
"""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from .store import Counts, Delivery, Store

log = structlog.get_logger(__name__)

BATCH_DELIVERIES = 1_000
BATCH_BYTES = 8 * 1024 * 1024
# So many minutes of traffic and seconds with refusals wait for a database that is away; then the oldest are forgotten.
# That is a day of minutes alone, and some seven hours while something is refused in most seconds.
CHORES_KEPT = 5_000
CHORES_REST_SECONDS = 1.0
DOUBT_SECONDS = 5.0
STOP_SECONDS = 15.0


class QueueFull(Exception):
    """More waits than may wait."""


class NotStored(Exception):
    """The commit failed: nothing of the delivery is in the database, or nobody knows."""


@dataclass(slots=True)
class _Waiting:
    delivery: Delivery
    stored: asyncio.Future[None]


class Writer:
    """The queue, and the thread that empties it.

    Args:
        open_store: Called in the writer's thread.
        on_stored: Called on the event loop with the counts of each committed batch.
        after_commit: Called in the writer's thread with the deliveries of each committed batch, once their senders
            are being answered.
        max_deliveries, max_bytes: What may wait, together with what is being committed.
    """

    def __init__(
        self,
        open_store: Callable[[], Store],
        on_stored: Callable[[dict[int, Counts]], None],
        after_commit: Callable[[Sequence[Delivery]], None],
        max_deliveries: int,
        max_bytes: int,
    ) -> None:
        self._open_store = open_store
        self._on_stored = on_stored
        self._after_commit = after_commit
        self._max_deliveries = max_deliveries
        self._max_bytes = max_bytes
        self._waiting: deque[_Waiting] = deque()
        self._deliveries = 0
        self._bytes = 0
        self._chores: deque[Callable[[Store], None]] = deque(maxlen=CHORES_KEPT)
        self._wake = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._chores_rest_until = 0.0
        self._doubt_until = 0.0
        self.last_error = ""
        """Why the last commit failed; empty since the last that did not."""
        self.busy_since: float | None = None
        """Since when the database has been taking what it takes now, on the monotonic clock."""

    # --- On the event loop ---

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    async def stop(self) -> None:
        """Commit what was accepted, then end the thread. A database that is silent is not waited for without end."""
        self._stopping = True
        self._wake.set()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join, STOP_SECONDS)
            self._thread = None

    def retry(self) -> None:
        """Ask the database again whether it answers, where the last commit failed and nobody sends anything."""
        if self.last_error:
            self._wake.set()

    @property
    def is_running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    @property
    def queued(self) -> int:
        return self._deliveries

    def submit(self, delivery: Delivery) -> asyncio.Future[None]:
        """Queue a delivery. The future is done once it is committed.

        Raises:
            QueueFull: At once.
            NotStored: From the future.
        """
        size = len(delivery.body)
        if (
            self._stopping
            or not self.is_running
            or self._deliveries >= self._max_deliveries
            or self._bytes + size > self._max_bytes
        ):
            raise QueueFull
        assert self._loop is not None, "the writer was not started"
        self._deliveries += 1
        self._bytes += size
        waiting = _Waiting(delivery, self._loop.create_future())
        self._waiting.append(waiting)
        if not self._wake.is_set():
            self._wake.set()
        return waiting.stored

    def submit_chore(self, chore: Callable[[Store], None]) -> None:
        """Queue something small that nobody waits for. It is tried again until the database takes it."""
        self._chores.append(chore)
        self._wake.set()

    def _settle(self, batch: Sequence[_Waiting], error: Exception | None, counts: dict[int, Counts]) -> None:
        for waiting in batch:
            self._deliveries -= 1
            self._bytes -= len(waiting.delivery.body)
            if waiting.stored.done():  # the sender hung up; what it sent is stored all the same
                continue
            if error is None:
                waiting.stored.set_result(None)
            else:
                waiting.stored.set_exception(error)
        self._on_stored(counts)

    # --- In the writer's thread ---

    def _run(self) -> None:
        store = self._open_store()
        while True:
            self._wake.wait()
            self._wake.clear()
            while batch := self._next_batch():
                self.busy_since = time.monotonic()
                self._commit(store, batch)
                # Not only when nothing waits: during a replay that is never.
                self._do_chores(store)
            self._do_chores(store)
            self.busy_since = None
            if self._stopping and not self._waiting:
                break
        store.close()

    def _next_batch(self) -> list[_Waiting]:
        batch: list[_Waiting] = []
        size = 0
        while self._waiting and len(batch) < BATCH_DELIVERIES and size < BATCH_BYTES:
            waiting = self._waiting.popleft()
            size += len(waiting.delivery.body)
            batch.append(waiting)
        return batch

    def _commit(self, store: Store, batch: list[_Waiting]) -> None:
        deliveries = [waiting.delivery for waiting in batch]
        try:
            counts = self._save(store, deliveries)
        except store.refuses_data as error:
            if len(batch) > 1:
                # One row of the batch is at fault: it must not take the others with it.
                for waiting in batch:
                    self._commit(store, [waiting])
            else:
                self._commit_as_unsplit(store, batch[0], error)
        except Exception as error:  # noqa: BLE001 - whatever it is, the senders must be told
            self._failed(store, batch, error)
        else:
            self._report(batch, None, counts)
            self._follow_up(deliveries)

    def _save(self, store: Store, deliveries: Sequence[Delivery]) -> dict[int, Counts]:
        """Commit, and once more where the failure speaks of the moment alone: X sends a replayed delivery only once."""
        try:
            return store.save(deliveries)
        except Exception as error:
            if not store.is_passing(error):
                raise
            log.warning("a commit failed in passing", error=type(error).__name__, deliveries=len(deliveries))
            store.close()
            return store.save(deliveries)

    def _follow_up(self, deliveries: Sequence[Delivery]) -> None:
        try:
            self._after_commit(deliveries)
        except Exception:  # the senders have their answer, and the thread must live on
            log.exception("the follow-up of a commit failed")

    def _commit_as_unsplit(self, store: Store, waiting: _Waiting, error: Exception) -> None:
        """Keep what the database does not take as rows; it is X's, and may be taken after a fix."""
        name = type(error).__name__
        log.error("the database refused the rows of a delivery", error=name)
        waiting.delivery.rows, waiting.delivery.unsplit_reason = (), f"the database refused its rows: {name}"
        try:
            self._report([waiting], None, store.save([waiting.delivery]))
        except Exception as second:  # noqa: BLE001 - as above
            self._failed(store, [waiting], second)

    def _failed(self, store: Store, batch: list[_Waiting], error: Exception) -> None:
        # The type alone: the text of a database error can quote the row.
        self.last_error = type(error).__name__
        self._doubt_until = time.monotonic() + DOUBT_SECONDS
        log.error("commit failed", error=self.last_error, deliveries=len(batch))
        store.close()
        self._report(batch, NotStored(self.last_error), {})

    def _report(self, batch: list[_Waiting], error: Exception | None, counts: dict[int, Counts]) -> None:
        if error is None:
            self.last_error = ""
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._settle, batch, error, counts)

    def _do_chores(self, store: Store) -> None:
        if time.monotonic() < self._chores_rest_until and not self._stopping:
            return
        try:
            while self._chores:
                self._do_chore(store, self._chores[0])
                self._chores.popleft()
            # An answer alone does not prove that rows are taken: what failed just now may fail again.
            if self.last_error and time.monotonic() >= self._doubt_until:
                store.ping()
                self.last_error = ""
        except Exception as error:  # noqa: BLE001 - the thread must live on
            # Tried again soon: there is a wake-up every second while something is wrong.
            self._chores_rest_until = time.monotonic() + CHORES_REST_SECONDS
            self.last_error = type(error).__name__
            log.error("keeping count failed", error=self.last_error, waiting=len(self._chores))
            store.close()

    def _do_chore(self, store: Store, chore: Callable[[Store], None]) -> None:
        try:
            chore(store)
        except store.refuses_data as error:
            # It will be refused every time: it must not stand in the way of the next.
            log.error("the database refused a count", error=type(error).__name__)
            store.close()
