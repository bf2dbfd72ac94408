"""A webhook to deliver to, and sandboxes that deliver to it."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sandbox.wire import (
    ROOT,
    SECRET,
    Receiver,
    Sandbox,
    StartSandbox,
    answers,
    environment,
    eventually,
    free_port,
    serve_webhook,
)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A webhook that is up."""
    receiver = Receiver(f"http://127.0.0.1:{free_port()}/webhook/twitter")
    server = serve_webhook(receiver)
    yield receiver
    server.shutdown()
    server.server_close()


@pytest.fixture
def start_sandbox(tmp_path: Path) -> Iterator[StartSandbox]:
    """Start sandboxes with settings by name, without `SANDBOX_`; they share a database unless told otherwise."""
    started: list[Sandbox] = []

    def start(**settings: object) -> Sandbox:
        port = free_port()
        database = tmp_path / "sandbox.sqlite3"
        log = tmp_path / f"sandbox-{len(started)}.log"
        defaults = {
            "PORT": port,
            "DATABASE_URL": f"sqlite:///{database}",
            "CONSUMER_KEY": "the-consumer-key",
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
        eventually(lambda: answers(sandbox), seconds=30)
        return sandbox

    yield start
    for sandbox in started:
        if sandbox.process.poll() is None:
            sandbox.process.kill()
            sandbox.process.wait()
