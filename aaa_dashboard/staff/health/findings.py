"""What is wrong, in words: the cause, and what to do about it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from typing import ParamSpec, TypeVar

import structlog
from django.db import Error

log = structlog.get_logger(__name__)

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that needs a person."""

    what: str
    """What is so and why, in a sentence."""
    remedy: str
    """What to do, in a sentence."""


NO_DATABASE = Problem(
    "The database does not answer, so nothing can be told.",
    "See that it runs and that DATABASE_URL names it; receivers answer 503 meanwhile, and X tries again for a while.",
)


def never_raises(otherwise: Callable[[Problem], T]) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Have a function return a finding where the database would not answer it."""

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        @wraps(function)
        def look(*args: P.args, **kwargs: P.kwargs) -> T:
            try:
                return function(*args, **kwargs)
            except Error as error:
                log.warning("cannot look", at=function.__name__, because=type(error).__name__)
                return otherwise(NO_DATABASE)

        return look

    return decorate


def ago(moment: datetime, now: datetime) -> str:
    """How long ago a moment was, in words: “4 min”."""
    return span(now - moment)


def span(time: timedelta) -> str:
    """A stretch of time in words, as short as it can be understood: 40 s, 4 min, 3 h, 2 d."""
    seconds = max(0, int(time.total_seconds()))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
