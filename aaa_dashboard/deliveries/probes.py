"""What those who watch over the process ask: `/healthz`, `/readyz`, `/metrics`.

They are answered before Django and without a sign-in, so they say no more than a watcher needs.
"""

import asyncio
import hmac
import os
import time
from collections.abc import Callable, Iterable, Sequence
from ipaddress import ip_address
from pathlib import Path

import redis
from django.conf import settings
from django.db import connection
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from aaa_dashboard import database

from .http import Receive, Scope, Send, answer
from .metrics import AllTogether, Collect
from .receiver import Receiver
from .writer import Writer

CHECK_SECONDS = 3
BUSY_SECONDS = 5

TOTALS = {
    "deliveries": "Deliveries answered 200.",
    "events": "Events stored for the first time.",
    "duplicates": "Events that were known already.",
    "unsplit": "Deliveries kept whole because they could not be split.",
    "crcs": "Challenges answered.",
    "refusals": "Requests refused, by reason.",
}


class NotReady(Exception):
    """Why; for anybody to read."""


class Probes:
    """The three addresses of one process.

    Args:
        receiver: Whose writer and counters are shown, where the process has one.
        needs_broker: Whether the process is of no use without the broker. A receiver is: it must go on receiving.
        shared: Where the metrics come from that hold for all processes together.
    """

    def __init__(self, receiver: Receiver | None, needs_broker: bool, shared: Sequence[Collect] = ()) -> None:
        self._receiver = receiver
        self._all_together = AllTogether(shared)
        self._metrics = CollectorRegistry()
        if receiver is not None:
            self._metrics.register(_ReceiverCollector(receiver))
        self._checks: dict[str, Callable[[], None]] = {"database": _Database()}
        if needs_broker:
            self._checks["broker"] = _check_broker
        self.paths = {"/healthz": self._healthz, "/readyz": self._readyz, "/metrics": self._show_metrics}

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        if scope["method"] not in ("GET", "HEAD"):
            await answer(send, 405, b"method\n", headers=((b"allow", b"GET, HEAD"),))
            return
        status, text = await self.paths[scope["path"]](scope)
        await answer(send, status, text.encode())

    async def _healthz(self, _scope: Scope) -> tuple[int, str]:
        return 200, "up\n"

    async def _readyz(self, _scope: Scope) -> tuple[int, str]:
        """Say what is not ready and why, by the kind of the failure: its text could hold an address or a name."""
        reasons = []
        for name, check in self._checks.items():
            try:
                async with asyncio.timeout(CHECK_SECONDS):
                    await asyncio.to_thread(check)
            except NotReady as error:
                reasons.append(f"{name}: {error}")
            except TimeoutError:
                reasons.append(f"{name}: {await _why(name) or f'no answer in {CHECK_SECONDS} s'}")
            except Exception as error:  # noqa: BLE001 - whatever keeps it from being ready
                reasons.append(f"{name}: {await _why(name) or type(error).__name__}")
        if self._receiver is not None:
            reasons += _check_writer(self._receiver.writer)
        return (503, "\n".join(reasons) + "\n") if reasons else (200, "ready\n")

    async def _show_metrics(self, scope: Scope) -> tuple[int, str]:
        if not _may_read_metrics(scope):
            return 403, "metrics are for this machine, or for those who hold METRICS_TOKEN\n"
        return 200, generate_latest(self._metrics).decode() + await self._all_together.text()


def _check_writer(writer: Writer) -> list[str]:
    if not writer.is_running:
        return ["writer: not running"]
    if writer.busy_since is not None and (seconds := time.monotonic() - writer.busy_since) > BUSY_SECONDS:
        return [f"writer: has been waiting for the database for {seconds:.0f} s"]
    return [f"writer: last commit failed with {writer.last_error}"] if writer.last_error else []


async def _why(name: str) -> str:
    """What the server itself says, which the pool keeps to itself; empty where it says nothing."""
    if name != "database":
        return ""
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return await asyncio.to_thread(database.why_closed)
    except TimeoutError:
        return ""


class _Database:
    """Whether the database answers, and until it is so once, whether it has the tables of this version."""

    def __init__(self) -> None:
        self._has_tables = False

    def __call__(self) -> None:
        try:
            if self._has_tables:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT 1")
                return
            from django.db.migrations.executor import MigrationExecutor  # needed once

            migrations = MigrationExecutor(connection)
            if migrations.migration_plan(migrations.loader.graph.leaf_nodes()):
                raise NotReady("migrations are missing: run “manage.py migrate”")
            self._has_tables = True
        finally:
            connection.close()


def _check_broker() -> None:
    if settings.REDIS_URL:
        redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2).ping()
        return
    folder = Path(settings.CELERY_BROKER_TRANSPORT_OPTIONS["data_folder_out"])
    if not os.access(folder, os.W_OK):
        raise PermissionError


def _may_read_metrics(scope: Scope) -> bool:
    headers = dict(scope["headers"])
    if settings.METRICS_TOKEN:
        expected = f"Bearer {settings.METRICS_TOKEN}".encode()
        if hmac.compare_digest(headers.get(b"authorization", b""), expected):
            return True
    # Behind a proxy on the same machine everybody seems to be on it.
    if b"x-forwarded-for" in headers or b"forwarded" in headers:
        return False
    client = scope.get("client")
    return client is not None and ip_address(client[0]).is_loopback


class _ReceiverCollector(Collector):
    """Reads the receiver's own counters when asked, so that the hot path keeps each number once."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver

    def collect(self) -> Iterable[Metric]:
        totals = self._receiver.traffic.totals
        for what, help_ in TOTALS.items():
            labels = ["reason"] if what == "refusals" else []
            family = CounterMetricFamily(f"aaa_{what}", help_, labels=labels)
            for reason in [reason for known, reason in totals if known == what] or [""] * (not labels):
                family.add_metric([reason] if labels else [], totals[what, reason])
            yield family
        yield GaugeMetricFamily("aaa_queued_deliveries", "Waiting for a commit.", self._receiver.writer.queued)
