"""How webhooks become invalid: at once by a wrong answer, after long by none; and how they become valid again."""

import gzip
import json

import pytest
import requests

from tests.sandbox.client import AAA, X
from tests.sandbox.wire import Receiver, eventually, signature

pytestmark = pytest.mark.any_database

HOUR = 3600


@pytest.fixture
def webhook_id(x: X, receiver: Receiver) -> str:
    return x.register(receiver.url)


def is_valid(x: X) -> bool:
    [hook] = x.bearing().get(f"{AAA}/webhooks.json").json()
    return bool(hook["valid"])


def pass_time(x: X, hours: float) -> None:
    requests.post(x.url("/control/clock"), json={"advance": hours * HOUR}, timeout=30).raise_for_status()


def pass_until_challenged(x: X, receiver: Receiver, hours: float) -> bool:
    """Let time pass and the challenge that is due come: whether the webhook is valid after it."""
    before, problem = len(receiver.challenges), last_challenge(x)
    pass_time(x, hours)
    eventually(lambda: len(receiver.challenges) > before and last_challenge(x) != problem)
    return is_valid(x)


def last_challenge(x: X) -> str:
    [hook] = requests.get(x.url("/control/"), timeout=30).json()["webhooks"]
    return str(hook["challenged_at"])


def unavailable(_token: str) -> tuple[int, dict[str, str], bytes]:
    return 503, {}, b""


def test_a_webhook_is_challenged_from_time_to_time(x: X, receiver: Receiver, webhook_id: str) -> None:
    assert pass_until_challenged(x, receiver, 1.1)
    assert pass_until_challenged(x, receiver, 1.1)


def test_failing_for_a_day_is_forgiven_and_for_longer_is_not(x: X, receiver: Receiver, webhook_id: str) -> None:
    receiver.challenge_answer = unavailable

    assert pass_until_challenged(x, receiver, 1.1)
    assert pass_until_challenged(x, receiver, 24)
    assert pass_until_challenged(x, receiver, 3.5)
    assert not pass_until_challenged(x, receiver, 1.1)


def test_one_right_answer_makes_up_for_many_that_failed(x: X, receiver: Receiver, webhook_id: str) -> None:
    receiver.challenge_answer = unavailable
    assert pass_until_challenged(x, receiver, 2)
    assert pass_until_challenged(x, receiver, 25)
    receiver.challenge_answer = None
    assert pass_until_challenged(x, receiver, 2)

    receiver.challenge_answer = unavailable

    assert pass_until_challenged(x, receiver, 2)
    assert pass_until_challenged(x, receiver, 25)


def right(token: str) -> bytes:
    return json.dumps({"response_token": signature(token.encode())}).encode()


@pytest.mark.parametrize(
    "answer",
    [
        lambda token: (200, {}, b'{"response_token": "sha256=d3Jvbmc="}'),
        lambda token: (200, {}, b"OK"),
        lambda token: (204, {}, b""),
        lambda token: (302, {"Location": "/"}, b""),
        lambda token: (200, {"Content-Encoding": "gzip"}, right(token)),
        lambda token: (200, {}, gzip.compress(right(token))),
    ],
    ids=["wrong token", "no JSON", "204", "redirect", "gzip announced and not sent", "gzip sent and not announced"],
)
def test_a_wrong_answer_invalidates_at_once(x: X, receiver: Receiver, webhook_id: str, answer: object) -> None:
    receiver.challenge_answer = answer  # type: ignore[assignment]

    assert not pass_until_challenged(x, receiver, 1.1)


def test_gzip_that_is_announced_and_sent_is_right(x: X, receiver: Receiver, webhook_id: str) -> None:
    receiver.challenge_answer = lambda token: (200, {"Content-Encoding": "gzip"}, gzip.compress(right(token)))

    assert pass_until_challenged(x, receiver, 1.1)


def test_an_invalid_webhook_waits_for_its_owner(x: X, receiver: Receiver, webhook_id: str) -> None:
    receiver.secret = "another-secret"
    assert not pass_until_challenged(x, receiver, 1.1)
    receiver.secret = "the-consumer-secret"
    asked = len(receiver.challenges)
    pass_time(x, 5)
    other = x.register(f"{receiver.url}/2")  # which is asked, while the first one is not
    assert len(receiver.challenges) == asked + 1
    x.signed().delete(f"{AAA}/webhooks/{other}.json")
    assert not is_valid(x)

    assert x.signed().put(f"{AAA}/webhooks/{webhook_id}.json").status_code == 204

    assert is_valid(x)


def test_a_put_that_fails_leaves_the_webhook_valid_when_that_may_pass(
    x: X, receiver: Receiver, webhook_id: str
) -> None:
    receiver.challenge_answer = unavailable

    assert x.signed().put(f"{AAA}/webhooks/{webhook_id}.json").status_code == 403
    assert is_valid(x)

    receiver.challenge_answer = lambda _token: (200, {}, b"{}")

    assert x.signed().put(f"{AAA}/webhooks/{webhook_id}.json").status_code == 403
    assert not is_valid(x)
