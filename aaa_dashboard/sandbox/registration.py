"""Ask a webhook the challenge (CRC), and say what its answer is worth.

Source: X, “Securing webhooks” and “Managing webhooks”: GET with `crc_token` and `nonce`, signed, to be answered within
3 s with 200 and `{"response_token": "sha256=…"}`.
"""

import secrets
import time
from dataclasses import dataclass

import aiohttp
import orjson

from .deliver import reason
from .signing import SIGNATURE_HEADER, challenge_message, is_right_answer, sign


@dataclass(frozen=True)
class Challenge:
    """How a webhook did."""

    answer_ms: float
    problem: str = ""
    """What was wrong, in words; empty when nothing was."""
    is_transient: bool = False
    """A fault that X forgives for a while (no answer, 4xx, 5xx), rather than one that invalidates at once."""

    @property
    def is_right(self) -> bool:
        return not self.problem


async def challenge(client: aiohttp.ClientSession, url: str, secret: str) -> Challenge:
    """Ask once. Never raises for what the other side does."""
    token, nonce = secrets.token_urlsafe(24), secrets.token_urlsafe(12)
    headers = {SIGNATURE_HEADER: sign(secret, challenge_message(token, nonce))}
    began = time.perf_counter()
    problem, is_transient = "", False
    try:
        query = {"crc_token": token, "nonce": nonce}
        async with client.get(url, params=query, headers=headers, allow_redirects=False) as response:
            body = await response.content.read(64 * 1024)
            problem, is_transient = _judge(response, body, secret, token)
    except TimeoutError:
        problem, is_transient = "It did not answer in time; X waits 3 s.", True
    except aiohttp.ClientConnectorCertificateError as error:
        problem = f"Its certificate does not verify: {error.certificate_error}"
    except (aiohttp.ClientError, ValueError, OSError) as error:
        problem, is_transient = f"It cannot be reached: {reason(error)}.", True
    return Challenge((time.perf_counter() - began) * 1000, problem, is_transient)


def _judge(response: aiohttp.ClientResponse, body: bytes, secret: str, token: str) -> tuple[str, bool]:
    """The problem with an answer, and whether it is transient."""
    if 300 <= response.status < 400:
        return f"It redirects ({response.status}); X follows no redirect.", False
    if response.status != 200:
        return f"It answered {response.status} instead of 200.", True
    try:
        answer = orjson.loads(body)
    except ValueError:
        return "Its answer is not JSON.", False
    if not isinstance(answer, dict) or "response_token" not in answer:
        return "Its answer has no response_token.", False
    if not is_right_answer(secret, token, answer["response_token"]):
        return "It signed the challenge with another secret: both sides need the same consumer secret.", False
    return "", False
