"""Signatures, held to literal values that OpenSSL made: `openssl dgst -sha256 -hmac … -binary | base64`."""

import pytest

from aaa_dashboard.sandbox.signing import challenge_message, is_right_answer, sign

pytestmark = pytest.mark.any_database

SECRET = "the-consumer-secret"


def test_it_signs_a_body_as_x_does() -> None:
    body = b'{"for_user_id":"613278910244360192"}'

    assert sign(SECRET, body) == "sha256=XbS7BQaZ+vmqMlQpfZSe3MrmeWY3eooh9jNtvoJAdKo="


def test_it_signs_the_challenge_with_its_nonce() -> None:
    message = challenge_message("tok", "non")

    assert message == b"crc_token=tok&nonce=non"
    assert sign(SECRET, message) == "sha256=Gp5pf0SLHd2D/WGyFPs90L1VKZHGNWlDrbX6Q/SUgRU="


def test_it_knows_the_right_answer_to_a_challenge() -> None:
    assert is_right_answer(SECRET, "tok", "sha256=u5OIXcKTNm7ELRQZkP/mMzet4FUXmFERMMpcEcBa0j4=")


@pytest.mark.parametrize("answer", ["u5OIXcKTNm7ELRQZkP/mMzet4FUXmFERMMpcEcBa0j4=", "sha256=", "", None, 7, "sha256=é"])
def test_it_takes_nothing_else_for_right(answer: object) -> None:
    assert not is_right_answer(SECRET, "tok", answer)
