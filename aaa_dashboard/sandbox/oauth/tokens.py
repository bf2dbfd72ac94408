"""Make tokens and end them."""

import secrets
from datetime import timedelta

from django.db import transaction

from .. import clock
from ..models import AccessToken, App, RequestToken, Subscription, User, Webhook
from ..models.parties import Permission

REQUEST_TOKEN_LIFE = timedelta(minutes=15)
OUT_OF_BAND = "oob"


def ask(app: App, callback: str, permission: Permission) -> RequestToken:
    """Begin to ask a user."""
    RequestToken.objects.filter(created_at__lt=clock.now() - REQUEST_TOKEN_LIFE).delete()
    return RequestToken.objects.create(
        app=app,
        token=secrets.token_urlsafe(20),
        secret=secrets.token_urlsafe(24),
        callback=callback,
        permission=permission,
    )


def waiting(token: str) -> RequestToken | None:
    """The request token by that name that nobody has answered yet, unless it is too old."""
    return (
        RequestToken.objects.select_related("app__owner")
        .filter(token=token, verifier="", created_at__gte=clock.now() - REQUEST_TOKEN_LIFE)
        .first()
    )


def allow(request_token: RequestToken, user: User) -> str:
    """Note that a user allows what was asked.

    Returns:
        The verifier: for people (`oob`) a PIN of seven digits, as X has it.
    """
    out_of_band = request_token.callback == OUT_OF_BAND
    request_token.verifier = f"{secrets.randbelow(10**7):07}" if out_of_band else secrets.token_urlsafe(24)
    request_token.user = user
    request_token.save(update_fields=["verifier", "user"])
    return request_token.verifier


def exchange(request_token: RequestToken) -> AccessToken:
    """Trade an allowed request token for an access token. The request token is gone after that."""
    assert request_token.user is not None
    with transaction.atomic():
        token = grant(request_token.app, request_token.user, Permission(request_token.permission))
        request_token.delete()
    return token


def grant(app: App, user: User, permission: Permission) -> AccessToken:
    """The token of an app for a user: the same as before, or a new one when it shall allow something else."""
    token = AccessToken.objects.filter(app=app, user=user).first()
    if token and token.permission == permission:
        return token
    if token:
        token.delete()
    return AccessToken.objects.create(
        app=app,
        user=user,
        token=f"{user.x_user_id}-{secrets.token_urlsafe(30)}",
        secret=secrets.token_urlsafe(34),
        permission=permission,
    )


def revoke(app: App, user: User) -> list[Webhook]:
    """End what an app may do for a user. X ends the user's subscriptions to its webhooks with it.

    Returns:
        The webhooks to which the user was subscribed.
    """
    with transaction.atomic():
        AccessToken.objects.filter(app=app, user=user).delete()
        subscriptions = Subscription.objects.filter(webhook__app=app, user=user).select_related("webhook")
        webhooks = [subscription.webhook for subscription in subscriptions]
        subscriptions.delete()
    return webhooks


def bearer(app: App) -> str:
    """The app's bearer token, made when it is first asked for. Like X's it holds what must not be decoded once more."""
    if not app.bearer_token:
        app.bearer_token = f"AAAAAAAAAAAAAAAAAAAAA{secrets.token_urlsafe(60)}%3D"
        app.save(update_fields=["bearer_token"])
    return app.bearer_token
