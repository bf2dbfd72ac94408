"""One installation runs once: two on one database and one broker would take each other's work."""

import fcntl
import os
from pathlib import Path
from typing import IO

from .configuration import CannotStart


def lock(folder: Path, address: str) -> IO[str]:
    """Take the folder for this process, and leave the address in it for whoever comes second.

    The kernel lets go of it when the process ends, however it ends; the processes it starts do not inherit it.

    Returns:
        The open file, to be kept until the end.

    Raises:
        CannotStart: Somebody has it.
    """
    file = os.fdopen(os.open(folder / "run.lock", os.O_RDWR | os.O_CREAT, 0o600), "r+", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        where = file.read().strip() or "an address it is about to tell"
        file.close()
        raise CannotStart(
            f"It already runs here, at {where}; end that one with Ctrl-C first, or give this one data of its own "
            "(ENV_FILE and VAR_DIR)."
        ) from None
    file.truncate()
    file.write(address)
    file.flush()
    return file
