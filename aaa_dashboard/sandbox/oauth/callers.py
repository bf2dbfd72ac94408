"""Who stands behind a request: an app for a user (OAuth 1.0a), or an app alone (bearer token)."""

import base64
import hmac
from dataclasses import dataclass
from urllib.parse import unquote

from django.http import HttpRequest

from ..api.errors import Error, Refused
from ..models import AccessToken, App, User
from ..models.parties import Permission
from . import signed


@dataclass(frozen=True)
class Caller:
    """An app, and the user it acts for."""

    app: App
    token: AccessToken | None = None

    @property
    def user(self) -> User:
        """Whom the app acts for. Only where the door lets nobody in without."""
        assert self.token is not None
        return self.token.user

    @property
    def is_foreign(self) -> bool:
        """Whether the token was given to another app."""
        return self.token is not None and self.token.app_id != self.app.pk

    @property
    def permission(self) -> Permission:
        return Permission(self.token.permission if self.token else self.app.permission)

    @property
    def limited_as(self) -> tuple[str, int]:
        """What its requests are counted by: the token of a user, or the app."""
        return ("token", self.token.pk) if self.token else ("app", self.app.pk)


def find(request: HttpRequest) -> Caller:
    """Say who asks.

    Raises:
        Refused: Nobody can tell, or it is somebody who may not ask anything.
    """
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return _of_bearer(credentials.strip())
    return _of_signature(signed.read(request))


def _of_bearer(token: str) -> Caller:
    app = App.objects.select_related("contract", "owner").filter(bearer_token=token).first() if token else None
    if app is None:
        raise Refused(Error.NO_ACCESS)
    if app.is_suspended:
        raise Refused(Error.SUSPENDED)
    return Caller(app)


def _of_signature(said: signed.Signed) -> Caller:
    name = said.oauth.get("oauth_token", "")
    token = AccessToken.objects.select_related("user", "app").filter(token=name).first() if name else None
    if not name:
        raise Refused(Error.COULD_NOT_AUTHENTICATE)
    if token is None:
        raise Refused(Error.INVALID_TOKEN)
    said.verify(name, token.secret)
    return Caller(said.app, token)


def app_by_password(request: HttpRequest) -> App:
    """The app whose consumer key and secret a request presents as name and password (HTTP basic).

    Raises:
        Refused: There are none, or they are wrong.
    """
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    try:
        name, _, password = base64.b64decode(credentials, validate=True).decode().partition(":")
    except ValueError:
        name = password = ""
    # X wants both percent-encoded (RFC 1738); its keys look the same either way.
    app = App.objects.filter(consumer_key=unquote(name)).first() if scheme.lower() == "basic" else None
    if app is None or not hmac.compare_digest(app.consumer_secret.encode(), unquote(password).encode()):
        raise Refused(Error.WRONG_CREDENTIALS)
    if app.is_suspended:
        raise Refused(Error.SUSPENDED)
    return app
