"""Take values out of a JSON object that somebody sent or wrote: each is of its type, or refused in a sentence.

Every function raises `Wrong` for what is missing without a default, or of another type.
"""

import math
import re
from collections.abc import Collection, Mapping
from typing import Any

Asked = Mapping[str, Any]
_NUMBER = re.compile(r"[1-9]\d{0,18}", re.ASCII)
_LARGEST_ID = 2**63 - 1


class Wrong(Exception):
    """What is asked for cannot be; the message says why."""


def only(asked: Asked, names: Collection[str]) -> None:
    """See that nothing else is there: what is misspelled would pass unseen."""
    if unknown := asked.keys() - set(names):
        raise Wrong(f"{min(unknown)}: unknown. There are: {', '.join(sorted(names))}.")


def text(asked: Asked, name: str, default: str | None = None) -> str:
    """A text."""
    value = asked.get(name, default)
    return value if isinstance(value, str) else _refuse(name, "a text")


def texts(asked: Asked, name: str) -> list[str]:
    """A list of texts; empty where there is none."""
    value = asked.get(name, [])
    if not isinstance(value, list) or not all(isinstance(each, str) and each for each in value):
        _refuse(name, "a list of texts")
    return list(value)


def flag(asked: Asked, name: str, default: bool) -> bool:
    """True or false."""
    value = asked.get(name, default)
    return value if isinstance(value, bool) else _refuse(name, "true or false")


def number(asked: Asked, name: str, default: float | None = None) -> float:
    """A number."""
    value = asked.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        _refuse(name, "a number")
    return float(value)


def name_or_id(asked: Asked, name: str, default: str | None = None) -> str:
    """A text, or an id that is written as a number."""
    value = asked.get(name, default)
    if isinstance(value, bool) or not isinstance(value, str | int):
        _refuse(name, "a text or an id")
    return str(value)


def x_id(asked: Asked, name: str) -> str:
    """An id as X gives them, as text or number; empty where there is none."""
    value = asked.get(name, "")
    if value != "" and (isinstance(value, bool) or not isinstance(value, str | int) or not is_x_id(str(value))):
        _refuse(name, f"a number from 1 to {_LARGEST_ID}")
    return str(value)


def is_x_id(value: str) -> bool:
    """Whether that can be an id: digits, and no more than fit into 63 bits."""
    return _NUMBER.fullmatch(value) is not None and int(value) <= _LARGEST_ID


def _refuse(name: str, wanted: str) -> Any:
    raise Wrong(f"{name}: {wanted}.")
