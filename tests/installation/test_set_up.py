"""`bin/set-up` ends each way of failing in one sentence."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.environment import ROOT

pytestmark = pytest.mark.any_database


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with the script and a lock file that asks for nothing."""
    (tmp_path / "bin").mkdir()
    shutil.copy(ROOT / "bin/set-up", tmp_path / "bin/set-up")
    (tmp_path / "requirements.txt").touch()
    return tmp_path


def set_up(clone: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bin/set-up", ".venv", "requirements.txt"],
        cwd=clone,
        env={**os.environ, "PYTHON": sys.executable, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_python_that_is_too_old_is_named(clone: Path) -> None:
    old = clone / "old-python"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.9.2" && exit\nexit 1\n', encoding="utf-8")
    old.chmod(0o755)
    ended = set_up(clone, PYTHON=str(old))
    assert ended.returncode == 1
    assert ended.stderr == (
        "Python 3.11 or newer is needed (found: Python 3.9.2). "
        "Install one, or name it: make run PYTHON=/path/to/python3\n"
    )
    assert not (clone / ".venv").exists()


def test_a_missing_package_index_is_one_sentence_and_the_details_are_kept(clone: Path) -> None:
    (clone / "requirements.txt").write_text(f"django==5.2.19 --hash=sha256:{'0' * 64}\n", encoding="utf-8")
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_CONFIG_FILE": os.devnull, "PIP_RETRIES": "0"}
    ended = set_up(clone, **nowhere, PIP_FIND_LINKS="", PIP_EXTRA_INDEX_URL="")
    assert ended.returncode == 1
    assert ended.stderr == (
        "The packages could not be installed: the package index does not answer or lacks one of them. "
        "Details: var/install.log\n"
    )
    assert "django" in (clone / "var/install.log").read_text(encoding="utf-8")


def test_a_broken_environment_is_made_anew(clone: Path) -> None:
    (clone / ".venv/bin").mkdir(parents=True)
    (clone / ".venv/bin/python").symlink_to("/nonexistent/python")
    assert set_up(clone).returncode == 0
    assert subprocess.run([clone / ".venv/bin/python", "--version"], check=False, capture_output=True).returncode == 0
