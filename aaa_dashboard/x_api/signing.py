"""Say who asks: the ways in which a request to X carries its credentials, always in the `Authorization` header."""

import base64
import logging
import re
from collections.abc import Iterable
from urllib.parse import quote, unquote

from requests import PreparedRequest
from requests.auth import AuthBase
from requests_oauthlib import OAuth1

from .credentials import AppCredentials, UserToken

# At DEBUG they write tokens and signatures.
for _name in ("oauthlib", "requests_oauthlib"):
    logging.getLogger(_name).setLevel(logging.INFO)

HIDDEN = "•••"
SHORTEST_SECRET = 6
_OAUTH_VALUE = re.compile(r'oauth_(?:consumer_key|token|signature|verifier|nonce)="([^"]*)"')


class HeaderAuth(AuthBase):
    """A ready `Authorization` header. As an `AuthBase`, so that no `.netrc` of the machine replaces it."""

    def __init__(self, value: str) -> None:
        self._value = value

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers["Authorization"] = self._value
        return request


def for_user(app: AppCredentials, user: UserToken, *, verifier: str | None = None) -> AuthBase:
    """OAuth 1.0a, HMAC-SHA1, for a user (RFC 5849)."""
    return OAuth1(app.consumer_key, app.consumer_secret, user.token, user.secret, verifier=verifier)


def for_nobody_yet(app: AppCredentials, callback: str) -> AuthBase:
    """OAuth 1.0a before there is a user: the first of three legs."""
    return OAuth1(app.consumer_key, app.consumer_secret, callback_uri=callback)


def is_sendable(bearer_token: str) -> bool:
    """Whether a header can carry the token; the libraries quote one that it cannot in their exceptions."""
    return re.fullmatch(r"[!-~]+", bearer_token) is not None


def by_bearer(token: str) -> AuthBase:
    """OAuth 2.0 app-only. The token is sent as X gave it: it may hold `%3D`, which must stay."""
    return HeaderAuth(f"Bearer {token}")


def by_password(app: AppCredentials) -> AuthBase:
    """Consumer key and secret, each percent-encoded (X, “POST oauth2/token”), as HTTP basic."""
    pair = f"{quote(app.consumer_key, safe='')}:{quote(app.consumer_secret, safe='')}"
    return HeaderAuth(f"Basic {base64.b64encode(pair.encode()).decode()}")


def secrets_in(authorization: str) -> set[str]:
    """Everything in an `Authorization` header that nobody may read, in each form it has there."""
    found = set(_OAUTH_VALUE.findall(authorization)) | {authorization, authorization.partition(" ")[2]}
    return found | {unquote(value) for value in found}


def hide(text: str, secrets: Iterable[str]) -> str:
    """Replace secrets in a text that came from outside: who answers may repeat what was asked."""
    once = {secret for secret in secrets if len(secret) >= SHORTEST_SECRET}
    # A signature is made over text that is encoded twice, and that text is what an explanation would quote.
    encoded = {quote(secret, safe="") for secret in once}
    forms = once | encoded | {quote(secret, safe="") for secret in encoded}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, HIDDEN)
    return text
