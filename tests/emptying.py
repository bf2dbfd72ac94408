"""After a test that commits, the database is as the migrations left it: roles, rights and periods included.

Django empties every table and tells everybody to begin anew (`post_migrate`): what migrations had stored is gone for
every test that comes later, and types and rights are made once more for each test. Here the tables that a test has
changed are emptied, and what was there after the migrations is put back, with its ids, in one statement a table.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from django.core.management.color import Style
from django.core.management.commands import flush
from django.db import connection
from django.db.backends.base.operations import BaseDatabaseOperations


def install() -> None:
    """Remember what the database holds now; it is what every later emptying leaves."""
    tables = filled_tables().intersection(connection.introspection.django_table_names())
    kept = {table: _rows(table) for table in tables}
    put_back = {table: _insert(table) for table in kept}

    def sql_flush(self: BaseDatabaseOperations, style: Style, tables: Sequence[str], **_: Any) -> list[str]:
        # Most are empty, and rights are seldom touched: what is as it was is left alone, 50 ms a test.
        filled = filled_tables()
        changed = [table for table in tables if (_rows(table) != kept[table] if table in kept else table in filled)]
        # In any order: Django's foreign keys are looked at when the transaction ends. And not by TRUNCATE, which makes
        # new files for each table and index, 0.4 s a test; the tables hold a few rows.
        emptied = [f"DELETE FROM {self.quote_name(table)}" for table in changed]  # noqa: S608 - quoted
        return emptied + [put_back[table] for table in changed if table in put_back]

    type(connection.ops).sql_flush = sql_flush  # type: ignore[method-assign]
    flush.emit_post_migrate_signal = lambda *_args, **_kwargs: None  # type: ignore[attr-defined]


def filled_tables() -> set[str]:
    """Names of all tables that are not empty: a few of sixty, in one answer."""
    with connection.cursor() as cursor:
        cursor.execute(_which_are_filled())
        return {table for (table,) in cursor.fetchall()}


@cache
def _which_are_filled() -> str:
    tables = [(table, connection.ops.quote_name(table)) for table in connection.introspection.table_names()]
    return " UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {name})" for table, name in tables)  # noqa: S608 - quoted


def _rows(table: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)} ORDER BY 1")  # noqa: S608 - quoted
        return list(cursor.fetchall())


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
    """The statement that stores the rows of a table anew."""
    with connection.cursor() as cursor:
        names = [column.name for column in connection.introspection.get_table_description(cursor, table)]
        columns = [connection.ops.quote_name(name) for name in names]
        literal = "quote_nullable({}::text)" if connection.vendor == "postgresql" else "quote({})"
        cursor.execute(f"SELECT {', '.join(map(literal.format, columns))} FROM {connection.ops.quote_name(table)}")  # noqa: S608 - quoted
        rows = [f"({', '.join(row)})" for row in cursor.fetchall()]
    into = f"{connection.ops.quote_name(table)} ({', '.join(columns)})"
    return f"INSERT INTO {into} VALUES {', '.join(rows)}"  # noqa: S608 - quoted by the database
