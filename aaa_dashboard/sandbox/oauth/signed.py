"""Read what signs a request, and verify it (OAuth 1.0a, RFC 5849, HMAC-SHA1).

Parameters are taken from wherever they stand: a client may put the signature into the `Authorization` header and
`oauth_callback` or `oauth_verifier` into the query, as X's own samples do. That is why oauthlib's endpoints, which want
them in one place, are not used, only its signatures.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast
from urllib.parse import parse_qsl

from django.http import HttpRequest
from oauthlib.common import Request
from oauthlib.oauth1.rfc5849 import signature, utils

from ..api.errors import Error, Refused
from ..models import App
from .nonces import WINDOW_SECONDS, Nonces

FORM = "application/x-www-form-urlencoded"
_nonces = Nonces()


@dataclass(frozen=True)
class Signed:
    """A request that says it is signed. The first four names are those that oauthlib reads."""

    uri: str
    http_method: str
    params: Sequence[tuple[str, str]]
    """Everything that is signed, decoded."""
    signature: str
    oauth: Mapping[str, str]
    """The parameters `oauth_…`, decoded."""
    app: App

    def verify(self, token: str, token_secret: str) -> None:
        """See that signature and nonce are right.

        Raises:
            Refused: They are not.
        """
        # It takes anything that has those names.
        request = cast(Request, self)
        if not signature.verify_hmac_sha1(request, self.app.consumer_secret, token_secret):
            raise Refused(Error.COULD_NOT_AUTHENTICATE)
        if not _nonces.use(self.app.consumer_key, token, self.oauth["oauth_timestamp"], self.oauth["oauth_nonce"]):
            raise Refused(Error.COULD_NOT_AUTHENTICATE)


def read(request: HttpRequest) -> Signed:
    """Find app and parameters of a signed request. Its signature is not looked at yet.

    Raises:
        Refused: It is not signed (215), is so in a wrong way or by nobody we know (32), by a suspended app (416), or at
            another time (135).
    """
    params = [
        *_of_header(request),
        *parse_qsl(request.META["QUERY_STRING"], keep_blank_values=True),
        *_of_form(request),
    ]
    oauth = dict(pair for pair in params if pair[0].startswith("oauth_"))
    if "oauth_signature" not in oauth and "oauth_consumer_key" not in oauth:
        raise Refused(Error.NO_CREDENTIALS)
    if not _is_well_formed(oauth, params):
        raise Refused(Error.COULD_NOT_AUTHENTICATE)
    app = App.objects.select_related("contract", "owner").filter(consumer_key=oauth["oauth_consumer_key"]).first()
    if app is None:
        raise Refused(Error.COULD_NOT_AUTHENTICATE)
    if app.is_suspended:
        raise Refused(Error.SUSPENDED)
    # By the machine's clock, since whoever signs has no other.
    if abs(time.time() - int(oauth["oauth_timestamp"])) > WINDOW_SECONDS:
        raise Refused(Error.TIMESTAMP)
    return Signed(
        uri=request.build_absolute_uri().partition("?")[0],
        http_method=request.method or "",
        params=[pair for pair in params if pair[0] != "oauth_signature"],
        signature=oauth["oauth_signature"],
        oauth=oauth,
        app=app,
    )


def _is_well_formed(oauth: Mapping[str, str], params: Sequence[tuple[str, str]]) -> bool:
    needed = ("consumer_key", "signature", "signature_method", "timestamp", "nonce")
    return (
        all(oauth.get(f"oauth_{name}") for name in needed)
        and oauth["oauth_signature_method"] == "HMAC-SHA1"
        and oauth.get("oauth_version", "1.0") == "1.0"
        and oauth["oauth_timestamp"].isdecimal()
        and len(oauth["oauth_timestamp"]) <= 12
        and sum(name.startswith("oauth_") for name, _ in params) == len(oauth)
    )


def _of_header(request: HttpRequest) -> list[tuple[str, str]]:
    header = request.headers.get("Authorization", "")
    if not header.lower().startswith("oauth "):
        return []
    try:
        found = utils.parse_authorization_header(header)
    except ValueError as error:
        raise Refused(Error.COULD_NOT_AUTHENTICATE) from error
    return [(name, utils.unescape(value)) for name, value in found if name != "realm"]


def _of_form(request: HttpRequest) -> list[tuple[str, str]]:
    if request.content_type != FORM:
        return []
    return _decoded(request.body.decode("utf-8", "replace"))


def _decoded(form: str) -> list[tuple[str, str]]:
    return parse_qsl(form, keep_blank_values=True)
