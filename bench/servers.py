"""Servers under test, each a process of its own, started the way their users start them."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

ROOT = Path(__file__).resolve().parent.parent
_START_S = 30.0


class ServerError(Exception):
    """The server ended, or was not ready in time; the message holds what it printed."""


class Program:
    """One process that serves on `port` of the loopback interface, from `__enter__` to `__exit__`.

    It is ready when the path `ready` is answered 200; `variables` are its whole environment.
    """

    def __init__(self, command: Sequence[str], variables: Mapping[str, str], *, port: int, ready: str) -> None:
        self.port = port
        self._ready = ready
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        self._command = [sys.executable, *command]
        self._variables = dict(variables)

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command,
            cwd=ROOT,
            env=self._variables,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            self._wait_until_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self._log.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    def kill(self) -> None:
        """End it without warning, workers included."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def terminate(self, seconds: float) -> float:
        """Ask it to end; return how long that took. Raises `subprocess.TimeoutExpired` after `seconds`."""
        asked = time.perf_counter()
        self._process.terminate()
        self._process.wait(seconds)
        return time.perf_counter() - asked

    def printed(self) -> str:
        """Return what the process printed until now."""
        self._log.seek(0)
        return self._log.read().decode(errors="replace")

    def _wait_until_ready(self) -> None:
        give_up = time.monotonic() + _START_S
        while time.monotonic() < give_up:
            if self._process.poll() is not None:
                raise ServerError(f"The server ended with code {self._process.returncode}:\n{self.printed()}")
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{self._ready}", timeout=2):
                    return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.05)
        raise ServerError(f"The server was not ready after {_START_S:.0f} s:\n{self.printed()}")


class Server(Program):
    """One uvicorn, started the way production starts it.

    `target` is uvicorn's: `module:callable`. `variables` are the whole environment of the process, but `PUBLIC_URL`.
    """

    def __init__(self, target: str, variables: Mapping[str, str], *, workers: int = 1, ready: str = "/readyz") -> None:
        port = free_port()
        command = [
            *("-m", "uvicorn", target, "--host", "127.0.0.1", "--port", str(port)),
            *("--no-access-log", "--no-server-header", "--log-level", "warning"),
            *("--timeout-graceful-shutdown", "10", "--workers", str(workers)),
        ]
        variables = {**variables, "PUBLIC_URL": f"http://127.0.0.1:{port}"}
        super().__init__(command, variables, port=port, ready=ready)


def free_port() -> int:
    """Return a port of the loopback interface where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
