"""Would X take the address of an app? Looked at from here, before X is asked.

Nothing but the installation's own address (PUBLIC_URL and the app's path) is ever fetched, over real HTTP, as X would:
with no redirect followed and no proxy between. What stands between X and us is seen only as far as it stands between
us and ourselves. Certificates are verified against the authorities of this machine, or those that `SSL_CERT_FILE` names
(OpenSSL, `SSL_CTX_set_default_verify_paths`); there is no way not to verify them.

Sources: X, “Managing webhooks”, “Securing webhooks”, and X's FAQ (“what would immediately invalidate my webhook URL”).
"""

import hmac
import os
import secrets
import socket
import ssl
import time
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from urllib.parse import SplitResult, urlsplit

import requests
from django.conf import settings

from . import certificates
from .credentials import credentials_of
from .models import SLOW_SECONDS, App

X_WAITS_SECONDS = 3.0
PATIENCE_SECONDS = 5.0
FEW_DAYS = 14
MOST_BYTES = 4096
LOOPBACK = {"127.0.0.1", "::1", "localhost"}


class Verdict(Enum):
    """What a step came to. The values are for people."""

    GOOD = "good"
    DOUBTFUL = "look at it"
    BAD = "wrong"
    SKIPPED = "not tested"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing X wants, and whether it is so."""

    name: str
    verdict: Verdict
    found: str
    mend: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """What came back of one GET."""

    status: int
    encoding: str
    location: str
    token: str
    body: bytes
    seconds: float


def preflight(app: App) -> list[Step]:
    """Go through what X wants of the app's own address, in the order in which X would stumble."""
    steps = list(_run(app))
    names = [step.name for step in steps]
    return steps + [Step(name, Verdict.SKIPPED, "The steps above come first.") for name in STEPS if name not in names]


def is_passed(steps: list[Step]) -> bool:
    """Whether X would take it, as far as can be seen."""
    return all(step.verdict in {Verdict.GOOD, Verdict.DOUBTFUL} for step in steps)


STEPS = ("Address", "Certificate", "Reached", "No redirect", "Challenge", "Answer time", "Not compressed")


def _run(app: App) -> Iterator[Step]:
    url = urlsplit(app.receive_url)
    address = _address(url)
    yield address
    if address.verdict is Verdict.BAD:
        return
    certificate = _certificate(url)
    yield certificate
    if certificate.verdict is Verdict.BAD:
        return
    try:
        answers = [_get(f"{app.receive_url}{slash}") for slash in ("", "/")]
    except requests.RequestException as error:
        yield Step("Reached", Verdict.BAD, _reason(error), "Start the receiver, and see that the proxy leads to it.")
        return
    yield from _judge(app, answers)


def _judge(app: App, answers: list[Answered]) -> Iterator[Step]:
    redirected = next((one for one in answers if 300 <= one.status < 400), None)
    wrong = next((one for one in answers if one.status != 200), None)
    if wrong and not redirected:
        yield _reached(wrong)
        return
    yield Step("Reached", Verdict.GOOD, "Somebody answers, with and without a slash at the end.")
    if redirected:
        mend = "Have the proxy hand over /webhook/… as it is: no slash added, no other host, no sign-in before it."
        yield Step("No redirect", Verdict.BAD, f"It sends X elsewhere: {redirected.status}.", mend)
        return
    yield Step("No redirect", Verdict.GOOD, "None, with and without a slash at the end.")
    yield _challenge(app, answers)
    yield _time(max(one.seconds for one in answers))
    yield _compression(answers)


def _address(url: SplitResult) -> Step:
    mend = "Set PUBLIC_URL to the https address under which the whole internet reaches this installation."
    if _for_sandbox(url):
        return Step("Address", Verdict.GOOD, "On this machine: the sandbox takes it, X would not.")
    if url.scheme != "https":
        return Step("Address", Verdict.BAD, "It is not https.", mend)
    if url.port is not None:
        return Step("Address", Verdict.BAD, f"It names a port, {url.port}; X takes none.", mend)
    if url.hostname in LOOPBACK or "." not in (url.hostname or ""):
        return Step("Address", Verdict.BAD, "X cannot reach that host.", mend)
    return Step("Address", Verdict.GOOD, "https, a public host, no port.")


def _for_sandbox(url: SplitResult) -> bool:
    api = urlsplit(settings.X_API_BASE_URL)
    return api.hostname in LOOPBACK and url.hostname in LOOPBACK


def _certificate(url: SplitResult) -> Step:
    if url.scheme != "https":
        return Step("Certificate", Verdict.GOOD, "None is needed on this machine.")
    host = url.hostname or ""
    mend = "Have the proxy serve the whole chain of a certificate for this host, and renew it by itself."
    try:
        with (
            socket.create_connection((host, url.port or 443), timeout=PATIENCE_SECONDS) as plain,
            ssl.create_default_context().wrap_socket(plain, server_hostname=host) as wrapped,
        ):
            certificate = wrapped.getpeercert() or {}
    except ssl.SSLCertVerificationError as error:
        found = f"It does not verify: {error.verify_message.rstrip('.')}."
        return Step("Certificate", Verdict.BAD, found, certificates.MENDS.get(error.verify_code, mend))
    except OSError as error:
        found = f"No TLS connection: {certificates.why_not_connected(error)}."
        return Step("Certificate", Verdict.BAD, found, "See that the proxy runs, takes port 443 and speaks TLS there.")
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), UTC)
    days = (ends - datetime.now(UTC)).days
    found = f"It verifies and has {days} day{'' if days == 1 else 's'} left."
    return Step(
        "Certificate", *((Verdict.DOUBTFUL, found, certificates.RENEW) if days < FEW_DAYS else (Verdict.GOOD, found))
    )


def _get(url: str) -> Answered:
    """Ask the challenge once. A token of our own making: random, and nothing that could be a delivery."""
    token = secrets.token_urlsafe(24)
    with requests.Session() as session:
        session.trust_env = False  # X comes through no proxy of ours
        began = time.perf_counter()
        response = session.get(
            url,
            params={"crc_token": token, "nonce": secrets.token_urlsafe(12)},
            headers={"Accept-Encoding": "gzip, deflate"},
            timeout=PATIENCE_SECONDS,
            allow_redirects=False,
            stream=True,
            verify=os.environ.get("SSL_CERT_FILE") or True,
        )
        body = response.raw.read(MOST_BYTES, decode_content=False)
        took = time.perf_counter() - began
    headers = response.headers
    encoding, location = headers.get("Content-Encoding", ""), headers.get("Location", "")
    return Answered(response.status_code, encoding, location, token, body, took)


def _reached(answer: Answered) -> Step:
    mends = {
        404: "See that the proxy leads /webhook/… to the receiver, which knows a new app after 10 s.",
        503: "The app has no consumer secret that can be read: enter it, and wait 10 s.",
    }
    mend = mends.get(answer.status, "See that the proxy leads /webhook/… to the receiver and asks for no sign-in.")
    return Step("Reached", Verdict.BAD, f"It answers {answer.status}; X wants 200.", mend)


def _challenge(app: App, answers: list[Answered]) -> Step:
    secret = credentials_of(app).consumer_secret.encode()
    for one in answers:
        digest = hmac.digest(secret, one.token.encode(), "sha256")
        expected = b'"sha256=%s"' % b64encode(digest)
        if not one.encoding and expected not in one.body:
            return Step(
                "Challenge",
                Verdict.BAD,
                "The answer is signed with another secret, or is not ours.",
                "Restart the receivers so that they know the consumer secret, and see that the proxy answers nothing "
                "by itself.",
            )
    return Step("Challenge", Verdict.GOOD, "Answered with the app’s consumer secret.")


def _time(seconds: float) -> Step:
    found = f"{seconds * 1000:,.0f} ms; X waits {X_WAITS_SECONDS:.0f} s."
    mend = "Look for a slow tunnel, a cold start or a machine without breath."
    if seconds >= X_WAITS_SECONDS:
        return Step("Answer time", Verdict.BAD, found, mend)
    return Step("Answer time", *((Verdict.DOUBTFUL, found, mend) if seconds > SLOW_SECONDS else (Verdict.GOOD, found)))


def _compression(answers: list[Answered]) -> Step:
    if encoding := next((one.encoding for one in answers if one.encoding), ""):
        mend = "Switch compression off for /webhook/… in the proxy: X is strict about it."
        return Step("Not compressed", Verdict.BAD, f"The answer comes as {encoding[:20]}.", mend)
    return Step("Not compressed", Verdict.GOOD, "Plain, although compression was offered.")


def _reason(error: requests.RequestException) -> str:
    if isinstance(error, requests.Timeout):
        return f"No answer within {PATIENCE_SECONDS:.0f} s."
    if isinstance(error, requests.exceptions.SSLError):
        return "The TLS connection failed."
    return "Nobody answers there."
