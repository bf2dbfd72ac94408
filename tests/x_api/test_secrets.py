"""No token, secret or signature in a log line, a traceback, the text of an exception, or how anything is printed."""

import copy
import logging
import pickle
import re
import traceback
from collections.abc import Iterator
from urllib.parse import quote, unquote

import pytest

from aaa_dashboard.logs import formatter
from aaa_dashboard.x_api import endpoints as at
from aaa_dashboard.x_api.credentials import AppCredentials, UserToken, fingerprint
from aaa_dashboard.x_api.endpoints import Endpoint
from aaa_dashboard.x_api.errors import XError
from aaa_dashboard.x_api.results import RequestToken, SignedIn
from tests.x_api.calls import BEGUN, CALLS
from tests.x_api.conftest import APP, OWNER, USER, VERIFIER, MakeAsker
from tests.x_api.literal import Asked, Breaks, Literal, Says, as_json, error, resets

pytestmark = pytest.mark.any_database

SECRETS = [
    *APP.secrets(),
    *USER.secrets(),
    BEGUN.token,
    BEGUN.secret,
    VERIFIER,
    "a-fetched-token",
    "34-a-new-token",
    "a-new-secret",
]
SIGNED_IN = Says(
    200, b"oauth_token=34-a-new-token&oauth_token_secret=a-new-secret&oauth_callback_confirmed=true&user_id=4"
)


class Lines(logging.Handler):
    """Every line as the dashboard writes it, in both of its formats."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        for as_json_ in (False, True):
            self.lines.append(formatter(as_json_).format(copy.copy(record)))


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """All log lines of the test, whatever their level."""
    handler, root = Lines(), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler.lines
    root.removeHandler(handler)
    root.setLevel(level)


def repeats_everything(asked: Asked) -> Says:
    """Refuse, with all that was in the request in the message: as it came, decoded, and encoded once more."""
    header = asked.authorization
    words = re.findall(r'"([^"]*)"', header)
    said = " ".join([header, unquote(header), quote(header, safe=""), *words, *map(unquote, words), *map(quote, words)])
    return error(403, 9001, said)


def repeats_on_a_page(asked: Asked) -> Says:
    return Says(502, f"<html><body><pre>{asked.authorization}</pre></body></html>".encode())


def cuts_in_the_middle(asked: Asked) -> Says:
    """Repeat the request so that the message is cut within it."""
    return error(403, 9001, "x" * 280 + asked.authorization)


OUTCOMES: dict[str, Says | Breaks] = {
    "refused": error(403, 9001, "No."),
    "unavailable": error(503, 130, "Over capacity."),
    "broken": resets,
    "unreadable": Says(200, b"<html>"),
    "form": SIGNED_IN,
    "json": as_json(200, {"access_token": "a-fetched-token", "oauth_token": "34-a-new-token"}),
}


def _signatures(x: Literal) -> list[str]:
    found = [value for asked in x.asked for value in re.findall(r'oauth_signature="([^"]+)"', asked.authorization)]
    basics = [asked.authorization.partition(" ")[2] for asked in x.asked if asked.authorization.startswith("Basic")]
    return [*found, *map(unquote, found), *basics]


def _assert_clean(text: str, x: Literal) -> None:
    for secret in [*SECRETS, *_signatures(x)]:
        assert secret not in text
        assert secret[: max(8, len(secret) // 2)] not in text, "nor a good part of one"


def _texts(error_: BaseException) -> str:
    """All forms in which an exception gets into a log or onto a page."""
    lines = traceback.TracebackException.from_exception(error_).format()
    return "\n".join([str(error_), repr(error_), *lines])


@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize("endpoint", at.ALL, ids=lambda endpoint: endpoint.intent)
def test_nothing_shows_a_secret(x: Literal, ask: MakeAsker, lines: list[str], endpoint: Endpoint, outcome: str) -> None:
    x.will_say(OUTCOMES[outcome])
    try:
        result = CALLS[endpoint](ask().client)
        shown = "" if endpoint is at.FETCH_BEARER_TOKEN else repr(result)
    except XError as error_:
        logging.getLogger("test").exception("It failed.")
        shown = _texts(error_)
    assert lines
    _assert_clean("\n".join([shown, *lines]), x)


@pytest.mark.parametrize("echo", [repeats_everything, repeats_on_a_page, cuts_in_the_middle])
@pytest.mark.parametrize("endpoint", at.ALL, ids=lambda endpoint: endpoint.intent)
def test_a_server_that_repeats_what_it_was_sent_is_not_quoted(
    x: Literal, ask: MakeAsker, lines: list[str], endpoint: Endpoint, echo: object
) -> None:
    x.echo = echo  # type: ignore[assignment]
    with pytest.raises(XError) as refused:
        CALLS[endpoint](ask().client)
    logging.getLogger("test").error("It failed.", exc_info=refused.value)
    _assert_clean("\n".join([_texts(refused.value), *lines]), x)


def test_an_exception_holds_no_request(x: Literal, ask: MakeAsker) -> None:
    """Pages for developers and error collectors look into causes and contexts."""
    x.will_say(resets)
    with pytest.raises(XError) as refused:
        ask().client.register_webhook("https://a.example/")
    assert refused.value.__cause__ is None
    assert refused.value.__context__ is None
    again = pickle.loads(pickle.dumps(refused.value))  # noqa: S301 - our own
    assert again.failure == refused.value.failure


def test_credentials_print_as_fingerprints() -> None:
    key, secret, bearer = others = ("another-consumer-key", "another-consumer-secret", "another-bearer-token")
    for thing in (APP, USER, BEGUN, SignedIn("34", "acme", USER), AppCredentials(key, secret, OWNER, bearer)):
        for text in (repr(thing), str(thing), f"{thing}", repr([thing])):
            for hidden in (*SECRETS, *others):
                assert hidden not in text
    assert fingerprint(USER.token) in repr(USER)


def test_a_fingerprint_is_the_start_of_sha_256() -> None:
    # printf abc | sha256sum
    assert fingerprint("abc") == "ba7816bf8f01"
    assert fingerprint("") == ""


def test_blanks_and_line_ends_of_copying_are_taken_off() -> None:
    assert UserToken(" a\n", "b\r\n") == UserToken("a", "b")
    assert AppCredentials("k\n", " s", None, "b ") == AppCredentials("k", "s", None, "b")


def test_equal_credentials_are_equal() -> None:
    assert UserToken("a", "b") == UserToken("a", "b") != UserToken("a", "c")
    assert RequestToken("a", "b") == RequestToken("a", "b")
