"""An installation and X as processes of their own, and one clock for all of them that a test moves."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from uuid import UUID

import requests
from django.db import connection

from aaa_dashboard.audit import Actor
from aaa_dashboard.deliveries import gaps, hand_over
from aaa_dashboard.deliveries.models import Event, TrafficMinute
from aaa_dashboard.deliveries.split import split
from aaa_dashboard.replays import advancing
from aaa_dashboard.replays.models import Replay
from aaa_dashboard.subscriptions.subscribing import subscribe
from aaa_dashboard.webhooks.models import App, Webhook, ensure_first_app
from aaa_dashboard.webhooks.registering import register
from aaa_dashboard.x_api.credentials import UserToken
from aaa_dashboard.x_api.results import SignedIn
from tests.sandbox.control import Control
from tests.sandbox.wire import CONSUMER_KEY, ROOT, SECRET, Sandbox, eventually

MOVED = Path(__file__).with_name("moved.py")
BY = Actor("a test")


def database_url() -> str:
    """The database of the test, for other processes."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "postgresql":
        return f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{name}"
    return f"sqlite:///{name}"


class Withheld:
    """A way to X on which the answer to a request for a replay is withheld: X has worked on it, nobody hears of it."""

    def __init__(self, x_url: str) -> None:
        self.answered = threading.Event()
        """X has answered."""
        withheld = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name: value for name, value in self.headers.items() if name != "Host"}
                answer = requests.post(f"{x_url}{self.path}", body, headers=headers, timeout=20)
                if "/replay/" in self.path:
                    withheld.answered.set()
                    withheld.released.wait(60)
                    return
                self.send_response(answer.status_code)
                self.send_header("Content-Length", str(len(answer.content)))
                self.end_headers()
                self.wfile.write(answer.content)

            def log_message(self, *_arguments: object) -> None:
                """Say nothing."""

        self.released = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()


@dataclass
class Installation:
    """Everything that takes part."""

    sandbox: Sandbox
    port: int
    folder: Path
    per_second: int
    """Events a second, by the clock that is moved."""
    redis_url: str = ""
    ahead: float = 0.0
    processes: list["subprocess.Popen[bytes]"] = field(default_factory=list)
    receiver: "subprocess.Popen[bytes] | None" = None

    def __post_init__(self) -> None:
        self.control = Control(self.sandbox)
        self.clock_file = self.folder / "clock"
        self.clock_file.write_text("0")
        self.url = f"http://127.0.0.1:{self.port}"

    @property
    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.ahead)

    # --- Time

    def pass_time(self, **by: float) -> None:
        """Move every clock."""
        self.control.advance(**by)
        self.ahead = float(self.control.state()["clock_ahead_seconds"])
        waiting = self.clock_file.with_suffix(".new")
        waiting.write_text(str(self.ahead))
        waiting.replace(self.clock_file)

    def minutes(self, number: int, step: float = 1.0) -> None:
        """Let minutes pass with the usual traffic in each."""
        for _ in range(round(number / step)):
            self._events(round(self.per_second * 60 * step))
            self.pass_time(minutes=step)
            if self.receiver is not None and self.receiver.poll() is None:
                # Two leaps at once would look to it like a minute in which it was not there.
                eventually(lambda: TrafficMinute.objects.filter(until__gte=self.now - timedelta(seconds=30)).exists())

    def _events(self, number: int) -> None:
        """Let so many things happen, about as fast as the sandbox can."""
        wanted = self.sent() + number
        self.control.json("PUT", "traffic", {"per_second": min(1000, max(100, number))})
        eventually(lambda: self.sent() >= wanted, 120)
        self.control.json("PUT", "traffic", {"per_second": 0})

    def sent(self) -> int:
        """How many deliveries X has begun or finished trying."""
        counts = self.control.state()["deliveries"]
        return int(counts["delivered"] + counts["waiting"] + counts["lost"])

    # --- Processes

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "DATABASE_URL": database_url(),
            "REDIS_URL": self.redis_url,
            "VAR_DIR": str(self.folder),
            "X_API_BASE_URL": self.sandbox.url,
            "PUBLIC_URL": self.url,
            "X_CONSUMER_KEY": CONSUMER_KEY,
            "X_CONSUMER_SECRET": SECRET,
        }

    def run(self, module: str, *arguments: str, **variables: str) -> "subprocess.Popen[bytes]":
        """Start a program by the clock that is moved."""
        command = [sys.executable, str(MOVED), str(self.clock_file), module, *arguments]
        with (self.folder / f"{module}-{len(self.processes)}.log").open("wb") as log:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**self.environment, "PYTHONPATH": str(ROOT), **variables},
                stdout=log,
                stderr=log,
            )
        self.processes.append(process)
        return process

    def start_receiver(self) -> None:
        self.receiver = self.run(
            "uvicorn", "aaa_dashboard.asgi:receiver", "--port", str(self.port), "--log-level", "warning"
        )
        eventually(self._is_ready, 60)

    def kill_receiver(self) -> None:
        """Without warning, when it has just said until when it was there."""
        assert self.receiver
        last = self.now
        eventually(lambda: TrafficMinute.objects.filter(until__gt=last).exists())
        self.receiver.kill()
        self.receiver.wait(60)

    def start_worker(self, **variables: str) -> "subprocess.Popen[bytes]":
        return self.run(
            *("celery", "--app", "aaa_dashboard.celery", "worker", "--pool", "solo", "--queues", "normal"),
            *("--loglevel", "INFO", "--without-gossip", "--without-mingle"),
            **variables,
        )

    def end(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(60)

    def _is_ready(self) -> bool:
        assert self.receiver
        assert self.receiver.poll() is None, "the receiver has ended"
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=30) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    # --- What people and the schedule do

    def set_up(self) -> Webhook:
        """Register the webhook and subscribe three accounts."""
        app: App = ensure_first_app()
        self.start_receiver()
        webhook = register(app, f"{self.url}/webhook/twitter", by=BY)
        for user in ("acme", "acme_support", "northwind"):
            made = self.control.json("POST", "tokens", {"user": user})
            token = UserToken(made["oauth_token"], made["oauth_token_secret"])
            subscribe(webhook, SignedIn(made["user_id"], user, token), consent_by=f"@{user}", by=BY)
        return webhook

    def schedule(self) -> None:
        """What beat lets happen, all at once."""
        gaps.find(self.now)
        advancing.advance(self.now)
        hand_over.sweep(self.now)

    def until(self, state: str, replay: Replay, seconds: float = 120) -> None:
        """Let the schedule run until a replay is so far."""
        give_up_at = time.monotonic() + seconds
        while True:
            self.schedule()
            replay.refresh_from_db()
            if replay.state == state:
                return
            assert time.monotonic() < give_up_at, f"it is still {replay.state}: {replay.remark}"
            time.sleep(0.2)

    # --- What there is in the end

    def all_sent(self) -> set[UUID]:
        """The identity of everything X tried to deliver to accounts, worked out from the bodies."""
        self.control.deliveries()  # what is in memory is written down first
        with closing(sqlite3.connect(self.sandbox.database, timeout=20)) as database:
            bodies = database.execute("SELECT body FROM sandbox_delivery WHERE for_user_id <> ''")
            return {UUID(bytes=row.key) for (body,) in bodies for row in split(bytes(body), self.now)}

    @staticmethod
    def all_stored() -> list[UUID]:
        return list(Event.objects.exclude(for_user_id="").values_list("key", flat=True))

    def settled(self) -> None:
        """Wait until X has nothing left to deliver."""
        eventually(lambda: self.control.state()["deliveries"]["waiting"] == 0, 60)
