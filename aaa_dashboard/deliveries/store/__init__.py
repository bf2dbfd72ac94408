"""What the writer puts into the database, and how: one module for each database behind one interface."""

from django.db import connection

from .interface import Counts, Delivery, RefusalRow, Store, TrafficRow

__all__ = ["Counts", "Delivery", "RefusalRow", "Store", "TrafficRow", "open_store"]


def open_store() -> Store:
    """Open a store on the default database. It belongs to the calling thread and connects when it is first used."""
    if connection.vendor == "postgresql":
        from .postgresql import PostgreSQLStore

        return PostgreSQLStore()
    from .sqlite import SQLiteStore

    return SQLiteStore()
