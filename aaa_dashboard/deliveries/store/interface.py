"""The interface between the writer and a database, and the statements that both databases share."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from ..split import Row


@dataclass(slots=True)
class Delivery:
    """A verified delivery on its way to the database: its rows, or the reason why there are none."""

    app_id: int
    body: bytes
    received_at: datetime
    rows: Sequence[Row]
    unsplit_reason: str = ""

    @property
    def digest(self) -> str:
        return sha256(self.body).hexdigest()


@dataclass(slots=True)
class Counts:
    """What a batch was, for one app."""

    events: int = 0
    duplicates: int = 0
    unsplit: int = 0


class RefusalRow(NamedTuple):
    at: datetime
    app_id: int | None
    method: str
    path: str
    status: int
    reason: str
    sender: str
    size: int | None


class TrafficRow(NamedTuple):
    app_id: int
    minute: datetime
    receiver: str
    began_at: datetime
    until: datetime
    deliveries: int
    events: int
    duplicates: int
    unsplit: int
    refusals: str
    """JSON object: number by reason."""
    crcs: int
    median_ms: float | None
    worst_ms: float | None


TRAFFIC_COLUMNS = TrafficRow._fields
UPDATE_TRAFFIC = "ON CONFLICT (app_id, minute, receiver) DO UPDATE SET " + ", ".join(
    f"{column} = excluded.{column}" for column in TRAFFIC_COLUMNS[3:]
)


class Store(ABC):
    """One connection of one thread."""

    refuses_data: tuple[type[Exception], ...]
    """Errors that speak of a row and not of the database: the same row will fail again."""

    @abstractmethod
    def save(self, batch: Sequence[Delivery]) -> dict[int, Counts]:
        """Commit a batch in one transaction and count it by app id. Raises what the database raises."""

    @abstractmethod
    def save_refusals(self, refusals: Sequence[RefusalRow]) -> None: ...

    @abstractmethod
    def save_traffic(self, traffic: Sequence[TrafficRow]) -> None:
        """Store minutes; one that is known is replaced, since it was running then."""

    def is_passing(self, error: Exception) -> bool:  # noqa: ARG002 - for those that can tell
        """Tell whether a failure of `save` speaks of the moment alone: a connection that was cut, a deadlock."""
        return False

    def ping(self) -> None:
        """Ask for a transaction that stores nothing. Raises what the database raises."""
        self.save_traffic(())

    @abstractmethod
    def close(self) -> None:
        """Drop the connection; the next call opens a new one."""


@dataclass(slots=True)
class Merged:
    """A row of a batch, and how often the batch has it beyond the first time."""

    row: Row
    again: int = field(default=0)


def merge(batch: Iterable[Delivery]) -> dict[int, list[Merged]]:
    """Bring the rows of a batch into one list for each app, every key once, in the order of apps and keys.

    One statement may meet a key only once, and receivers that take keys in the same order cannot deadlock.
    """
    merged: dict[int, dict[bytes, Merged]] = {}
    for delivery in batch:
        of_app = merged.setdefault(delivery.app_id, {})
        for row in delivery.rows:
            if row.key in of_app:
                of_app[row.key].again += 1
            else:
                of_app[row.key] = Merged(row)
    return {app_id: [of_app[key] for key in sorted(of_app)] for app_id, of_app in sorted(merged.items())}


def unsplit_of(batch: Iterable[Delivery]) -> list[Delivery]:
    """Return the deliveries to be kept whole, in the order of apps and digests: see `merge`."""
    return sorted(
        (delivery for delivery in batch if delivery.unsplit_reason), key=lambda each: (each.app_id, each.digest)
    )
