"""An installation runs once at a time, and its data are for its owner alone."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from aaa_dashboard.embedded.configuration import CannotStart
from aaa_dashboard.embedded.lock import lock
from tests.environment import ROOT, documented_settings

pytestmark = pytest.mark.any_database


def start(folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    bare = {name: value for name, value in os.environ.items() if name not in documented_settings()}
    own = {"ENV_FILE": str(folder / ".env"), "VAR_DIR": str(folder / "var"), **settings}
    return subprocess.run(
        [sys.executable, "-m", "aaa_dashboard.embedded"],
        cwd=ROOT,
        env={**bare, **own},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_a_second_start_says_where_the_first_one_answers(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    with lock(tmp_path / "var", "http://127.0.0.1:8000/"):
        ended = start(tmp_path, PORT="8100", SANDBOX_PORT="8101")
    assert ended.returncode == 1
    assert ended.stderr == (
        "It already runs here, at http://127.0.0.1:8000/; end that one with Ctrl-C first, or give this one data of its "
        "own (ENV_FILE and VAR_DIR).\n"
    )


def test_who_comes_later_has_the_place_and_names_its_own_address(tmp_path: Path) -> None:
    lock(tmp_path, "http://127.0.0.1:18000/").close()
    held = lock(tmp_path, "http://127.0.0.1:9000/")
    with pytest.raises(CannotStart, match=r"at http://127\.0\.0\.1:9000/;"):
        lock(tmp_path, "http://127.0.0.1:8100/")
    held.close()


def test_the_data_are_for_their_owner_alone(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as occupant:  # which ends the start once the folder is there
        start(tmp_path, PORT=str(occupant.getsockname()[1]))
    assert (tmp_path / "var").stat().st_mode & 0o777 == 0o700
