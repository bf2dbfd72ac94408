"""After a test that commits, the database is as the migrations left it: roles, rights and periods included.

Django empties every table and tells everybody to begin anew (`post_migrate`): what migrations had stored is gone for
every test that comes later, and types and rights are made once more for each test. Here every table is emptied and
what was there after the migrations is put back, with its ids, in one statement a table.
"""

from collections.abc import Sequence
from typing import Any

from django.core.management.color import Style
from django.core.management.commands import flush
from django.db import connection
from django.db.backends.base.operations import BaseDatabaseOperations


def install() -> None:
    """Remember what the database holds now; it is what every later emptying leaves."""
    kept = [statement for table in connection.introspection.django_table_names() if (statement := _insert(table))]

    def sql_flush(self: BaseDatabaseOperations, style: Style, tables: Sequence[str], **_: Any) -> list[str]:
        # In any order: Django's foreign keys are looked at when the transaction ends. And not by TRUNCATE, which makes
        # new files for each table and index, 0.4 s a test; the tables hold a few rows.
        return [f"DELETE FROM {self.quote_name(table)}" for table in tables] + kept  # noqa: S608 - quoted

    type(connection.ops).sql_flush = sql_flush  # type: ignore[method-assign]
    flush.emit_post_migrate_signal = lambda *_args, **_kwargs: None  # type: ignore[attr-defined]


def let_go() -> None:
    """End the sessions of processes that a test has killed: PostgreSQL drops no database that somebody uses."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        connection.close()


def _insert(table: str) -> str:
    """The statement that stores the rows of a table anew; empty where there are none."""
    with connection.cursor() as cursor:
        names = [column.name for column in connection.introspection.get_table_description(cursor, table)]
        columns = [connection.ops.quote_name(name) for name in names]
        literal = "quote_nullable({}::text)" if connection.vendor == "postgresql" else "quote({})"
        cursor.execute(f"SELECT {', '.join(map(literal.format, columns))} FROM {connection.ops.quote_name(table)}")  # noqa: S608 - quoted
        rows = [f"({', '.join(row)})" for row in cursor.fetchall()]
    into = f"{connection.ops.quote_name(table)} ({', '.join(columns)})"
    return f"INSERT INTO {into} VALUES {', '.join(rows)}" if rows else ""  # noqa: S608 - quoted by the database
