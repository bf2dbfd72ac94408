"""Run a few processes as one: lines of all on one screen, and when one ends or we are told to stop, all end.

Nothing stays behind: each process leads a group of its own, which is ended as a whole; and should this process itself
be killed, the kernel tells its children (Linux).
"""

import contextlib
import ctypes
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import IO

STOP_SECONDS = 8.0
READY_SECONDS = 60.0
READY_POLL_SECONDS = 0.1
_PR_SET_PDEATHSIG = 1


@dataclass
class Process:
    """One program: its name on the screen, its command, its whole environment, and what has to be true to start it."""

    name: str
    command: list[str]
    environment: Mapping[str, str]
    after: Callable[[], bool] | None = None
    popen: subprocess.Popen[bytes] | None = field(default=None, init=False)
    unfinished_line: bytes = field(default=b"", init=False)


class Supervisor:
    """Starts the processes, waits until they are ready, and sees them to their end."""

    def __init__(self, processes: Iterable[Process], *, is_ready: Callable[[], bool], on_ready: Callable[[], None]):
        self.processes = list(processes)
        self._is_ready = is_ready
        self._on_ready = on_ready
        self._ready = False
        self._stop_asked = 0
        self._status = 0
        self._width = max(len(process.name) for process in self.processes)
        self._selector = selectors.DefaultSelector()

    def run(self) -> int:
        """Block until every process has ended.

        Returns:
            0 when a signal asked for the end, 1 when a process ended by itself or none of them became ready.
        """
        self._listen_to_signals()
        ready_before = time.monotonic() + READY_SECONDS
        while not self._stop_asked and not self._anybody_ended():
            if not self._ready:
                self._start_what_may()
                self._look_whether_ready(ready_before)
            self._show_output(None if self._ready else READY_POLL_SECONDS)
        self._stop()
        return self._status

    def _listen_to_signals(self) -> None:
        wake, woken = socket.socketpair()
        wake.setblocking(False)
        woken.setblocking(False)
        signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
        self._wake = wake  # kept open
        self._selector.register(woken, selectors.EVENT_READ)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask_to_stop)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # only so that it wakes the loop

    def _ask_to_stop(self, *_: object) -> None:
        self._stop_asked += 1

    def _start_what_may(self) -> None:
        for process in self.processes:
            if process.popen is None and (process.after is None or process.after()):
                self._start(process)

    def _start(self, process: Process) -> None:
        process.popen = subprocess.Popen(
            process.command,
            env=process.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C reaches this process alone, which then ends the others in order
            preexec_fn=_end_with_parent(),  # noqa: PLW1509 - this process has one thread
        )
        assert process.popen.stdout is not None
        os.set_blocking(process.popen.stdout.fileno(), False)
        self._selector.register(process.popen.stdout, selectors.EVENT_READ, process)

    def _anybody_ended(self) -> bool:
        ended = [process for process in self.processes if process.popen and process.popen.poll() is not None]
        for process in ended:
            assert process.popen is not None
            self._status = 1
            self._say(f"{process.name} ended by itself (status {process.popen.returncode}), so everything stops.")
        return bool(ended)

    def _look_whether_ready(self, ready_before: float) -> None:
        if all(process.popen for process in self.processes) and self._is_ready():
            self._ready = True
            self._on_ready()
        elif time.monotonic() > ready_before:
            self._status = 1
            self._stop_asked += 1
            self._say(f"Not ready after {READY_SECONDS:.0f} seconds, so everything stops; the lines above tell why.")

    # --- Output --------------------------------------------------------------------

    def _show_output(self, timeout: float | None) -> bool:
        """Show what was written; tell whether anything happened within the time."""
        events = self._selector.select(timeout)
        for key, _ in events:
            if key.data is None:
                with contextlib.suppress(BlockingIOError):
                    key.fileobj.recv(4096)  # type: ignore[union-attr]
            else:
                self._read(key.data, key.fileobj)  # type: ignore[arg-type]
        return bool(events)

    def _read(self, process: Process, pipe: IO[bytes]) -> None:
        chunk = os.read(pipe.fileno(), 65536)
        if not chunk:
            self._selector.unregister(pipe)
        *lines, process.unfinished_line = (process.unfinished_line + chunk).split(b"\n")
        if not chunk and process.unfinished_line:
            lines.append(process.unfinished_line)
        for line in lines:
            self._say(f"{process.name:<{self._width}} │ {line.decode(errors='replace')}")

    @staticmethod
    def _say(line: str) -> None:
        # The terminal may be gone (SIGHUP); what is left to do does not depend on it.
        with contextlib.suppress(OSError):
            print(line, flush=True)

    # --- The end --------------------------------------------------------------------

    def _stop(self) -> None:
        self._signal_groups(signal.SIGTERM)
        asked = self._stop_asked
        kill_at = time.monotonic() + STOP_SECONDS
        # A second Ctrl-C means: now.
        while self._running() and time.monotonic() < kill_at and self._stop_asked <= max(asked, 1):
            self._show_output(0.1)
        for process in self._running():
            self._say(f"{process.name} did not end when asked and was killed.")
        # Whatever a process left in its group ends with it.
        self._signal_groups(signal.SIGKILL)
        for process in self.processes:
            if process.popen:
                process.popen.wait()
        while self._show_output(0):
            pass

    def _running(self) -> list[Process]:
        return [process for process in self.processes if process.popen and process.popen.poll() is None]

    def _signal_groups(self, number: signal.Signals) -> None:
        for process in self.processes:
            if process.popen:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.popen.pid, number)


def _end_with_parent() -> Callable[[], None] | None:
    """What a child does before it starts, so that it is told when this process is gone, even by SIGKILL."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None).prctl

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)

    return ask
