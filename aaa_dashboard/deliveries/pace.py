"""Work in the background beside the receiver, in batches as large as the database has time for."""

from time import monotonic, sleep
from types import TracebackType
from typing import Self

from django.db import connection, transaction

SMALLEST, LARGEST = 50, 2_000
# Of the time: a batch, and so many times as long nothing.
REST = 3.0
LONGEST_REST_SECONDS = 0.5


class Pace:
    """A transaction a batch: finds the size of the next one by how long this one worked, and rests in proportion.

    SQLite has one writer at a time, and the receiver waits behind a batch; PostgreSQL has the processor and the disk in
    common with it. The wait for SQLite's lock is not work: a batch that had to wait is neither too large nor followed
    by a longer rest.
    """

    def __init__(self) -> None:
        self._seconds = 0.01 if connection.vendor == "sqlite" else 0.02
        self.size = SMALLEST
        self._began_at = 0.0

    def __enter__(self) -> Self:
        self._transaction = transaction.atomic()
        self._transaction.__enter__()
        self._began_at = monotonic()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._transaction.__exit__(kind, raised, trace)
        took = monotonic() - self._began_at
        wanted = int(self.size * self._seconds / max(took, 0.001))
        # By half at most: one batch that had to wait for somebody says little.
        self.size = min(max(wanted, self.size // 2, SMALLEST), self.size * 2, LARGEST)
        sleep(min(took * REST, LONGEST_REST_SECONDS))
