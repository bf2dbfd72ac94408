"""Signatures against values that were computed with OpenSSL: `openssl dgst -sha256 -hmac 'first secret' -binary`."""

import pytest

from aaa_dashboard.deliveries.signature import crc_answer, is_safe_token, is_signed, is_signed_challenge, sign

BODY = b'{"for_user_id":"1"}'
FIRST = b"sha256=tYY9fZJfTcGsLOEG3IOy70bhAqWh3tmycXGpxgVMyRI="
SECOND = b"sha256=fdD/iz0o/AnwPSIFfItbEkSGqFJoYuDHLQT4of+fGLw="
SECRETS = (b"first secret", b"second secret")


def test_a_body_is_signed_as_x_signs_it() -> None:
    assert sign(BODY, b"first secret") == FIRST


@pytest.mark.parametrize("header", [FIRST, SECOND])
def test_either_secret_of_an_app_is_accepted(header: bytes) -> None:
    assert is_signed(BODY, header, SECRETS)


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"sha256=",
        FIRST.removeprefix(b"sha256="),
        FIRST.replace(b"sha256", b"sha1"),
        FIRST[:-1],
        FIRST + b"=",
        FIRST.swapcase(),
        b"sha256=\xff\xfe",
        SECOND.replace(b"f", b"g"),
    ],
)
def test_anything_else_in_the_header_is_refused(header: bytes) -> None:
    assert not is_signed(BODY, header, SECRETS)


def test_one_byte_more_in_the_body_breaks_the_signature() -> None:
    assert not is_signed(BODY + b" ", FIRST, SECRETS)


def test_without_a_secret_nothing_is_signed() -> None:
    assert not is_signed(BODY, FIRST, ())


def test_the_answer_to_a_challenge_is_the_one_x_expects() -> None:
    assert crc_answer("challenge-token", b"first secret") == "sha256=NH3EfCIq25JRnUFGF86EXrudBiYNk7nyNvuLyJiTHGc="


def test_a_challenge_signed_over_token_and_nonce_is_recognised() -> None:
    header = b"sha256=7qEFCe37xO/ldJb2axHAsFiLfh25NZO/SgfM0XZgAWM="
    candidates = (b"something else", b"crc_token=challenge-token&nonce=n-1")
    assert is_signed_challenge(candidates, header, SECRETS)
    assert not is_signed_challenge(candidates[:1], header, SECRETS)


@pytest.mark.parametrize("token", ["challenge-token", "MWMzMTQ1=/+", "a" * 256, "ä"])
def test_a_token_of_x_may_be_signed(token: str) -> None:
    assert is_safe_token(token)


@pytest.mark.parametrize(
    "token", ["", "a" * 257, '{"for_user_id":"1"}', "[", "]", "}", 'say "hi"', "line\nbreak", "\x00", "\x7f", "\x85"]
)
def test_a_token_that_could_be_a_body_is_not_signed(token: str) -> None:
    assert not is_safe_token(token)
