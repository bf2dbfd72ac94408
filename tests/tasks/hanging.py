"""Tasks for a worker that a test kills; loaded with `--include`."""

import os
import time
from pathlib import Path

from aaa_dashboard import background

FOLDER = Path(os.environ["VAR_DIR"])


@background.task("tests.hang", seconds=60)
def hang(name: str = "alone", seconds: int = 50) -> None:
    """Say that it began and who runs it; the first one then waits to be killed."""
    begun = FOLDER / f"{name}.begun"
    is_first = not begun.exists()
    with begun.open("a") as file:
        file.write(f"{os.getpid()}\n")
    if is_first:
        time.sleep(seconds)
