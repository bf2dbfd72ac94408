"""What X's answers mean and what to do about them: a closed table.

34, 89, 99, 200, 214 and 355 mean different things by message or by endpoint, so a row is found by code and by words of
the message or by endpoint; the first that fits is taken. What no row fits is shown as it came, with a general hint.

Sources: X, “Response codes and errors”, “Enterprise Account Activity API” (reference, error messages of each endpoint),
“Replay API” (reference). X rewords messages and moves codes between statuses, so neither is relied on where a code
alone is clear. `docs/x-api.md` shows the table.
"""

from datetime import datetime

from .. import errors
from ..endpoints import Endpoint
from ..errors import Failure, XError
from . import access, activity, later
from .row import KnownError
from .unasked import Unasked

TABLE: tuple[KnownError, ...] = (*access.ROWS, *activity.ROWS, *later.ROWS, *later.ROWS_BY_STATUS)

UNKNOWN_MEANING = "The dashboard does not know this answer."
UNKNOWN_REMEDY = (
    "Look it up in X’s “Response codes and errors”. If it stays, ask X’s support, with the time and the words above."
)


def find(endpoint: Endpoint, status: int, code: int | None, said: str) -> KnownError | None:
    """The first row that fits, if any."""
    return next((row for row in TABLE if row.fits(endpoint, status, code, said)), None)


def explain(
    endpoint: Endpoint, *, status: int, code: int | None, said: str, resets_at: datetime | None = None
) -> XError:
    """Make the exception for an answer.

    Args:
        endpoint: What was asked.
        status: HTTP status of the answer.
        code: X's code, when there is one.
        said: X's message, free of secrets.
        resets_at: When the rate limit is reset.
    """
    row = find(endpoint, status, code, said)
    key, meaning, remedy = (row.key, row.meaning, row.remedy) if row else ("unknown", UNKNOWN_MEANING, UNKNOWN_REMEDY)
    raises = row.raises if row else errors.UnknownAnswer
    resets_at = resets_at if issubclass(raises, errors.RateLimited) else None
    return raises(Failure(key, endpoint.intent, said, meaning, remedy, status, code, resets_at))


def explain_unasked(
    endpoint: Endpoint, what: Unasked, *, said: str = "", status: int | None = None, resets_at: datetime | None = None
) -> XError:
    """Make the exception for a call that ended without an answer of X that can be read.

    Args:
        endpoint: What was, or was to be, asked.
        what: What happened instead.
        said: What the network, or whoever answered, said; free of secrets.
        status: HTTP status, when there was an answer after all.
        resets_at: When the rate limit is reset.
    """
    row = what.value
    failure = Failure(row.key, endpoint.intent, said, row.meaning, row.remedy, status, None, resets_at)
    return row.raises(failure)
