"""`make run`, from nothing to a page that fills by itself and back to nothing, twice."""

import http.cookiejar
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.environment import ROOT, documented_settings
from tests.sandbox.wire import free_port

pytestmark = [pytest.mark.any_database, pytest.mark.slow]

MEMORY_LIMIT_KIB = 400 * 1024


@dataclass
class Installation:
    """A folder with a `.env` and data of its own, and two ports."""

    folder: Path
    port: int
    sandbox_port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> subprocess.Popen[str]:
        bare = {name: value for name, value in os.environ.items() if name not in documented_settings()}
        own = {
            "ENV_FILE": str(self.folder / ".env"),
            "VAR_DIR": str(self.folder / "var"),
            "PORT": str(self.port),
            "SANDBOX_PORT": str(self.sandbox_port),
        }
        return subprocess.Popen(
            [sys.executable, "-m", "aaa_dashboard.embedded"],
            cwd=ROOT,
            env={**bare, **own},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def processes(self) -> list[Path]:
        """Folders in /proc of everything that runs for this installation."""
        mark = f"VAR_DIR={self.folder / 'var'}\0".encode()
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (entry / "environ").read_bytes():
                    found.append(entry)
            except OSError:
                continue
        return found


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path, free_port(), free_port())
    yield made
    for process in made.processes():
        os.kill(int(process.name), signal.SIGKILL)


def read_welcome(started: subprocess.Popen[str]) -> str:
    """Read what is on the screen up to the end of the welcome."""
    assert started.stdout is not None
    screen = ""
    for line in started.stdout:
        screen += line
        if "Ctrl-C ends everything." in line:
            return screen
    raise AssertionError(screen)


def sign_in(url: str, name: str, password: str) -> Callable[[str], str]:
    """Sign in as a browser would; the result fetches pages."""
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

    def get(path: str) -> str:
        return str(opener.open(url + path, timeout=30).read().decode())

    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', get("/sign-in/"))
    assert token
    form = urllib.parse.urlencode({"csrfmiddlewaretoken": token[1], "username": name, "password": password})
    answer = opener.open(urllib.request.Request(f"{url}/sign-in/", form.encode(), {"Origin": url}), timeout=30)
    assert urllib.parse.urlsplit(answer.url).path == "/overview/"
    return get


def memory_kib(process: Path) -> int:
    found = re.search(r"^VmRSS:\s+(\d+) kB", (process / "status").read_text(), flags=re.MULTILINE)
    return int(found[1]) if found else 0


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks at processes through /proc")
def test_it_starts_fills_and_ends(installation: Installation) -> None:
    for start in ("first", "second"):
        begun = time.monotonic()
        started = installation.start()
        screen = read_welcome(started)
        assert time.monotonic() - begun < 60
        assert ("Wrote .env" in screen) == (start == "first")

        password = re.search(r"ada / (\S+)", screen)
        assert password
        get = sign_in(installation.url, "ada", password[1])
        deadline = time.monotonic() + 60
        while 'id="event-' not in (page := get("/live/")) and time.monotonic() < deadline:
            time.sleep(0.2)
        assert 'id="event-' in page
        assert sum(map(memory_kib, installation.processes())) < MEMORY_LIMIT_KIB

        started.send_signal(signal.SIGINT)
        output, _ = started.communicate(timeout=60)
        assert started.returncode == 0, output
        assert "Traceback" not in screen + output
        assert installation.processes() == []
        with pytest.raises(urllib.error.URLError):
            urllib.request.urlopen(f"{installation.url}/healthz", timeout=2)
