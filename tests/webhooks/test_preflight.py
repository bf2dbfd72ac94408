"""What X would stumble over is found first, step by step, at our own address and at no other."""

import gzip
import json
from collections.abc import Callable

import pytest
from pytest_django.fixtures import Settings

from aaa_dashboard.webhooks.models import App
from aaa_dashboard.webhooks.preflight import STEPS, Verdict, is_passed, preflight
from tests.sandbox.client import X
from tests.sandbox.wire import Receiver, signature

Answer = tuple[int, dict[str, str], bytes]


def verdicts(app: App) -> dict[str, Verdict]:
    steps = preflight(app)
    assert sorted(step.name for step in steps) == sorted(STEPS)
    for step in steps:
        assert step.found
        assert step.mend or step.verdict in {Verdict.GOOD, Verdict.SKIPPED}
    return {step.name: step.verdict for step in steps}


def test_a_receiver_that_is_right_passes_every_step(app: App, x: X, receiver: Receiver) -> None:
    assert set(verdicts(app).values()) == {Verdict.GOOD}
    assert is_passed(preflight(app))
    assert receiver.deliveries == []


def right(token: str) -> bytes:
    return json.dumps({"response_token": signature(token.encode())}).encode()


@pytest.mark.parametrize(
    ("answer", "step"),
    [
        (lambda token: (500, {}, b""), "Reached"),
        (lambda token: (404, {}, b""), "Reached"),
        (lambda token: (503, {}, b""), "Reached"),
        (lambda token: (301, {"Location": "http://127.0.0.1:9/"}, b""), "No redirect"),
        (lambda token: (200, {}, b'{"response_token": "sha256=AAAA"}'), "Challenge"),
        (lambda token: (200, {}, b"<html>parked</html>"), "Challenge"),
        (lambda token: (200, {"Content-Encoding": "gzip"}, gzip.compress(right(token))), "Not compressed"),
    ],
    ids=["500", "404", "503", "redirect", "wrong secret", "a page", "compressed"],
)
def test_each_mistake_is_found_at_its_step(
    app: App, x: X, receiver: Receiver, answer: Callable[[str], Answer], step: str
) -> None:
    receiver.challenge_answer = answer
    found = verdicts(app)
    assert [name for name, verdict in found.items() if verdict is Verdict.BAD] == [step]
    assert not is_passed(preflight(app))


def test_nobody_there_is_said(app: App, x: X, settings: Settings) -> None:
    settings.PUBLIC_URL = "http://127.0.0.1:9"
    assert verdicts(app)["Reached"] is Verdict.BAD


@pytest.mark.parametrize(
    "public_url",
    ["http://dashboard.example.org", "https://dashboard.example.org:8443", "https://localhost", "https://intranet"],
)
def test_an_address_that_x_does_not_take_is_not_even_fetched(app: App, settings: Settings, public_url: str) -> None:
    settings.X_API_BASE_URL = "https://api.twitter.com"
    settings.PUBLIC_URL = public_url
    found = verdicts(app)
    assert found.pop("Address") is Verdict.BAD
    assert set(found.values()) == {Verdict.SKIPPED}


def test_a_certificate_is_looked_at_where_x_would(app: App, settings: Settings) -> None:
    settings.X_API_BASE_URL = "https://api.twitter.com"
    settings.PUBLIC_URL = "https://no-such-host.invalid"
    found = verdicts(app)
    assert (found["Address"], found["Certificate"], found["Reached"]) == (Verdict.GOOD, Verdict.BAD, Verdict.SKIPPED)
