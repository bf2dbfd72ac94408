"""A program of ours by a clock that can be moved while it runs: `python moved.py FILE MODULE ARGUMENT…`.

FILE holds by how many seconds the clock is ahead of the machine's.
"""

import runpy
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import time_machine

LOOK_SECONDS = 0.05


def main() -> None:
    file, module, *arguments = sys.argv[1:]
    ahead = _read(Path(file))
    clock = time_machine.travel(datetime.now(UTC) + timedelta(seconds=ahead), tick=True).start()
    threading.Thread(target=_follow, args=(clock, Path(file), ahead), daemon=True).start()
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _follow(clock: time_machine.Traveller, file: Path, ahead: float) -> None:
    while True:
        time.sleep(LOOK_SECONDS)
        if (there := _read(file)) != ahead:
            clock.shift(there - ahead)
            ahead = there


def _read(file: Path) -> float:
    return float(file.read_text() or "0")


if __name__ == "__main__":
    main()
