"""How events leave: with everything that points at them, in batches as large as the database has time for."""

from collections.abc import Sequence
from time import monotonic, sleep
from typing import Self

from django.db import connection, transaction

from .models import Event, HandedOver
from .takedown.models import ContainedPost

SMALLEST, LARGEST = 10, 2_000


def delete_events(ids: Sequence[int]) -> int:
    """Delete events, the index of their posts and what is known of their handing over. One transaction."""
    if not ids:
        return 0
    with transaction.atomic():
        ContainedPost.objects.filter(event_id__in=ids).delete()
        HandedOver.objects.filter(event_id__in=ids).delete()
        deleted, _ = Event.objects.filter(pk__in=ids).delete()
    return deleted


class Pace:
    """Finds the size of a batch by how long the last one took, and rests in proportion.

    SQLite has one writer at a time, and the receiver waits behind a batch; PostgreSQL has the processor and the disk in
    common with it.
    """

    def __init__(self) -> None:
        is_sqlite = connection.vendor == "sqlite"
        self._seconds = 0.005 if is_sqlite else 0.01
        # Of the time: a batch, and so many times as long nothing.
        self._rest = 6.0 if is_sqlite else 4.0
        self.size = 50 if is_sqlite else 200
        self._began_at = 0.0

    def __enter__(self) -> Self:
        self._began_at = monotonic()
        return self

    def __exit__(self, *_: object) -> None:
        took = monotonic() - self._began_at
        wanted = int(self.size * self._seconds / max(took, 0.001))
        # By half at most: one batch that had to wait for somebody says little.
        self.size = min(max(wanted, self.size // 2, SMALLEST), self.size * 2, LARGEST)
        sleep(took * self._rest)
