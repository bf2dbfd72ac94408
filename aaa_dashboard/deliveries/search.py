"""Full-text search over `Event.text`: a GIN index on PostgreSQL, an FTS5 table kept by triggers on SQLite.

SQLite's triggers are looked after at the end of every `migrate`: Django changes a table of SQLite by making it anew,
and its triggers go with the old one without a word.
"""

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

# New words wait in a list that somebody's INSERT has to empty. A short one is emptied in milliseconds: with the default
# of 4 MB, 2,500 deliveries a second were answered within 34 to 41 ms (p99), with 256 kB within 8 to 14 ms.
POSTGRESQL = (
    "CREATE INDEX event_text_search ON deliveries_event USING gin (to_tsvector('simple', text)) "
    "WITH (gin_pending_list_limit = 256)"
)
# LZ4 costs a quarter of what PostgreSQL's own compression does, and payloads are most of what is written.
POSTGRESQL_LZ4 = "ALTER TABLE deliveries_event ALTER COLUMN payload SET COMPRESSION lz4"
POSTGRESQL_HAS_LZ4 = (
    "SELECT count(*) FROM pg_settings WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)"
)
SQLITE = (
    "CREATE VIRTUAL TABLE deliveries_event_search USING fts5("
    "text, content='deliveries_event', content_rowid='id', tokenize='unicode61')"
)
_DELETE_OLD = (
    "INSERT INTO deliveries_event_search(deliveries_event_search, rowid, text) "
    "SELECT 'delete', old.id, old.text WHERE old.text <> '';"
)
_INSERT_NEW = "INSERT INTO deliveries_event_search(rowid, text) SELECT new.id, new.text WHERE new.text <> '';"
SQLITE_TRIGGERS = {
    "deliveries_event_search_insert": f"AFTER INSERT ON deliveries_event WHEN new.text <> '' BEGIN {_INSERT_NEW} END",
    "deliveries_event_search_delete": f"AFTER DELETE ON deliveries_event BEGIN {_DELETE_OLD} END",
    "deliveries_event_search_update": f"AFTER UPDATE OF text ON deliveries_event BEGIN {_DELETE_OLD} {_INSERT_NEW} END",
}


def restore_triggers(connection: BaseDatabaseWrapper) -> None:
    """Create those of SQLite's triggers that are missing, and then index anew what they have missed."""
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE name LIKE 'deliveries_event_search%'")
        known = {name for (name,) in cursor.fetchall()}
        missing = SQLITE_TRIGGERS.keys() - known
        if "deliveries_event_search" not in known or not missing:
            return
        for name in missing:
            cursor.execute(f"CREATE TRIGGER {name} {SQLITE_TRIGGERS[name]}")
        cursor.execute("INSERT INTO deliveries_event_search(deliveries_event_search) VALUES ('rebuild')")


def after_migrate(using: str, **_: Any) -> None:
    """Receive `post_migrate`."""
    from django.db import connections

    restore_triggers(connections[using])
