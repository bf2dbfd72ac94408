"""Rows about X itself: asked too often or not available; and rows for statuses without a code."""

from .. import endpoints as at
from .. import errors
from .row import KnownError

_OF_SUBSCRIPTION = frozenset({at.CHECK_SUBSCRIPTION, at.UNSUBSCRIBE, at.UNSUBSCRIBE_AS_USER})
_TEMPORARY = frozenset({500, 502, 503, 504})
_LATER = "Nothing to mend here: it was tried again several times. Try once more in a few minutes."

ROWS: tuple[KnownError, ...] = (
    # --- Wait
    KnownError(
        "rate-limit",
        88,
        429,
        "Rate limit exceeded.",
        "X has been asked this too often within 15 minutes.",
        "Wait until the limit is reset.",
        errors.RateLimited,
    ),
    KnownError(
        "dependency-unavailable",
        67,
        503,
        "Twitter server error. Retry using an exponential backoff pattern.",
        "Something that X itself depends on is not available.",
        _LATER,
        errors.TemporarilyUnavailable,
    ),
    KnownError(
        "over-capacity",
        130,
        503,
        "Over capacity.",
        "X is overloaded.",
        _LATER,
        errors.TemporarilyUnavailable,
    ),
    KnownError(
        "internal-error",
        131,
        500,
        "Internal error.",
        "Something went wrong inside X.",
        f"{_LATER} If it lasts, look at X’s status page.",
        errors.TemporarilyUnavailable,
    ),
)

# Found by the HTTP status, when X gives no code or one that no row knows.
ROWS_BY_STATUS: tuple[KnownError, ...] = (
    # --- By status, when the code is none of the above
    KnownError(
        "not-subscribed-status",
        None,
        404,
        "Sorry, that page does not exist.",
        "The account is not subscribed to this webhook.",
        "Nothing to do.",
        errors.NotSubscribed,
        fragment="page does not exist",
        endpoints=_OF_SUBSCRIPTION,
        statuses=frozenset({404}),
    ),
    KnownError(
        "rate-limit-status",
        None,
        429,
        "Too Many Requests",
        "X has been asked too often.",
        "Wait until the limit is reset.",
        errors.RateLimited,
        statuses=frozenset({429}),
    ),
    KnownError(
        "temporary-status",
        None,
        503,
        "Service Unavailable",
        "X, or something on the way to it, is not available.",
        f"{_LATER} If it lasts, look at X’s status page.",
        errors.TemporarilyUnavailable,
        statuses=_TEMPORARY,
    ),
)
