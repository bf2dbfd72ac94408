"""CRC requests while the receiver is busy: X calls a webhook invalid when the answer takes three seconds."""

import base64
import hmac
import http.client
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlencode

_PER_SECOND = 50


@dataclass(slots=True)
class Challenges:
    latencies: list[float] = field(default_factory=list)
    """Seconds, from when the request was due, a new connection included."""
    wrong: int = 0
    """Answers that X would have taken for a wrong secret."""


def challenge(port: int, path: str, secret: str, goes_on: Callable[[], bool]) -> Challenges:
    """Ask for CRC answers at a steady rate as long as `goes_on`."""
    challenges = Challenges()
    began = time.perf_counter()
    asked = 0
    while goes_on():
        due = began + asked / _PER_SECOND
        time.sleep(max(0.0, due - time.perf_counter()))
        token = f"bench-{asked}"
        if not _is_answered(port, path, secret, token):
            challenges.wrong += 1
        challenges.latencies.append(time.perf_counter() - due)
        asked += 1
    return challenges


def _is_answered(port: int, path: str, secret: str, token: str) -> bool:
    expected = base64.b64encode(hmac.digest(secret.encode(), token.encode(), "sha256")).decode()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", f"{path}?{urlencode({'crc_token': token, 'nonce': 'n'})}")
        response = connection.getresponse()
        answer = response.read()
    except OSError:
        return False
    finally:
        connection.close()
    return response.status == 200 and json.loads(answer) == {"response_token": f"sha256={expected}"}
