"""The environment tests run in, set before Django reads its settings (loaded by `-p` in pyproject.toml).

Nothing of the developer's own `.env`, shell or `var/` reaches a test: every setting that `.env.example` names is
removed, then the few that tests need are set. Processes that a test starts inherit the same.
"""

import os
import re
import shutil
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# What decides where tests run; `python -m tests` sets them, and so may you.
KEPT = {"DATABASE_URL", "REDIS_URL"}

TEST_ENVIRONMENT = {
    "ENV_FILE": os.devnull,
    "DEBUG": "off",
    "SECRET_KEY": "tests-sign-with-this-and-nothing-else-does-0123456789",
    "SECRET_ENCRYPTION_KEYS": "dGVzdHMgZW5jcnlwdCB3aXRoIHRoaXMga2V5IG9ubHk=",
    "PUBLIC_URL": "http://127.0.0.1:8000",
    "X_API_BASE_URL": "http://127.0.0.1:8001",
    "X_CONSUMER_KEY": "tests-consumer-key",
    "X_CONSUMER_SECRET": "tests-consumer-secret",
}


def documented_settings() -> list[str]:
    """Names of all settings, in the order `.env.example` explains them."""
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    return re.findall(r"^#?([A-Z][A-Z0-9_]*)=", example, flags=re.MULTILINE)


def _prepare() -> None:
    for name in [*documented_settings(), *(name for name in os.environ if name.startswith("SANDBOX_"))]:
        if name not in KEPT:
            os.environ.pop(name, None)
    os.environ.update(TEST_ENVIRONMENT)
    var = tempfile.mkdtemp(prefix="aaa-dashboard-tests-")
    os.environ["VAR_DIR"] = var
    os.environ.setdefault("DATABASE_URL", f"sqlite:///{var}/tests.sqlite3")
    os.environ.setdefault("REDIS_URL", "")


# Workers of pytest-xdist inherit what their parent prepared, its folder included.
IS_WORKER = "PYTEST_XDIST_WORKER" in os.environ
if not IS_WORKER:
    _prepare()


def pytest_unconfigure(config: pytest.Config) -> None:
    if not IS_WORKER:
        shutil.rmtree(os.environ["VAR_DIR"], ignore_errors=True)
