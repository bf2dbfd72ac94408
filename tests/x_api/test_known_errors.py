"""What X refuses reaches a person as code, meaning and remedy, and the code of the dashboard as an exception."""

import pytest

from aaa_dashboard.x_api import endpoints as at
from aaa_dashboard.x_api import errors, known_errors
from aaa_dashboard.x_api.endpoints import Endpoint
from aaa_dashboard.x_api.errors import XError
from aaa_dashboard.x_api.known_errors.row import KnownError
from aaa_dashboard.x_api.known_errors.unasked import Unasked
from tests.x_api.calls import CALLS
from tests.x_api.conftest import MakeAsker
from tests.x_api.literal import Literal, Says, as_json, error

pytestmark = pytest.mark.any_database

NO_REPLAY = (
    "Account Activity API enterprise account with replay is required. "
    "Please confirm you have an enterprise account and replay is enabled."
)
CALLBACK = (
    "Callback URL not approved for this client application. "
    "Approved callback URLs can be adjusted in your application settings."
)
# What X documents, written down a second time: where, status, code, message, what it is to us.
DOCUMENTED: list[tuple[Endpoint, int, int, str, type[XError]]] = [
    (at.LIST_WEBHOOKS, 401, 32, "Could not authenticate you.", errors.CredentialsRejected),
    (at.REPLAY, 401, 32, "Invalid authentication method. Please use application-only authentication.",
     errors.CredentialsRejected),
    (at.ACCESS_TOKEN, 401, 32, "Could not authenticate you.", errors.SignInFailed),
    (at.VALIDATE_WEBHOOK, 404, 34,
     "Webhook does not exist or is associated with a different twitter application.", errors.WebhookNotFound),
    (at.DELETE_WEBHOOK, 404, 34, "Sorry, that page does not exist.", errors.WebhookNotFound),
    (at.UNSUBSCRIBE, 404, 34,
     "Webhook does not exist or is associated with a different twitter application.", errors.WebhookNotFound),
    (at.REPLAY, 401, 61, "Client is not permitted to request this method.", errors.NotEntitled),
    (at.REPLAY, 503, 67, "Twitter server error. Retry using an exponential backoff pattern.",
     errors.TemporarilyUnavailable),
    (at.SUBSCRIBE, 429, 88, "Rate limit exceeded.", errors.RateLimited),
    (at.SUBSCRIBE, 403, 89, "Invalid or expired token.", errors.TokenRevoked),
    (at.VERIFY_CREDENTIALS, 401, 89, "Invalid or expired token.", errors.TokenRevoked),
    (at.ACCESS_TOKEN, 403, 89, "Invalid or expired token.", errors.SignInFailed),
    (at.COUNT_SUBSCRIPTIONS, 401, 89, "Invalid or expired token.", errors.BearerTokenRejected),
    (at.LIST_SUBSCRIPTIONS, 403, 99, "You don’t have access to this resource.", errors.BearerTokenRejected),
    (at.FETCH_BEARER_TOKEN, 403, 99, "Unable to verify your credentials.", errors.CredentialsRejected),
    (at.SUBSCRIBE, 503, 130, "Over capacity.", errors.TemporarilyUnavailable),
    (at.SUBSCRIBE, 500, 131, "Internal error.", errors.TemporarilyUnavailable),
    (at.REGISTER_WEBHOOK, 401, 135, "Timestamp out of bounds.", errors.ClockWrong),
    (at.LIST_WEBHOOKS, 403, 200, "Forbidden.", errors.NotEntitled),
    (at.REPLAY, 403, 200, NO_REPLAY, errors.NotEntitled),
    (at.REGISTER_WEBHOOK, 403, 214, "Webhook URL does not meet the requirements.", errors.WebhookUrlRefused),
    (at.REGISTER_WEBHOOK, 403, 214,
     "Webhook URL does not meet the requirements. Invalid CRC token or json response format.", errors.ChallengeFailed),
    (at.VALIDATE_WEBHOOK, 403, 214,
     "High latency on CRC GET request. Your webhook should respond in less than 3 seconds.", errors.ChallengeFailed),
    (at.VALIDATE_WEBHOOK, 403, 214, "Non-200 response code during CRC GET request (i.e. 404, 500, etc).",
     errors.ChallengeFailed),
    (at.REGISTER_WEBHOOK, 403, 214, "Too many resources already created.", errors.LimitReached),
    (at.SUBSCRIBE, 403, 214, "Too many resources already created.", errors.LimitReached),
    (at.REPLAY, 400, 214, "Webhook is marked invalid and requires a CRC check.", errors.WebhookInvalid),
    (at.REGISTER_WEBHOOK, 400, 215, "Bad Authentication data.", errors.CredentialsRejected),
    (at.REGISTER_WEBHOOK, 403, 261, "Application cannot perform write actions.", errors.PermissionTooLow),
    (at.REGISTER_WEBHOOK, 403, 261, "Your App cannot perform write actions.", errors.PermissionTooLow),
    (at.SUBSCRIBE, 403, 348, "Client application is not permitted to access this user's webhook subscriptions.",
     errors.TokenRevoked),
    (at.SUBSCRIBE, 409, 355, "Subscription already exists.", errors.AlreadySubscribed),
    (at.REPLAY, 409, 355, "A replay job is already in progress for this webhook.", errors.ReplayInProgress),
    (at.REPLAY, 400, 356, "from_date must be before to_date.", errors.ParametersRefused),
    (at.REPLAY, 400, 356, "from_date must be within the past 5 days.", errors.ParametersRefused),
    (at.REPLAY, 400, 357, "from_date: queryParam is required.", errors.ParametersRefused),
    (at.REPLAY, 400, 358, "Unable to parse webhook_id parameter.", errors.ParametersRefused),
    (at.REPLAY, 400, 360, "webhook_id: [-1] is not greater than or equal to 0.", errors.ParametersRefused),
    (at.REPLAY, 400, 368, "to_date: [202611210100] is not in the past.", errors.ParametersRefused),
    (at.REQUEST_TOKEN, 403, 415, CALLBACK, errors.CallbackRefused),
    (at.REQUEST_TOKEN, 401, 416, "Invalid / suspended application.", errors.AppSuspended),
    (at.REQUEST_TOKEN, 401, 417, "Desktop applications only support the oauth_callback value 'oob'.",
     errors.DesktopApp),
    (at.UNSUBSCRIBE, 404, 34, "Sorry, that page does not exist.", errors.NotSubscribed),
    (at.UNSUBSCRIBE_AS_USER, 404, 34, "Sorry, that page does not exist.", errors.NotSubscribed),
]  # fmt: skip

# Refusals that are an answer to what was asked, and no exception.
ANSWERS = {(at.CHECK_SUBSCRIPTION, errors.NotSubscribed), (at.LOOK_UP_USERS, errors.NoSuchUser)}


def _where(row: KnownError) -> Endpoint:
    """An endpoint for which the row holds and which shows it as an exception."""
    return next(
        endpoint
        for endpoint in at.ALL
        if known_errors.find(endpoint, row.status, row.code, row.said) is row and (endpoint, row.raises) not in ANSWERS
    )


def _refusal(x: Literal, ask: MakeAsker, endpoint: Endpoint, says: Says) -> XError:
    x.will_say(says)
    x.bearer = "" if endpoint is at.FETCH_BEARER_TOKEN else "a-fresh-token"
    with pytest.raises(XError) as refused:
        CALLS[endpoint](ask().client)
    return refused.value


@pytest.mark.parametrize(
    ("endpoint", "status", "code", "message", "raises"),
    DOCUMENTED,
    ids=[f"{code}-{endpoint.intent}-{message[:24]}" for endpoint, _, code, message, _ in DOCUMENTED],
)
def test_every_documented_refusal_is_explained(
    x: Literal, ask: MakeAsker, endpoint: Endpoint, status: int, code: int, message: str, raises: type[XError]
) -> None:
    found = _refusal(x, ask, endpoint, error(status, code, message))
    assert type(found) is raises
    failure = found.failure
    assert (failure.status, failure.code, failure.said) == (status, code, message)
    assert failure.key != "unknown"
    assert failure.meaning
    assert failure.remedy
    for part in (endpoint.intent, str(code), message, failure.meaning, failure.remedy):
        assert part in str(found)


@pytest.mark.parametrize("row", known_errors.TABLE, ids=lambda row: row.key)
def test_every_row_is_reached_over_http(x: Literal, ask: MakeAsker, row: KnownError) -> None:
    says = as_json(row.status, {"title": row.said}) if row.code is None else error(row.status, row.code, row.said)
    found = _refusal(x, ask, _where(row), says)
    assert found.failure.key == row.key
    assert type(found) is row.raises


def test_rows_have_names_of_their_own() -> None:
    keys = [row.key for row in known_errors.TABLE] + [row.value.key for row in Unasked]
    assert len(keys) == len(set(keys))


def test_fragments_are_words_of_their_own_message() -> None:
    for row in known_errors.TABLE:
        assert row.fragment == row.fragment.lower()
        assert row.fragment in row.said.lower()


def test_the_code_counts_and_not_the_status_it_came_with(x: Literal, ask: MakeAsker) -> None:
    assert type(_refusal(x, ask, at.SUBSCRIBE, error(403, 355, "Subscription already exists."))) is (
        errors.AlreadySubscribed
    )


def test_the_first_known_of_several_errors_is_shown(x: Literal, ask: MakeAsker) -> None:
    both = {"errors": [{"code": 9999, "message": "New."}, {"code": 261, "message": "Cannot write."}]}
    assert _refusal(x, ask, at.SUBSCRIBE, as_json(403, both)).failure.key == "permission-too-low"


@pytest.mark.parametrize(
    ("endpoint", "status", "code", "message"),
    [
        (at.REGISTER_WEBHOOK, 403, 214, "Something new about webhooks."),
        (at.REGISTER_WEBHOOK, 409, 355, "Something exists."),
        (at.SUBSCRIBE, 418, 9001, "Teapot."),
        (at.LIST_WEBHOOKS, 404, 34, "Sorry, that page does not exist."),
        (at.VERIFY_CREDENTIALS, 403, 99, "Unable to verify your credentials."),
    ],
)
def test_what_is_not_in_the_table_is_shown_as_it_came(
    x: Literal, ask: MakeAsker, endpoint: Endpoint, status: int, code: int, message: str
) -> None:
    found = _refusal(x, ask, endpoint, error(status, code, message))
    assert type(found) is errors.UnknownAnswer
    assert (found.failure.status, found.failure.code, found.failure.said) == (status, code, message)
    assert found.failure.meaning == known_errors.UNKNOWN_MEANING
    assert found.failure.remedy == known_errors.UNKNOWN_REMEDY


def test_a_known_row_of_a_failed_check_is_an_answer(x: Literal, ask: MakeAsker) -> None:
    x.will_say(error(404, 34, "Sorry, that page does not exist."))
    assert CALLS[at.CHECK_SUBSCRIPTION](ask().client) is False
    x.will_say(Says(200, b"{}"))
    assert CALLS[at.CHECK_SUBSCRIPTION](ask().client) is False
    x.will_say(Says(204))
    assert CALLS[at.CHECK_SUBSCRIPTION](ask().client) is True
