"""When to ask again: with exponential backoff and jitter, and only what is safe to ask twice."""

import random
from datetime import UTC, datetime

from . import errors
from .endpoints import Endpoint
from .errors import XError

MAX_ATTEMPTS = 4
FIRST_DELAY_SECONDS = 0.5
LONGEST_DELAY_SECONDS = 8.0


def delay_seconds(error: XError, endpoint: Endpoint, attempts: int) -> float | None:
    """How long to wait before asking again; None: do not.

    Args:
        error: What became of the last attempt.
        endpoint: What was asked.
        attempts: How many were made.
    """
    if attempts >= MAX_ATTEMPTS:
        return None
    if isinstance(error, errors.RateLimited):
        # X has not worked on it, so that it is safe for every endpoint.
        until = (error.resets_at - datetime.now(UTC)).total_seconds()
        return max(until, 0.0) + random.uniform(0.1, 1.0)  # noqa: S311 - spreads callers, guards nothing
    if isinstance(error, errors.Unreachable) or (
        isinstance(error, errors.TemporarilyUnavailable) and endpoint.is_repeatable
    ):
        longest = min(FIRST_DELAY_SECONDS * 2 ** (attempts - 1), LONGEST_DELAY_SECONDS)
        return random.uniform(longest / 2, longest)  # noqa: S311 - as above
    return None
