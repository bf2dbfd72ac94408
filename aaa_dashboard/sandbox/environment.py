"""Read settings of the environment, so that a mistake ends the start in one sentence that names the setting.

No sentence quotes a value: it may be half a secret that was pasted into the wrong line. Except for text, what is empty
counts as left out.

Every function raises `ImproperlyConfigured` for what its setting does not take.
"""

import math
import os
import re
from typing import Any, NoReturn

import environ
from django.core.exceptions import ImproperlyConfigured

_TRUE = {"true", "on", "ok", "yes", "y", "1"}
_FALSE = {"false", "off", "no", "n", "0"}
_WHOLE = re.compile(r"-?\d{1,18}", re.ASCII)


def text(name: str) -> str:
    """The setting as it stands there; empty where there is none."""
    return os.environ.get(name, "")


def texts(name: str) -> list[str]:
    """What is separated by commas."""
    return [part.strip() for part in text(name).split(",") if part.strip()]


def flag(name: str, default: bool) -> bool:
    """Whether it is on."""
    value = text(name).strip().lower()
    if not value:
        return default
    return value in _TRUE if value in _TRUE | _FALSE else _stop(name, "“on” or “off”")


def whole(name: str, default: int, at_least: int, at_most: int) -> int:
    """A whole number between two others."""
    value = text(name).strip()
    if not value:
        return default
    if not _WHOLE.fullmatch(value) or not at_least <= int(value) <= at_most:
        _stop(name, f"a whole number from {at_least} to {at_most}, such as {default}")
    return int(value)


def whole_or_none(name: str) -> int | None:
    """A whole number of whichever size, if there is one."""
    value = text(name).strip()
    if not value:
        return None
    return int(value) if _WHOLE.fullmatch(value) else _stop(name, "a whole number, such as 7")


def number(name: str, default: float, at_most: float, *, may_be_zero: bool = True) -> float:
    """A number that is not below 0."""
    value = text(name).strip()
    if not value:
        return default
    try:
        found = float(value)
    except ValueError:
        found = math.nan
    if not 0 <= found <= at_most or (found == 0 and not may_be_zero):
        bounds = f"from 0 to {at_most:.0f}" if may_be_zero else f"above 0 and up to {at_most:.0f}"
        _stop(name, f"a number {bounds}, such as {default:g}")
    return found


def database(name: str, default: str) -> dict[str, Any]:
    """The address of a database; the result is an entry of Django's `DATABASES`."""
    url = text(name) or default
    takes = "sqlite:////absolute/path or postgres://user:password@host:5432/name"
    if url.partition("://")[0] not in ("sqlite", "postgres", "postgresql"):
        _stop(name, takes)
    try:
        entry: dict[str, Any] = environ.Env.db_url_config(url)
    except (ValueError, ImproperlyConfigured):
        _stop(name, takes)
    return entry


def _stop(name: str, takes: str) -> NoReturn:
    raise ImproperlyConfigured(f"{name} takes {takes}; what it is set to is something else.")
