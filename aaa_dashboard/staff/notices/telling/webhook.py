"""Telling by POST to a URL: JSON whose `text` chats such as Slack show, signed for programs of one's own.

What the other side checks: `X-AAA-Signature` is `sha256=` and the hexadecimal HMAC-SHA256, with the channel's secret,
of `X-AAA-Timestamp`, a full stop, and the body as it came; the timestamp is not older than some minutes;
`X-AAA-Delivery` was not seen before.
"""

import hashlib
import hmac
import html
import time
from datetime import datetime

import orjson
import requests

from .outcome import Outcome
from .wording import Letter

CONNECT_SECONDS, READ_SECONDS = 5.0, 10.0


def post(url: str, secret: str, letter: Letter, *, delivery: str, now: datetime) -> Outcome:
    """Post a letter. Never raises: what goes wrong is the outcome.

    Args:
        url: Where to; the secret of a chat is part of it.
        secret: Signs it.
        letter: What to say.
        delivery: The same for the same piece.
        now: When it is signed.
    """
    body = body_of(letter, now)
    timestamp = str(int(now.timestamp()))
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "aaa-dashboard",
        "X-AAA-Delivery": delivery,
        "X-AAA-Timestamp": timestamp,
        "X-AAA-Signature": signature(secret, timestamp, body),
    }
    started = time.perf_counter()
    try:
        # Streamed: of the answer the status is read, and not a body that never ends.
        with requests.post(
            url,
            data=body,
            headers=headers,
            timeout=(CONNECT_SECONDS, READ_SECONDS),
            allow_redirects=False,
            stream=True,
            auth=_no_auth,
        ) as answer:
            status = answer.status_code
    except (requests.RequestException, OSError, ValueError) as error:
        return _no_answer(error)
    if 200 <= status < 300:
        return Outcome(True, f"{status} in {(time.perf_counter() - started) * 1000:.0f} ms")
    return Outcome(False, f"The address answered {status}.", _remedy(status))


def body_of(letter: Letter, now: datetime) -> bytes:
    """What is posted."""
    return orjson.dumps(
        {
            # Chats read < and > as their own marks: “<!channel>” in a name would wake everybody.
            "text": html.escape(_text(letter).strip(), quote=False),
            "link": letter.link,
            "sent_at": now.isoformat(),
            "test": not letter.notices,
            "notices": letter.notices,
        }
    )


def _text(letter: Letter) -> str:
    """What chats show: the subject is the first line of the body, which is not said twice."""
    if not letter.notices:
        return letter.body
    first, _, rest = letter.body.partition("\n")
    return f"*{letter.subject}*\n{rest if letter.subject.startswith(first) else letter.body}"


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Sign a body together with when it was sent, so that what was overheard is of no use later."""
    digest = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return f"sha256={digest}"


def _no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keep requests from sending what a `.netrc` on this machine has for the host."""
    return request


def _remedy(status: int) -> str:
    if 300 <= status < 400:
        return "It sends elsewhere, and we do not follow: enter the address that it leads to."
    if status in {401, 403}:
        return "It wants to know who sends: compare its address, and the secret if it checks signatures."
    if status in {404, 410}:
        return "Nothing is there any more: make a new address in your chat or program, and enter it here."
    if status == 429:
        return "It takes no more for now. It is tried again later."
    if status >= 500:
        return "The program there has trouble; its log says why. It is tried again later."
    return "It does not take what we send; its log says why."


def _no_answer(error: Exception) -> Outcome:
    """Say why there is no answer in our words: those of the library name the address, which holds a secret."""
    words = str(error).lower()
    for kind, sign, said, remedy in _KNOWN:
        if isinstance(error, kind) and sign in words:
            return Outcome(False, said, remedy)
    return Outcome(False, "The connection broke.", "See whether the program there is running.")


# Kind of the error, a word that it must hold, what happened, what to do. The first that fits.
_KNOWN: tuple[tuple[type[Exception], str, str, str], ...] = (
    (
        requests.exceptions.SSLError,
        "certificate",
        "The certificate of the address does not verify.",
        "Have it renewed, or its chain mended.",
    ),
    (requests.exceptions.SSLError, "", "The address speaks no TLS.", "Correct the address and its port."),
    (requests.exceptions.ProxyError, "", "The proxy does not let us through.", "Allow the address in the proxy."),
    (
        requests.exceptions.ConnectTimeout,
        "",
        f"No connection within {CONNECT_SECONDS:g} s.",
        "See whether a firewall is in between.",
    ),
    (
        requests.Timeout,
        "",
        f"No answer within {READ_SECONDS:g} s.",
        "Have the program answer first and do its work then.",
    ),
    (requests.ConnectionError, "resolve", "The name of the host is not known.", "Correct the address."),
    (
        requests.ConnectionError,
        "refused",
        "Nobody answers at that port.",
        "Start the program there, or correct the address.",
    ),
)
