"""What this machine offers beyond Python: PostgreSQL, Redis and a browser. Each is a path or address, or None."""

import os
import shutil
import zlib
from functools import cache
from pathlib import Path

import psycopg
import redis

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

REQUIRE_ALL = os.environ.get("REQUIRE_ALL", "") not in {"", "0"}


@cache
def postgresql_url() -> str | None:
    """Address of a PostgreSQL server on which databases may be created: `postgres://user@host:port/name`."""
    url = os.environ.get("TEST_DATABASE_URL", "postgres://postgres@127.0.0.1:5432/aaa_dashboard")
    server, _, _ = url.rpartition("/")
    try:
        psycopg.connect(f"{server}/postgres", connect_timeout=30).close()
    except psycopg.OperationalError:
        return None
    return url


@cache
def redis_url() -> str | None:
    """Address of a Redis database that tests may empty."""
    # Runs of two clones, and the processes of a run, would take each other's messages from one database.
    own = zlib.crc32(str(Path.cwd()).encode()) + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    url = os.environ.get("TEST_REDIS_URL", f"redis://127.0.0.1:6379/{1 + own % 15}")
    client = redis.Redis.from_url(url, socket_connect_timeout=30)
    try:
        client.ping()
    except redis.RedisError:
        return None
    finally:
        client.close()
    return url


@cache
def chromium() -> str | None:
    """Path of a Chromium or Chrome."""
    named = os.environ.get("CHROMIUM")
    return shutil.which(named) if named else next(filter(None, map(shutil.which, BROWSERS)), None)
