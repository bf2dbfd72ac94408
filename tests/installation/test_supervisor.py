"""Several processes live and end as one, however the end comes."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.any_database

Start = Callable[..., subprocess.Popen[str]]

STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
SLEEP = "print('here', flush=True); import time; time.sleep(120)"
PARENT = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {STUBBORN + SLEEP!r}]); " + SLEEP


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Run a supervisor over the given Python programs; each leaves its process id in a file when it starts."""
    started: list[subprocess.Popen[str]] = []

    def run(stop_seconds: float = 5.0, **programs: str) -> subprocess.Popen[str]:
        script = textwrap.dedent(f"""
            import os, sys
            from aaa_dashboard.embedded import supervisor
            supervisor.STOP_SECONDS = {stop_seconds}
            programs = {programs!r}
            sys.exit(supervisor.Supervisor(
                [supervisor.Process(name, [sys.executable, "-c", code], os.environ) for name, code in programs.items()],
                is_ready=lambda: True,
                on_ready=lambda: print("welcome", flush=True),
            ).run())
        """)
        process = subprocess.Popen(
            [sys.executable, "-c", script],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "MARK": str(tmp_path)},
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


def left_over(mark: Path) -> list[int]:
    """Ids of living processes that were started for this test."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if f"MARK={mark}\0".encode() in (entry / "environ").read_bytes():
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def wait_until(condition: Callable[[], bool], seconds: float = 30.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


def read_until(process: subprocess.Popen[str], *words: str) -> None:
    """Read lines until each of the words was seen."""
    assert process.stdout is not None
    missing = set(words)
    while missing:
        line = process.stdout.readline()
        assert line, f"ended before {missing}"
        missing -= {word for word in missing if word in line}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_everything_and_is_no_failure(start: Start, tmp_path: Path, number: signal.Signals) -> None:
    supervisor = start(web=SLEEP, work=SLEEP)
    read_until(supervisor, "welcome", "web  │ here", "work │ here")
    supervisor.send_signal(number)
    assert supervisor.wait(60) == 0
    assert left_over(tmp_path) == []


def test_a_process_that_ignores_the_request_is_killed_and_named(start: Start, tmp_path: Path) -> None:
    supervisor = start(stop_seconds=0.5, web=STUBBORN + SLEEP)
    read_until(supervisor, "here")
    supervisor.terminate()
    output, _ = supervisor.communicate(timeout=60)
    assert "web did not end when asked and was killed." in output
    assert left_over(tmp_path) == []


def test_a_second_interrupt_does_not_wait(start: Start, tmp_path: Path) -> None:
    supervisor = start(stop_seconds=60, web=STUBBORN + SLEEP)
    read_until(supervisor, "welcome", "here")
    supervisor.send_signal(signal.SIGINT)
    time.sleep(0.3)
    assert supervisor.poll() is None
    supervisor.send_signal(signal.SIGINT)
    assert supervisor.wait(60) == 0
    assert left_over(tmp_path) == []


def test_children_of_the_processes_end_as_well(start: Start, tmp_path: Path) -> None:
    supervisor = start(work=PARENT)
    read_until(supervisor, "here", "welcome")
    assert wait_until(lambda: len(left_over(tmp_path)) == 3)
    supervisor.terminate()
    assert supervisor.wait(60) == 0
    assert wait_until(lambda: left_over(tmp_path) == [])


def test_when_one_process_ends_by_itself_it_is_named_and_all_stop(start: Start, tmp_path: Path) -> None:
    supervisor = start(web=SLEEP, work="import sys; print('no broker'); sys.exit(3)")
    output, _ = supervisor.communicate(timeout=60)
    assert "work │ no broker" in output
    assert "work ended by itself (status 3), so everything stops." in output
    assert supervisor.returncode == 1
    assert left_over(tmp_path) == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel tells children on Linux alone")
def test_children_end_when_the_supervisor_is_killed(start: Start, tmp_path: Path) -> None:
    supervisor = start(web=SLEEP, work=SLEEP)
    read_until(supervisor, "web  │ here", "work │ here")
    supervisor.kill()
    assert wait_until(lambda: left_over(tmp_path) == [])


def test_a_process_may_wait_for_another(tmp_path: Path) -> None:
    script = textwrap.dedent("""
        import os, sys
        from pathlib import Path
        from aaa_dashboard.embedded.supervisor import Process, Supervisor
        first_was_here = Path(sys.argv[1])
        sleep = "import time; time.sleep(120)"
        print_and_sleep = f"print(open({str(first_was_here)!r}).read(), flush=True); {sleep}"
        write_and_sleep = f"open({str(first_was_here)!r}, 'w').write('hello'); {sleep}"
        first = Process("first", [sys.executable, "-c", write_and_sleep], os.environ)
        second = Process("second", [sys.executable, "-c", print_and_sleep], os.environ)
        second.after = lambda: first_was_here.exists() and first_was_here.read_text() == "hello"
        Supervisor([second, first], is_ready=lambda: True, on_ready=lambda: print("welcome", flush=True)).run()
    """)
    supervisor = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "here")],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    read_until(supervisor, "welcome", "second │ hello")
    supervisor.terminate()
    supervisor.communicate(timeout=60)
    assert supervisor.returncode == 0


def test_a_last_line_without_an_end_is_shown(start: Start) -> None:
    supervisor = start(web="import sys; sys.stdout.write('cut off')")
    output, _ = supervisor.communicate(timeout=60)
    assert "web │ cut off" in output
