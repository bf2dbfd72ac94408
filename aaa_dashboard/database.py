"""Why PostgreSQL does not let us in: asked beside the pool, which says of every reason that it took too long."""

import re

from django.db import connection

# What the server and its library say, and how we say it: their words hold names and addresses.
_KNOWN = (
    (r"password authentication failed", "the server does not take name and password"),
    (r"no password supplied", "the server asks for a password"),
    (r"no pg_hba.conf entry", "the server does not let us in from here"),
    (r"role .* does not exist", "the server does not know the role"),
    (r"database .* does not exist", "the server has no such database"),
    (r"not permitted to log in", "the role may not sign in"),
    (r"too many (clients|connections)|connection slots", "the server has no connection left"),
    (r"starting up", "the server is starting"),
    (r"shutting down", "the server is shutting down"),
    (r"Connection refused", "nobody answers at that address"),
    (r"failed to resolve host|translate host name", "the name of the server is not known"),
)


def why_closed() -> str:
    """Say in a few words why the server does not let us in; empty where it does, or nobody knows. Never raises.

    Takes two seconds at most for each of its addresses.
    """
    if connection.vendor != "postgresql":
        return ""
    import psycopg  # with SQLite, every process does without its megabytes

    parameters = connection.get_connection_params() | {"context": None, "cursor_factory": psycopg.Cursor}
    try:
        psycopg.connect(**parameters | {"connect_timeout": 2}).close()
    except psycopg.Error as error:
        said = str(error)
        return next((words for sign, words in _KNOWN if re.search(sign, said)), "")
    return ""
