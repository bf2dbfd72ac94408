"""Empty databases to measure on, migrated by the project itself, and what is in them afterwards."""

import os
import sqlite3
import subprocess
import sys
import tempfile
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import psycopg
from cryptography.fernet import Fernet
from psycopg import sql

from bench.bodies import number_of
from bench.servers import ROOT

SERVER_URL = os.environ.get("BENCH_DATABASE_URL", "postgres://postgres@127.0.0.1:5432/postgres")
CONSUMER_KEY = "bench-consumer-key"
CONSUMER_SECRET = "bench-consumer-secret"  # noqa: S105 - signs nothing but our own deliveries
INHERITED = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TZ") if name in os.environ}


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was acknowledged beside what is stored."""

    acknowledged: int
    missing: int
    """Acknowledged, and not in the table."""
    doubled: int
    """In the table more than once."""
    unacknowledged: int
    """In the table, though no sender was told so. Allowed: an answer may be lost on its way, a commit may not."""
    foreign: int
    """In the table and sent by nobody."""

    @property
    def is_exact(self) -> bool:
        return not (self.missing or self.doubled or self.foreign)

    def __str__(self) -> str:
        return (
            f"{self.acknowledged:,} acknowledged: {self.missing} missing, {self.doubled} doubled, "
            f"{self.foreign} sent by nobody, {self.unacknowledged} stored without an answer"
        )


class Database(ABC):
    """An empty, migrated database that exists from `__enter__` to `__exit__`."""

    label: str
    url: str

    def __init__(self) -> None:
        # Beside the database, not in /tmp: that may be memory, where a commit costs nothing.
        self._folder = tempfile.TemporaryDirectory(prefix="bench-", dir=scratch_folder())
        self._encryption_key = Fernet.generate_key().decode()

    def __enter__(self) -> Self:
        self._create()
        command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
        subprocess.run(command, cwd=ROOT, env=self.variables, check=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._drop()
        self._folder.cleanup()

    @property
    def variables(self) -> dict[str, str]:
        """The whole environment of a process that runs the project as in production on this database."""
        return {
            **INHERITED,
            "ENV_FILE": "/dev/null",
            "VAR_DIR": self._folder.name,
            "DATABASE_URL": self.url,
            "REDIS_URL": "",
            "DEBUG": "off",
            "SECRET_KEY": "bench-signs-with-this-and-nothing-else-does-0123456789",
            "SECRET_ENCRYPTION_KEYS": self._encryption_key,
            "PUBLIC_URL": "http://127.0.0.1:8000",
            "X_CONSUMER_KEY": CONSUMER_KEY,
            "X_CONSUMER_SECRET": CONSUMER_SECRET,
        }

    def compare(self, acknowledged: Iterable[int]) -> Comparison:
        """Hold the numbers of acknowledged deliveries against the table."""
        promised = set(acknowledged)
        stored = Counter(map(number_of, self._payloads()))
        foreign = stored.pop(None, 0)
        return Comparison(
            acknowledged=len(promised),
            missing=len(promised - stored.keys()),
            doubled=sum(times - 1 for times in stored.values()),
            unacknowledged=len(stored.keys() - promised),
            foreign=foreign,
        )

    def redeliveries(self) -> int:
        """Return how often an event came again, over all events."""
        ((total,),) = self._rows("SELECT coalesce(sum(redeliveries), 0) FROM deliveries_event")
        return int(total)

    def _payloads(self) -> Iterator[str]:
        for (payload,) in self._rows("SELECT payload FROM deliveries_event"):
            yield payload

    @property
    @abstractmethod
    def version(self) -> str: ...

    @abstractmethod
    def _create(self) -> None: ...

    @abstractmethod
    def _drop(self) -> None: ...

    @abstractmethod
    def _rows(self, query: str) -> Iterator[tuple[Any, ...]]: ...

    @abstractmethod
    def server_pids(self) -> list[int]:
        """Return the processes of the database server that work for us, where they are on this machine."""


class SQLite(Database):
    """A file in the installation's `var/`, on the disk where an embedded installation has its own."""

    label = "SQLite"

    def __init__(self) -> None:
        super().__init__()
        self._path = Path(self._folder.name) / "bench.sqlite3"
        self.url = f"sqlite:///{self._path}"

    @property
    def version(self) -> str:
        return f"SQLite {sqlite3.sqlite_version}"

    def _create(self) -> None:
        """The migration does."""

    def _drop(self) -> None:
        """The folder goes."""

    def _rows(self, query: str) -> Iterator[tuple[Any, ...]]:
        with closing(sqlite3.connect(self._path)) as connection:
            yield from connection.execute(query)

    def server_pids(self) -> list[int]:
        return []


class PostgreSQL(Database):
    """A database of its own on the server that `server_url` names (`postgres://user@host:port/any`)."""

    label = "PostgreSQL"

    def __init__(self, server_url: str) -> None:
        super().__init__()
        server, _, _ = server_url.rpartition("/")
        self._name = Path(self._folder.name).name.replace("-", "_")
        self._admin_url = f"{server}/postgres"
        self.url = f"{server}/{self._name}"

    @staticmethod
    def why_unreachable(server_url: str) -> str | None:
        """Return the reason why there is nothing to measure at that address."""
        server, _, _ = server_url.rpartition("/")
        try:
            psycopg.connect(f"{server}/postgres", connect_timeout=2).close()
        except psycopg.OperationalError as error:
            return str(error).splitlines()[0]
        return None

    @property
    def version(self) -> str:
        ((version, fsync, commit),) = self._rows(
            "SELECT current_setting('server_version'), current_setting('fsync'), current_setting('synchronous_commit')"
        )
        return f"PostgreSQL {version.split()[0]} (fsync {fsync}, synchronous_commit {commit})"

    def server_pids(self) -> list[int]:
        if urlsplit(self.url).hostname not in {"127.0.0.1", "localhost", "::1"}:
            return []
        query = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        return [pid for (pid,) in self._rows(query) if _is_postgresql(pid)]

    def _create(self) -> None:
        self._administer("CREATE DATABASE {}")

    def _drop(self) -> None:
        self._administer("DROP DATABASE IF EXISTS {} WITH (FORCE)")

    def _administer(self, statement: str) -> None:
        with psycopg.connect(self._admin_url, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(sql.Identifier(self._name)))

    def _rows(self, query: str) -> Iterator[tuple[Any, ...]]:
        with psycopg.connect(self.url) as connection, connection.cursor(name="bench") as cursor:
            cursor.itersize = 5_000
            yield from cursor.execute(query)


def _is_postgresql(pid: int) -> bool:
    """Whether that process is here, and not the same number in a container."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().startswith("postgres")
    except OSError:
        return False


def databases(only: str | None = None) -> Iterator[Database]:
    """Yield those that can be measured on here, or the one of that name; say what is left out and why."""
    if only != "sqlite":
        if reason := PostgreSQL.why_unreachable(SERVER_URL):
            print(f"\nPostgreSQL is left out: {reason}. BENCH_DATABASE_URL names another server.")
        else:
            yield PostgreSQL(SERVER_URL)
    if only != "postgresql":
        yield SQLite()


def scratch_folder() -> Path:
    """Return where what is measured may write: on the disk of an embedded installation."""
    folder = Path(os.environ.get("VAR_DIR", ROOT / "var"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder
