"""The payload files: `payloads/<kind>__<variant>.json`, one delivery each, as X sends it.

`kind` is X's own word for what is inside; `several_kinds` and what follows it name bodies that hold more than one.
"""

from functools import cache
from pathlib import Path
from typing import Any

import orjson

FOLDER = Path(__file__).resolve().parent / "payloads"


@cache
def names() -> tuple[str, ...]:
    """Every payload by name, without the ending (`tweet_create_events__post`)."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*__*.json")))


def of(kind_or_name: str) -> tuple[str, ...]:
    """The payloads that a word of a mix stands for: one by name, or every variant of a kind.

    Raises:
        LookupError: There is no such payload and no such kind.
    """
    found = tuple(name for name in names() if kind_or_name in (name, name.partition("__")[0]))
    if not found:
        raise LookupError(f"There is no payload “{kind_or_name}”.")
    return found


def read(path: Path) -> dict[str, Any]:
    """Parse a payload file.

    Raises:
        ValueError: It is not a JSON object.
    """
    body = orjson.loads(path.read_bytes())
    if not isinstance(body, dict):
        raise ValueError(f"{path} is not a JSON object.")  # noqa: TRY004 - the file is wrong, not a type of ours
    return body


def load(name: str) -> dict[str, Any]:
    """Parse the payload with that name."""
    return read(FOLDER / f"{name}.json")
