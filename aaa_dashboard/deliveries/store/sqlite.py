"""SQLite: one transaction a batch on the thread's own connection. WAL lets people read meanwhile."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from .interface import Counts, Delivery, RefusalRow, Store, TrafficRow, merge

_COUNT_REDELIVERY = "UPDATE deliveries_event SET redeliveries = redeliveries + ? WHERE app_id = ? AND key = ?"
_SAVE_EVENT = """
INSERT INTO deliveries_event (
    app_id, key, for_user_id, kind, category, actor_id, occurred_at, received_at, text, payload, redeliveries
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (app_id, key) DO NOTHING
"""
_SAVE_UNSPLIT = """
INSERT INTO deliveries_unsplit (app_id, digest, received_at, reason, body) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (app_id, digest) DO UPDATE SET redeliveries = redeliveries + 1
"""
_SAVE_REFUSAL = """
INSERT INTO deliveries_refusal (at, app_id, method, path, status, reason, sender, size) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
_SAVE_TRAFFIC = """
INSERT INTO deliveries_trafficminute (
    app_id, minute, receiver, deliveries, events, duplicates, unsplit, refusals, crcs, median_ms, worst_ms
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (app_id, minute, receiver) DO NOTHING
"""


def _moment(value: datetime) -> str:
    """Write a time as Django does, so that the ORM can read it."""
    return str(value.astimezone(UTC).replace(tzinfo=None))


class SQLiteStore(Store):
    refuses_data = (
        sqlite3.DataError,
        sqlite3.IntegrityError,
        sqlite3.InterfaceError,
        sqlite3.ProgrammingError,
        UnicodeEncodeError,
    )

    def save(self, batch: Sequence[Delivery]) -> dict[int, Counts]:
        counts = {app_id: Counts() for app_id in {delivery.app_id for delivery in batch}}
        with self._transaction() as cursor:
            for app_id, merged in merge(batch).items():
                total = sum(1 + entry.again for entry in merged)
                # Nobody else writes between the two: BEGIN IMMEDIATE. Known keys are counted, the others stored.
                cursor.executemany(
                    _COUNT_REDELIVERY, [(1 + entry.again, app_id, entry.row.key.hex()) for entry in merged]
                )
                known = cursor.rowcount
                if known < len(merged):
                    cursor.executemany(
                        _SAVE_EVENT,
                        [
                            (
                                app_id,
                                entry.row.key.hex(),
                                *entry.row[1:5],
                                _moment(entry.row.occurred_at),
                                _moment(entry.row.received_at),
                                entry.row.text,
                                entry.row.payload,
                                entry.again,
                            )
                            for entry in merged
                        ],
                    )
                counts[app_id].events = len(merged) - known
                counts[app_id].duplicates = total - counts[app_id].events
            for delivery in batch:
                if delivery.unsplit_reason:
                    cursor.execute(
                        _SAVE_UNSPLIT,
                        (
                            delivery.app_id,
                            delivery.digest,
                            _moment(delivery.received_at),
                            delivery.unsplit_reason,
                            delivery.body,
                        ),
                    )
                    counts[delivery.app_id].unsplit += 1
        return counts

    def save_refusals(self, refusals: Sequence[RefusalRow]) -> None:
        with self._transaction() as cursor:
            cursor.executemany(_SAVE_REFUSAL, [(_moment(row.at), *row[1:]) for row in refusals])

    def save_traffic(self, traffic: Sequence[TrafficRow]) -> None:
        with self._transaction() as cursor:
            cursor.executemany(_SAVE_TRAFFIC, [(row.app_id, _moment(row.minute), *row[2:]) for row in traffic])

    @contextmanager
    def _transaction(self) -> Iterator[Any]:
        connection.ensure_connection()
        # The driver's own cursor: Django's translates placeholders and keeps a log of statements.
        cursor = connection.connection.cursor(sqlite3.Cursor)
        cursor.execute("BEGIN IMMEDIATE")
        try:
            yield cursor
        except BaseException:
            cursor.execute("ROLLBACK")
            raise
        else:
            cursor.execute("COMMIT")
        finally:
            cursor.close()

    def close(self) -> None:
        connection.close()
