"""Send one call to X and bring back its answer, or say why not: in turn, with time-outs, again where that is safe."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from urllib.parse import quote, urlencode, urlsplit

import requests
import structlog
import urllib3
from requests.auth import AuthBase

from . import answers, bearer_tokens, errors, known_errors, network, rate_limits, retries, signing
from .answers import Answer
from .bearer_tokens import Bearers
from .credentials import AppCredentials, fingerprint
from .endpoints import FETCH_BEARER_TOKEN, Endpoint
from .errors import XError
from .known_errors.unasked import Unasked
from .rate_limits import Limits

USER_AGENT = f"aaa-dashboard {requests.utils.default_user_agent()}"
PATIENCE_SECONDS = 10.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call, ready to be sent as often as needed."""

    endpoint: Endpoint
    auth: AuthBase = field(repr=False)
    subject: str
    """Fingerprint of whom X counts the call for."""
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] | None = field(default=None, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)


class Transport:
    """The way to X for one app. For one thread: what is shared is the memory of limits and tokens.

    Args:
        app: Who asks.
        base_url: Where X's API is: `https://api.twitter.com`.
        patience_seconds: How long one call may wait for limits and retries, all in all.
        limits: What is known of limits.
        bearers: Where fetched bearer tokens are kept.
        pause: Waits so many seconds.

    Raises:
        ValueError: `base_url` is no address.
    """

    def __init__(
        self,
        app: AppCredentials,
        *,
        base_url: str,
        patience_seconds: float = PATIENCE_SECONDS,
        limits: Limits = rate_limits.shared,
        bearers: Bearers = bearer_tokens.shared,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("X_API_BASE_URL is not an address: write https://api.twitter.com")
        self.app = app
        self.base_url = base_url.rstrip("/")
        self._patience_seconds = patience_seconds
        self._limits, self._bearers, self._pause = limits, bearers, pause
        self._session = requests.Session()
        self._session.headers.update({"User-Agent": USER_AGENT, "Accept": "application/json"})
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    def send(self, call: Call) -> Answer:
        """Send a call, again if need be.

        Raises:
            XError: X refused, or could not be asked.
        """
        waited, is_unsure = 0.0, False
        for attempts in range(1, retries.MAX_ATTEMPTS + 1):
            try:
                waited += self._await_turn(call)
                return self._send_once(call)
            except XError as error:
                error.follows_unsure = is_unsure
                delay = retries.delay_seconds(error, call.endpoint, attempts)
                if delay is None or waited + delay > self._patience_seconds:
                    raise
                is_unsure |= not isinstance(error, errors.RateLimited | errors.Unreachable)
                self._pause(delay)
                waited += delay
        raise AssertionError("the last attempt ends the loop")

    def send_as_app(self, endpoint: Endpoint, path: str, query: Mapping[str, str] | None = None) -> Answer:
        """Send a call with the app's bearer token; a missing one is fetched, a wrong one fetched anew, once.

        Raises:
            XError: X refused, or could not be asked.
        """
        token = self._bearers.get(self.base_url, self.app)
        if not signing.is_sendable(token):
            return self.send(self._bearer_call(endpoint, path, query, self.fetch_bearer_token()))
        try:
            return self.send(self._bearer_call(endpoint, path, query, token))
        except errors.BearerTokenRejected:
            fresh = self.fetch_bearer_token()
            if fresh == token:
                raise
        return self.send(self._bearer_call(endpoint, path, query, fresh))

    def fetch_bearer_token(self) -> str:
        """`POST /oauth2/token`, and remember the token.

        Raises:
            XError: X refused, or could not be asked.
        """
        self.require_consumer_keys(FETCH_BEARER_TOKEN)
        answer = self.send(
            Call(
                endpoint=FETCH_BEARER_TOKEN,
                auth=signing.by_password(self.app),
                subject=fingerprint(self.app.consumer_key),
                path=FETCH_BEARER_TOKEN.path,
                form={"grant_type": "client_credentials"},
                secrets=self.app.secrets(),
            )
        )
        token = answers.text_in(answer, "access_token")
        if not signing.is_sendable(token):
            raise known_errors.explain_unasked(FETCH_BEARER_TOKEN, Unasked.UNREADABLE, status=answer.status)
        self._bearers.put(self.base_url, self.app, token)
        return token

    def require_consumer_keys(self, endpoint: Endpoint) -> None:
        """See that the app has keys.

        Raises:
            MissingCredentials: It has not.
        """
        if not (self.app.consumer_key and self.app.consumer_secret):
            raise known_errors.explain_unasked(endpoint, Unasked.NO_CONSUMER_KEYS)

    def _bearer_call(self, endpoint: Endpoint, path: str, query: Mapping[str, str] | None, token: str) -> Call:
        return Call(
            endpoint=endpoint,
            auth=signing.by_bearer(token),
            subject=fingerprint(self.app.consumer_key),
            path=path,
            query=query or {},
            secrets=(*self.app.secrets(), token),
        )

    def _await_turn(self, call: Call) -> float:
        """Wait until the endpoint may be asked; say for how long that was."""
        until = self._limits.used_up_until(call.endpoint, call.subject)
        if until is not None:
            raise known_errors.explain_unasked(call.endpoint, Unasked.LIMIT_REACHED, resets_at=until)
        turn = self._limits.take_turn(call.endpoint, call.subject)
        if turn:
            self._pause(turn)
        return turn

    def _send_once(self, call: Call) -> Answer:
        began_at = time.monotonic()
        query = f"?{urlencode(call.query, quote_via=quote, safe='')}" if call.query else ""
        request = self._session.prepare_request(
            requests.Request(call.endpoint.method, f"{self.base_url}{call.path}{query}", data=call.form, auth=call.auth)
        )
        try:
            answer = self._exchange(request)
        except (requests.RequestException, urllib3.exceptions.HTTPError, answers.TooMuch) as error:
            what, words = network.what_happened(error, is_repeatable=call.endpoint.is_repeatable)
            log.warning("no answer from X", call=call.endpoint.intent, by=call.subject, because=words)
            failed = known_errors.explain_unasked(call.endpoint, what, said=words)
        else:
            self._limits.note(call.endpoint, call.subject, answer.headers)
            self._log(call, answer, time.monotonic() - began_at)
            if answer.is_success:
                return answer
            failed = _failure(call, answer, signing.secrets_in(str(request.headers.get("Authorization", ""))))
        # Outside of the handler: the library's exception holds the request, and with it what signs it.
        raise failed

    def _exchange(self, request: requests.PreparedRequest) -> Answer:
        options = self._session.merge_environment_settings(request.url or "", {}, True, None, None)
        with self._session.send(
            request, timeout=(network.CONNECT_SECONDS, network.READ_SECONDS), allow_redirects=False, **options
        ) as response:
            return answers.read(response)

    @staticmethod
    def _log(call: Call, answer: Answer, seconds: float) -> None:
        log.info(
            "asked X",
            call=call.endpoint.intent,
            by=call.subject,
            status=answer.status,
            milliseconds=round(seconds * 1000),
        )


def _failure(call: Call, answer: Answer, in_header: set[str]) -> XError:
    """What X's refusal means: the first of its errors that is known, else the first."""
    if 300 <= answer.status < 400:
        return known_errors.explain_unasked(call.endpoint, Unasked.REDIRECTED, status=answer.status)
    secrets = {*call.secrets, *in_header}
    said = [(code, answers.line(signing.hide(message, secrets))) for code, message in answer.errors()]
    found = [
        known_errors.explain(
            call.endpoint,
            status=answer.status,
            code=code,
            said=message,
            resets_at=rate_limits.resets_at(answer.headers),
        )
        for code, message in said
    ]
    return next((one for one in found if not isinstance(one, errors.UnknownAnswer)), found[0])
