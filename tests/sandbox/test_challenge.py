"""What the sandbox makes of a webhook's answer to the challenge."""

import asyncio
import base64
import gzip
import json
from urllib.parse import parse_qs

import pytest

from aaa_dashboard.sandbox.challenge import Challenge, challenge
from aaa_dashboard.sandbox.delivery.posting import session
from tests.sandbox.wire import SECRET, Receiver, free_port, signature

pytestmark = pytest.mark.any_database


def ask(url: str, answer_seconds: float = 3.0) -> Challenge:
    async def once() -> Challenge:
        async with session(1, answer_seconds) as client:
            return await challenge(client, url, SECRET)

    return asyncio.run(once())


def test_the_right_answer_is_right(receiver: Receiver) -> None:
    outcome = ask(receiver.url)

    assert outcome.is_right
    assert 0 < outcome.answer_ms < 3_000


def test_the_question_is_signed_over_token_and_nonce(receiver: Receiver) -> None:
    ask(receiver.url)

    [asked] = receiver.challenges
    query = parse_qs(asked.query)
    message = f"crc_token={query['crc_token'][0]}&nonce={query['nonce'][0]}".encode()
    assert asked.headers["x-twitter-webhooks-signature"] == signature(message)


def test_no_two_questions_are_the_same(receiver: Receiver) -> None:
    ask(receiver.url)
    ask(receiver.url)

    first, second = receiver.challenges
    assert first.query != second.query


def token_answer(token: str) -> bytes:
    return json.dumps({"response_token": signature(token.encode())}).encode()


@pytest.mark.parametrize(
    ("status", "body", "problem", "is_transient"),
    [
        (200, b'{"response_token": "sha256=d3Jvbmc="}', "another secret", False),
        (200, b'{"token": "x"}', "no response_token", False),
        (200, b'["response_token"]', "no response_token", False),
        (200, b"<html>Hello</html>", "not JSON", False),
        (301, b"", "redirects (301)", False),
        (302, b"", "redirects (302)", False),
        (404, b"", "answered 404", True),
        (503, b"", "answered 503", True),
        (204, b"", "answered 204", False),
    ],
)
def test_a_wrong_answer_is_explained(
    receiver: Receiver, status: int, body: bytes, problem: str, is_transient: bool
) -> None:
    receiver.challenge_answer = lambda _token: (status, {"Location": "/elsewhere"}, body)

    outcome = ask(receiver.url)

    assert problem in outcome.problem
    assert outcome.is_transient is is_transient


def test_a_redirect_is_not_followed(receiver: Receiver) -> None:
    receiver.challenge_answer = lambda _token: (302, {"Location": receiver.url + "?crc_token=x"}, b"")

    ask(receiver.url)

    assert len(receiver.challenges) == 1


def test_gzip_that_is_announced_and_not_sent_is_a_fault(receiver: Receiver) -> None:
    receiver.challenge_answer = lambda token: (200, {"Content-Encoding": "gzip"}, token_answer(token))

    assert not ask(receiver.url).is_right


def test_gzip_that_is_sent_and_not_announced_is_a_fault(receiver: Receiver) -> None:
    receiver.challenge_answer = lambda token: (200, {}, gzip.compress(token_answer(token)))

    assert not ask(receiver.url).is_right


def test_a_token_in_other_base64_is_a_fault(receiver: Receiver) -> None:
    def urlsafe(token: str) -> tuple[int, dict[str, str], bytes]:
        digest = base64.b64decode(signature(token.encode()).removeprefix("sha256="))
        answer = "sha256=" + base64.urlsafe_b64encode(digest).decode().rstrip("=")
        return 200, {}, json.dumps({"response_token": answer}).encode()

    receiver.challenge_answer = urlsafe

    assert "another secret" in ask(receiver.url).problem


def test_nobody_there_is_a_transient_fault() -> None:
    outcome = ask(f"http://127.0.0.1:{free_port()}/webhook")

    assert outcome.problem == "It cannot be reached: Connection refused."
    assert outcome.is_transient


def test_an_answer_that_takes_too_long_is_a_transient_fault(receiver: Receiver) -> None:
    def slow(token: str) -> tuple[int, dict[str, str], bytes]:
        receiver.released.wait(60)
        return 200, {}, token_answer(token)

    receiver.challenge_answer = slow

    outcome = ask(receiver.url, answer_seconds=0.1)
    receiver.released.set()

    assert "in time" in outcome.problem
    assert outcome.is_transient
