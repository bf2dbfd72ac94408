"""An app's keys and tokens, and the way to ask X for it."""

from django.conf import settings

from aaa_dashboard.x_api.credentials import AppCredentials, UserToken
from aaa_dashboard.x_api.interface import XApi, connect
from aaa_dashboard.x_api.transport import PATIENCE_SECONDS

from . import bearer_tokens, limits
from .models import App


def credentials_of(app: App) -> AppCredentials:
    """Keys and tokens of an app. For the first app, what the environment says wins over what is stored."""
    key, secret = app.consumer_key, app.consumer_secret
    if app.is_default and settings.X_CONSUMER_KEY and settings.X_CONSUMER_SECRET:
        key, secret = settings.X_CONSUMER_KEY, settings.X_CONSUMER_SECRET
    token, token_secret = app.access_token, app.access_token_secret
    if app.is_default and settings.X_ACCESS_TOKEN and settings.X_ACCESS_TOKEN_SECRET:
        token, token_secret = settings.X_ACCESS_TOKEN, settings.X_ACCESS_TOKEN_SECRET
    bearer = (settings.X_BEARER_TOKEN if app.is_default else "") or app.bearer_token
    owner = UserToken(token, token_secret) if token and token_secret else None
    return AppCredentials(key, secret, owner, bearer)


def api_of(app: App, *, patience_seconds: float = PATIENCE_SECONDS) -> XApi:
    """The way to ask X for an app. Nothing is sent yet.

    Args:
        app: The app.
        patience_seconds: How long one call may wait for limits and retries, beyond the time X takes to answer.

    Raises:
        ValueError: The app is on a generation of X's API that is not supported.
    """
    return connect(
        credentials_of(app),
        app.api_version,
        patience_seconds=patience_seconds,
        limits=limits.shared,
        bearers=bearer_tokens.shared,
    )
