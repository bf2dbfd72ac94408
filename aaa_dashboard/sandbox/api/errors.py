"""The errors that X answers, in X's words: one row each, and no others.

Sources: X, “Enterprise Account Activity API” (reference), “Replay API” (reference), “Response codes and errors”.
"""

from dataclasses import dataclass
from enum import Enum
from http import HTTPStatus

import orjson
from django.http import HttpResponse, JsonResponse


@dataclass(frozen=True)
class Row:
    """How X says it."""

    status: HTTPStatus
    code: int
    message: str
    label: str = ""
    """Only `/oauth2` has one."""


class Error(Enum):
    """What can go wrong, by what it means rather than by its code: 32, 34, 200, 214 and 355 mean several things."""

    COULD_NOT_AUTHENTICATE = Row(HTTPStatus.UNAUTHORIZED, 32, "Could not authenticate you.")
    NEEDS_APP_ONLY = Row(
        HTTPStatus.UNAUTHORIZED,
        32,
        "Invalid authentication method. Please use application-only authentication.",
    )
    NO_SUCH_PAGE = Row(HTTPStatus.NOT_FOUND, 34, "Sorry, that page does not exist.")
    NO_SUCH_WEBHOOK = Row(
        HTTPStatus.NOT_FOUND,
        34,
        "Webhook does not exist or is associated with a different twitter application.",
    )
    NO_SUCH_USER = Row(HTTPStatus.NOT_FOUND, 17, "No user matches for specified terms.")
    TOO_MANY_TERMS = Row(HTTPStatus.FORBIDDEN, 18, "Too many terms specified in query.")
    CLIENT_NOT_PERMITTED = Row(HTTPStatus.UNAUTHORIZED, 61, "Client is not permitted to request this method.")
    DEPENDENCY_UNAVAILABLE = Row(
        HTTPStatus.SERVICE_UNAVAILABLE, 67, "Twitter server error. Retry using an exponential backoff pattern."
    )
    RATE_LIMIT = Row(HTTPStatus.TOO_MANY_REQUESTS, 88, "Rate limit exceeded.")
    INVALID_TOKEN = Row(HTTPStatus.FORBIDDEN, 89, "Invalid or expired token.")
    WRONG_CREDENTIALS = Row(
        HTTPStatus.FORBIDDEN, 99, "Unable to verify your credentials.", label="authenticity_token_error"
    )
    NO_ACCESS = Row(HTTPStatus.FORBIDDEN, 99, "You don't have access to this resource.")
    OVER_CAPACITY = Row(HTTPStatus.SERVICE_UNAVAILABLE, 130, "Over capacity.")
    INTERNAL = Row(HTTPStatus.INTERNAL_SERVER_ERROR, 131, "Internal error.")
    TIMESTAMP = Row(HTTPStatus.UNAUTHORIZED, 135, "Timestamp out of bounds.")
    NO_GRANT_TYPE = Row(
        HTTPStatus.FORBIDDEN, 170, "Missing required parameter: grant_type", label="forbidden_missing_parameter"
    )
    FORBIDDEN = Row(HTTPStatus.FORBIDDEN, 200, "Forbidden.")
    NO_REPLAY = Row(
        HTTPStatus.FORBIDDEN,
        200,
        "Account Activity API enterprise account with replay is required. "
        "Please confirm you have an enterprise account and replay is enabled.",
    )
    WEBHOOK_URL = Row(HTTPStatus.FORBIDDEN, 214, "Webhook URL does not meet the requirements.")
    CHALLENGE_ANSWER = Row(
        HTTPStatus.FORBIDDEN,
        214,
        "Webhook URL does not meet the requirements. Invalid CRC token or json response format.",
    )
    CHALLENGE_LATENCY = Row(
        HTTPStatus.FORBIDDEN,
        214,
        "High latency on CRC GET request. Your webhook should respond in less than 3 seconds.",
    )
    CHALLENGE_STATUS = Row(
        HTTPStatus.FORBIDDEN, 214, "Non-200 response code during CRC GET request (i.e. 404, 500, etc)."
    )
    TOO_MANY_RESOURCES = Row(HTTPStatus.FORBIDDEN, 214, "Too many resources already created.")
    WEBHOOK_INVALID = Row(HTTPStatus.BAD_REQUEST, 214, "Webhook is marked invalid and requires a CRC check.")
    NO_CREDENTIALS = Row(HTTPStatus.BAD_REQUEST, 215, "Bad Authentication data.")
    CANNOT_WRITE = Row(HTTPStatus.FORBIDDEN, 261, "Application cannot perform write actions.")
    ANOTHER_APP = Row(
        HTTPStatus.FORBIDDEN, 348, "Client application is not permitted to access this user's webhook subscriptions."
    )
    ALREADY_SUBSCRIBED = Row(HTTPStatus.CONFLICT, 355, "Subscription already exists.")
    ALREADY_REPLAYING = Row(HTTPStatus.CONFLICT, 355, "A replay job is already in progress for this webhook.")
    WINDOW_REVERSED = Row(HTTPStatus.BAD_REQUEST, 356, "from_date must be before to_date.")
    WINDOW_TOO_OLD = Row(HTTPStatus.BAD_REQUEST, 356, "from_date must be within the past 5 days.")
    PARAMETER_MISSING = Row(HTTPStatus.BAD_REQUEST, 357, "{name}: queryParam is required.")
    PARAMETER_MALFORMED = Row(HTTPStatus.BAD_REQUEST, 358, "Unable to parse {name} parameter.")
    PARAMETER_NEGATIVE = Row(HTTPStatus.BAD_REQUEST, 360, "{name}: [{value}] is not greater than or equal to 0.")
    PARAMETER_NOT_PAST = Row(HTTPStatus.BAD_REQUEST, 368, "{name}: [{value}] is not in the past.")
    CALLBACK = Row(
        HTTPStatus.FORBIDDEN,
        415,
        "Callback URL not approved for this client application. "
        "Approved callback URLs can be adjusted in your application settings.",
    )
    SUSPENDED = Row(HTTPStatus.UNAUTHORIZED, 416, "Invalid / suspended application.")
    DESKTOP = Row(HTTPStatus.UNAUTHORIZED, 417, "Desktop applications only support the oauth_callback value 'oob'.")


class Refused(Exception):
    """X says no. Raised anywhere behind the door; the door answers with it.

    Args:
        error: The row.
        values: What stands in the gaps of its message.
    """

    def __init__(self, error: Error, **values: str) -> None:
        super().__init__(error.name)
        self.error, self.values = error, values


def answer(error: Error, **values: str) -> JsonResponse:
    """The error as X's v1.1 endpoints answer it."""
    row = error.value
    said: dict[str, object] = {"code": row.code, "message": row.message.format(**values)}
    if row.label:
        said["label"] = row.label
    return JsonResponse({"errors": [said]}, status=row.status)


def without_code(refusal: HttpResponse) -> HttpResponse:
    """The same refusal as what stands before X, or its second API, would say it: a problem object."""
    try:
        said = orjson.loads(refusal.content)["errors"][0]["message"]
    except (orjson.JSONDecodeError, LookupError, TypeError):
        return refusal
    problem = JsonResponse({"title": said, "status": refusal.status_code, "type": "about:blank"})
    problem.status_code = refusal.status_code
    for name, value in refusal.items():
        if name.lower().startswith("x-"):
            problem[name] = value
    return problem
