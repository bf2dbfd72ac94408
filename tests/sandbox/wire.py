"""Both ends of the wire: a webhook that notes what it gets, and the sandbox as a process of its own.

They meet over HTTP alone, as X and a receiver do.
"""

import base64
import contextlib
import functools
import hashlib
import hmac
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests import secrecy

CONSUMER_KEY = "the-consumer-key"
SECRET = "the-consumer-secret"
ROOT = Path(__file__).resolve().parent.parent.parent


def signature(message: bytes, secret: str = SECRET) -> str:
    return "sha256=" + base64.b64encode(hmac.new(secret.encode(), message, hashlib.sha256).digest()).decode()


def eventually(what: Callable[[], bool], seconds: float = 30.0) -> None:
    """Wait until something is so; fail when it does not become so."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


@dataclass
class Request:
    """What arrived at the webhook."""

    at: float
    body: bytes
    headers: dict[str, str]
    query: str = ""

    def json(self) -> dict[str, Any]:
        parsed = json.loads(self.body)
        assert isinstance(parsed, dict)
        return parsed


@dataclass
class Receiver:
    """A webhook that notes what it is sent and answers as it is told."""

    url: str
    secret: str = SECRET
    challenges: list[Request] = field(default_factory=list)
    deliveries: list[Request] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    """Answers to the next deliveries; 200 when it is empty."""
    challenge_answer: Callable[[str], tuple[int, dict[str, str], bytes]] | None = None
    """Instead of the right answer: status, headers and body for a token."""
    released: threading.Event = field(default_factory=threading.Event)
    """For answers that wait to be released."""
    holds: bool = False
    """Whether answers to deliveries wait for that."""

    def answer_challenge(self, token: str) -> tuple[int, dict[str, str], bytes]:
        if self.challenge_answer:
            return self.challenge_answer(token)
        return 200, {}, json.dumps({"response_token": signature(token.encode(), self.secret)}).encode()


def free_port() -> int:
    """A port for a process that is about to start: none of those from which the system opens connections."""
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def serve_webhook(receiver: Receiver) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            query = urlsplit(self.path).query
            receiver.challenges.append(Request(time.monotonic(), b"", dict(self.headers), query))
            self.reply(*receiver.answer_challenge(parse_qs(query)["crc_token"][0]))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.deliveries.append(Request(time.monotonic(), body, dict(self.headers)))
            if receiver.holds:
                receiver.released.wait(60)
            status = receiver.statuses.pop(0) if receiver.statuses else 200
            self.reply(status, {"Location": receiver.url} if 300 <= status < 400 else {}, b"")

        def reply(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128  # the sandbox opens many connections at once

        def handle_error(self, *_arguments: object) -> None:
            """Say nothing when the sandbox does not wait for an answer, or is stopped."""

    server = Server(("127.0.0.1", urlsplit(receiver.url).port or 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.005}, daemon=True).start()
    return server


@contextlib.contextmanager
def serving_webhook(secret: str = SECRET) -> Iterator[Receiver]:
    """A webhook that is up."""
    receiver = Receiver(f"http://127.0.0.1:{free_port()}/webhook/twitter", secret)
    server = serve_webhook(receiver)
    try:
        yield receiver
    finally:
        receiver.released.set()
        server.shutdown()
        server.server_close()


@dataclass
class Sandbox:
    """A running sandbox."""

    process: subprocess.Popen[str]
    url: str
    database: Path
    log: Path

    def page(self, path: str = "") -> str:
        with urllib.request.urlopen(f"{self.url}/{path}", timeout=30) as response:
            return str(response.read().decode())

    def output(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def stop(self, with_signal: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(with_signal)
        return self.process.wait(timeout=60)


StartSandbox = Callable[..., Sandbox]


def environment(**settings: object) -> dict[str, str]:
    return {**os.environ, **{f"SANDBOX_{name}": str(value) for name, value in settings.items()}}


def answers(sandbox: Sandbox) -> bool:
    """Whether it serves; fails the test when it has ended instead."""
    assert sandbox.process.poll() is None, sandbox.output()
    try:
        return sandbox.page("healthz") == "ok\n"
    except OSError:
        return False


@functools.cache
def migrated_database() -> Path:
    """An empty database of a sandbox, to be copied: that is faster than to migrate each anew."""
    database = Path(os.environ["VAR_DIR"]) / f"sandbox-{os.getpid()}.sqlite3"
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity=0", "--settings=aaa_dashboard.sandbox.settings"],
        cwd=ROOT,
        env=environment(DATABASE_URL=f"sqlite:///{database}"),
        check=True,
    )
    return database


@contextlib.contextmanager
def sandboxes(folder: Path) -> Iterator[StartSandbox]:
    """Start sandboxes with settings by name, without `SANDBOX_`; end them all in the end."""
    started: list[Sandbox] = []

    def start(**settings: object) -> Sandbox:
        port = free_port()
        database = folder / "sandbox.sqlite3"
        if not database.exists():
            shutil.copy(migrated_database(), database)
        log = folder / f"sandbox-{len(started)}.log"
        defaults = {
            "PORT": port,
            "DATABASE_URL": f"sqlite:///{database}",
            "CONSUMER_KEY": CONSUMER_KEY,
            "CONSUMER_SECRET": SECRET,
            "REGISTER_AGAIN_SECONDS": 0.1,
            "RETRY_SCALE": 0.001,
        }
        with log.open("w", encoding="utf-8") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "aaa_dashboard.sandbox"],
                cwd=ROOT,
                env=environment(**{**defaults, **settings}),
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
            )
        sandbox = Sandbox(process, f"http://127.0.0.1:{port}", database, log)
        started.append(sandbox)
        secrecy.sandbox_databases.add(database)
        eventually(lambda: answers(sandbox), seconds=60)
        return sandbox

    try:
        yield start
    finally:
        for sandbox in started:
            secrecy.sandbox_databases.discard(sandbox.database)
            if sandbox.process.poll() is None:
                sandbox.process.kill()
                sandbox.process.wait()
