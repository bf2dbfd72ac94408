"""Sign a body and post it, once."""

import os
import time
from dataclasses import dataclass

import aiohttp

from ..signing import SIGNATURE_HEADER, sign


@dataclass(frozen=True)
class Answer:
    """What became of one POST."""

    status: int | None
    """None where no answer came in time."""
    answer_ms: float
    problem: str = ""

    @property
    def is_received(self) -> bool:
        """X takes 200 alone for received: not 204, not a redirect."""
        return self.status == 200


def session(concurrency: int, answer_seconds: float) -> aiohttp.ClientSession:
    """An HTTP client that behaves like X's: kept connections, no cookies, no proxy, a short patience."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=concurrency, keepalive_timeout=30),
        timeout=aiohttp.ClientTimeout(total=answer_seconds),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": "aaa-dashboard-sandbox"},
    )


def reason(error: Exception) -> str:
    """Why a request got no answer, in the words of the operating system where it has some."""
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno)
    return str(error)[:200] or type(error).__name__


async def post(client: aiohttp.ClientSession, url: str, secret: str, body: bytes) -> Answer:
    """Sign a body and post it once. Never raises for what the other side does, and follows no redirect."""
    headers = {"Content-Type": "application/json", SIGNATURE_HEADER: sign(secret, body)}
    began = time.perf_counter()
    status, problem = None, ""
    try:
        async with client.post(url, data=body, headers=headers, allow_redirects=False) as response:
            await response.read()
            status = response.status
    except TimeoutError:
        problem = "no answer in time"
    except (aiohttp.ClientError, ValueError, OSError) as error:
        problem = reason(error)
    return Answer(status, (time.perf_counter() - began) * 1000, problem)
