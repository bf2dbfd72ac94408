"""What is asked again, how long that takes, and what is never asked twice."""

import socket
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from aaa_dashboard.x_api import endpoints as at
from aaa_dashboard.x_api import errors, network
from aaa_dashboard.x_api.endpoints import Endpoint
from aaa_dashboard.x_api.errors import XError
from tests.x_api.calls import CALLS
from tests.x_api.conftest import USER, MakeAsker
from tests.x_api.literal import Breaks, Literal, Says, as_json, error, never_answers, promises_more, resets

pytestmark = pytest.mark.any_database

HOOK = {"id": "1", "url": "https://a.example/", "valid": True}
REPEATABLE = [endpoint for endpoint in at.ALL if endpoint.is_repeatable and endpoint is not at.FETCH_BEARER_TOKEN]
ONCE_ONLY = [endpoint for endpoint in at.ALL if not endpoint.is_repeatable]
OUTAGES: list[Says | Breaks] = [
    error(503, 130, "Over capacity."),
    error(500, 131, "Internal error."),
    error(503, 67, "Backend is unavailable."),
    Says(502, b"<html><title>Bad Gateway</title></html>"),
    Says(504),
    resets,
]
NAMES = ["130", "131", "67", "502", "504", "reset"]


@pytest.mark.parametrize("outage", OUTAGES, ids=NAMES)
def test_what_is_safe_is_asked_until_it_works(x: Literal, ask: MakeAsker, outage: Says | Breaks) -> None:
    asker = ask()
    x.will_say(outage, outage, as_json(200, [HOOK]))
    assert len(asker.client.webhooks()) == 1
    assert len(x.asked) == 3


@pytest.mark.parametrize("endpoint", REPEATABLE, ids=lambda endpoint: endpoint.intent)
def test_after_four_attempts_it_is_said(x: Literal, ask: MakeAsker, endpoint: Endpoint) -> None:
    x.will_say(error(503, 130, "Over capacity."))
    with pytest.raises(errors.TemporarilyUnavailable):
        CALLS[endpoint](ask().client)
    assert len(x.asked) == 4


@pytest.mark.parametrize("outage", OUTAGES, ids=NAMES)
@pytest.mark.parametrize("endpoint", ONCE_ONLY, ids=lambda endpoint: endpoint.intent)
def test_what_is_not_safe_is_asked_once(x: Literal, ask: MakeAsker, endpoint: Endpoint, outage: Says | Breaks) -> None:
    x.will_say(outage)
    with pytest.raises(errors.TemporarilyUnavailable):
        CALLS[endpoint](ask().client)
    assert len(x.asked) == 1


def test_a_registration_without_an_answer_tells_to_look_first(x: Literal, ask: MakeAsker) -> None:
    x.will_say(resets)
    with pytest.raises(errors.NoAnswer, match="X may have done it all the same"):
        ask().client.register_webhook("https://a.example/")


def test_waits_grow_and_are_never_alike(x: Literal, ask: MakeAsker) -> None:
    x.will_say(error(503, 130, "Over capacity."))
    asker = ask()
    for _ in range(2):
        with pytest.raises(errors.TemporarilyUnavailable):
            asker.client.subscribe("1234", USER)
    assert len(set(asker.pauses)) == 6
    for waits in (asker.pauses[:3], asker.pauses[3:]):
        for wait, longest in zip(waits, (0.5, 1.0, 2.0), strict=True):
            assert longest / 2 <= wait <= longest


def test_patience_ends_before_the_attempts_do(x: Literal, ask: MakeAsker) -> None:
    x.will_say(error(503, 130, "Over capacity."))
    asker = ask(patience_seconds=0.2)
    with pytest.raises(errors.TemporarilyUnavailable):
        asker.client.subscribe("1234", USER)
    assert (len(x.asked), asker.pauses) == (1, [])


@pytest.mark.parametrize("endpoint", [at.SUBSCRIBE, *ONCE_ONLY], ids=lambda endpoint: endpoint.intent)
def test_nobody_there_is_tried_again_whatever_was_asked(ask: MakeAsker, endpoint: Endpoint) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        asker = ask(base_url=f"http://127.0.0.1:{unused.getsockname()[1]}")
        with pytest.raises(errors.Unreachable, match="the connection was refused"):
            CALLS[endpoint](asker.client)
    assert len([pause for pause in asker.pauses if pause < 3]) >= 3


def test_a_name_that_is_not_known_is_said(ask: MakeAsker) -> None:
    with pytest.raises(errors.Unreachable, match="the name of the server is not known"):
        ask(base_url="http://api.invalid").client.webhooks()


def test_an_answer_that_does_not_come_is_not_waited_for(
    x: Literal, ask: MakeAsker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network, "READ_SECONDS", 0.2)
    x.will_say(never_answers, as_json(200, [HOOK]))
    assert len(ask().client.webhooks()) == 1
    x.will_say(never_answers)
    with pytest.raises(errors.NoAnswer, match=r"nothing came for 0\.2 s"):
        ask().client.register_webhook("https://a.example/")


def test_an_answer_that_breaks_off_is_asked_for_again(x: Literal, ask: MakeAsker) -> None:
    x.will_say(promises_more, as_json(200, [HOOK]))
    assert len(ask().client.webhooks()) == 1


# --- What a repetition finds done -------------------------------------------------


@pytest.mark.parametrize(
    ("endpoint", "second"),
    [
        (at.SUBSCRIBE, error(409, 355, "Subscription already exists.")),
        (at.DELETE_WEBHOOK, error(404, 34, "Webhook does not exist or is associated with a different application.")),
        (at.UNSUBSCRIBE, error(404, 34, "Sorry, that page does not exist.")),
        (at.UNSUBSCRIBE_AS_USER, error(404, 34, "Sorry, that page does not exist.")),
        (at.INVALIDATE_TOKEN, error(403, 89, "Invalid or expired token.")),
    ],
    ids=lambda value: value.intent if isinstance(value, Endpoint) else "",
)
def test_what_the_first_attempt_did_is_no_failure_of_the_second(
    x: Literal, ask: MakeAsker, endpoint: Endpoint, second: Says
) -> None:
    x.will_say(resets, second)
    CALLS[endpoint](ask().client)

    x.will_say(second)
    with pytest.raises(XError):
        CALLS[endpoint](ask().client)

    # A refusal for the limit was not worked on.
    x.will_say(error(429, 88, "Rate limit exceeded.", retry_after="1"), second)
    with pytest.raises(XError):
        CALLS[endpoint](ask().client)


# --- Rate limits ------------------------------------------------------------------


def _in(seconds: float) -> str:
    return str(int(datetime.now(UTC).timestamp() + seconds))


@pytest.mark.parametrize("endpoint", [at.SUBSCRIBE, at.REGISTER_WEBHOOK], ids=lambda endpoint: endpoint.intent)
def test_a_short_limit_is_waited_for(x: Literal, ask: MakeAsker, endpoint: Endpoint) -> None:
    asker = ask()
    x.will_say(error(429, 88, "Rate limit exceeded.", x_rate_limit_reset=_in(3)), as_json(200, HOOK))
    CALLS[endpoint](asker.client)
    assert len(x.asked) == 2
    assert any(2 <= pause <= 4 for pause in asker.pauses)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        (lambda: {"x_rate_limit_reset": _in(600), "x_rate_limit_remaining": "0"}, 600),
        (lambda: {"retry_after": "120"}, 120),
        (dict, 900),
        (lambda: {"x_rate_limit_reset": "soon"}, 900),
        (lambda: {"x_rate_limit_reset": _in(90_000)}, 900),
    ],
    ids=["header", "retry-after", "nothing", "nonsense", "clocks that differ"],
)
def test_a_long_limit_is_said_with_its_end(
    x: Literal, ask: MakeAsker, headers: Callable[[], dict[str, str]], seconds: int
) -> None:
    asker = ask()
    x.will_say(error(429, 88, "Rate limit exceeded.", **headers()))
    with pytest.raises(errors.RateLimited) as refused:
        asker.client.subscribe("1234", USER)
    left = (refused.value.resets_at - datetime.now(UTC)).total_seconds()
    assert seconds - 30 <= left <= seconds
    assert (len(x.asked), asker.pauses) == (1, [])
