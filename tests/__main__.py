"""`make test`: the tests on SQLite, then once more on PostgreSQL where one answers.

Says in one line each what this machine lacks; with `REQUIRE_ALL=1` that is a failure instead. Arguments go to pytest.
"""

import os
import subprocess
import sys
import zlib

from tests import services
from tests.environment import ROOT

# Half of its time a test waits for processes that it has started.
WORKERS = min((os.cpu_count() or 1) + 1, 6)


def _offers() -> dict[str, str | None]:
    return {
        "PostgreSQL": services.postgresql_url(),
        "Redis": services.redis_url(),
        "Chromium": services.chromium(),
    }


def _pytest(title: str, database_url: str | None, *arguments: str) -> int:
    print(f"\n— tests on {title}", flush=True)
    environment = dict(os.environ)
    environment.pop("DATABASE_URL", None)
    if database_url:
        environment["DATABASE_URL"] = database_url
    # In the order collected: browser tests come last (see `conftest.py`).
    parallel = ("-n", str(WORKERS), "--dist", "loadscope", "--no-loadscope-reorder")
    command = [sys.executable, "-m", "pytest", "-q", *parallel, *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


def main(arguments: list[str]) -> int:
    offers = _offers()
    skipped = {
        "PostgreSQL": "the second run, on PostgreSQL, is skipped (TEST_DATABASE_URL names a server)",
        "Redis": "the tests that need it are skipped (TEST_REDIS_URL names a server)",
        "Chromium": "the browser tests are skipped (CHROMIUM names one)",
    }
    missing = [name for name, found in offers.items() if not found]
    for name in missing:
        print(f"No {name}: {skipped[name]}.")
    if missing and services.REQUIRE_ALL:
        print(f"REQUIRE_ALL is set, and this is missing: {', '.join(missing)}.")
        return 1
    if "--slow" not in arguments:
        print("Slow tests are skipped (SLOW=1 runs them).")

    status = _pytest("SQLite", None, *arguments)
    if status == 0 and (url := offers["PostgreSQL"]):
        # Two clones may test at the same time on one server.
        url += f"_{zlib.crc32(str(ROOT).encode()):x}"
        # The sandbox has a database of its own, and what a browser shows does not depend on ours.
        once_is_enough = ("--ignore=tests/sandbox", "-m", "not browser and not any_database")
        status = _pytest("PostgreSQL", url, *once_is_enough, *arguments)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
