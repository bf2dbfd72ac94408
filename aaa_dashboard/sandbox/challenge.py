"""Ask a webhook the challenge (CRC), and say what its answer is worth.

Source: X, “Securing webhooks” and “Managing webhooks”: GET with `crc_token` and `nonce`, signed, to be answered within
3 s with 200 and `{"response_token": "sha256=…"}`.
"""

import secrets
import time
import zlib
from dataclasses import dataclass
from enum import Enum, auto

import aiohttp
import orjson

from .delivery.posting import reason
from .signing import SIGNATURE_HEADER, challenge_message, is_right_answer, sign

MAX_ANSWER_BYTES = 64 * 1024


class Fault(Enum):
    """What can be wrong with an answer, as far as X tells it apart."""

    ANSWER = auto()
    """No JSON, no token, another token, or an encoding that is not the one announced."""
    CERTIFICATE = auto()
    """TLS failed."""
    LATENCY = auto()
    """It took too long."""
    STATUS = auto()
    """Another status than 200, or no answer at all."""


@dataclass(frozen=True)
class Challenge:
    """How a webhook did."""

    answer_ms: float
    problem: str = ""
    """What was wrong, in words; empty when nothing was."""
    fault: Fault | None = None
    is_transient: bool = False
    """A fault that X forgives for a while (no answer, 4xx, 5xx), rather than one that invalidates at once."""

    @property
    def is_right(self) -> bool:
        return self.fault is None


@dataclass(frozen=True)
class _Wrong(Exception):
    problem: str
    fault: Fault
    is_transient: bool = False


async def challenge(client: aiohttp.ClientSession, url: str, secret: str) -> Challenge:
    """Ask once. Never raises for what the other side does."""
    began = time.perf_counter()
    try:
        await _ask(client, url, secret)
    except _Wrong as wrong:
        return Challenge(_since(began), wrong.problem, wrong.fault, wrong.is_transient)
    return Challenge(_since(began))


async def _ask(client: aiohttp.ClientSession, url: str, secret: str) -> None:
    token, nonce = secrets.token_urlsafe(24), secrets.token_urlsafe(12)
    headers = {SIGNATURE_HEADER: sign(secret, challenge_message(token, nonce))}
    query = {"crc_token": token, "nonce": nonce}
    try:
        async with client.get(
            url, params=query, headers=headers, allow_redirects=False, auto_decompress=False
        ) as response:
            if response.status != 200:
                raise _wrong_status(response.status)
            body = await response.content.read(MAX_ANSWER_BYTES)
            _judge(_decoded(body, response.headers.get("Content-Encoding", "")), secret, token)
    except TimeoutError as error:
        raise _Wrong("It did not answer in time; X waits 3 s.", Fault.LATENCY, is_transient=True) from error
    except (aiohttp.ClientConnectorCertificateError, aiohttp.ClientSSLError) as error:
        raise _Wrong(f"Its certificate does not verify: {reason(error)}.", Fault.CERTIFICATE) from error
    except (aiohttp.ClientError, ValueError, OSError) as error:
        raise _Wrong(f"It cannot be reached: {reason(error)}.", Fault.STATUS, is_transient=True) from error


def _decoded(body: bytes, encoding: str) -> bytes:
    """Unpack an answer as it says it is packed. What is packed without saying so will not be JSON."""
    if encoding.strip().lower() not in {"gzip", "deflate"}:
        return body
    try:
        return zlib.decompressobj(wbits=zlib.MAX_WBITS | 32).decompress(body, MAX_ANSWER_BYTES)
    except zlib.error as error:
        raise _Wrong("Its answer is not encoded as it says (Content-Encoding).", Fault.ANSWER) from error


def _wrong_status(status: int) -> _Wrong:
    if 300 <= status < 400:
        return _Wrong(f"It redirects ({status}); X follows no redirect.", Fault.STATUS)
    return _Wrong(f"It answered {status} instead of 200.", Fault.STATUS, is_transient=status >= 400)


def _judge(body: bytes, secret: str, token: str) -> None:
    try:
        answer = orjson.loads(body)
    except ValueError as error:
        raise _Wrong("Its answer is not JSON.", Fault.ANSWER) from error
    if not isinstance(answer, dict) or "response_token" not in answer:
        raise _Wrong("Its answer has no response_token.", Fault.ANSWER)
    if not is_right_answer(secret, token, answer["response_token"]):
        raise _Wrong(
            "It signed the challenge with another secret: both sides need the same consumer secret.", Fault.ANSWER
        )


def _since(began: float) -> float:
    return (time.perf_counter() - began) * 1000
