"""Who and what there is before anything happens: contract, app, pretend users, and the webhook of the settings."""

import secrets

from django.conf import settings

from . import clock
from .mint import new_id
from .models import AccessToken, App, Contract, Subscription, User, Webhook
from .models.parties import Permission
from .oauth import tokens
from .people import BRANDS, EVERYBODY

X_APP_ID = "28193746"  # as the payloads name it
ACCOUNT_NAME = "acme"


def create() -> tuple[App, AccessToken, bool]:
    """Make contract, app and users, or bring those of an earlier start up to date.

    Keys from the settings win over those of an earlier start; with neither, new ones are made.

    Returns:
        The app, its owner's token, and whether the app's secret was made just now.
    """
    contract, _ = Contract.objects.update_or_create(
        account_name=ACCOUNT_NAME,
        defaults={
            "webhooks_allowed": settings.WEBHOOKS_ALLOWED,
            "subscriptions_allowed": settings.SUBSCRIPTIONS_ALLOWED,
        },
    )
    _people()
    app = App.objects.filter(x_app_id=X_APP_ID).first() or App(name="Sandbox app", x_app_id=X_APP_ID)
    is_new = not (settings.CONSUMER_SECRET or app.consumer_secret)
    app.consumer_key = settings.CONSUMER_KEY or app.consumer_key or secrets.token_urlsafe(18)
    app.consumer_secret = settings.CONSUMER_SECRET or app.consumer_secret or secrets.token_urlsafe(36)
    app.contract, app.owner = contract, User.objects.get(x_user_id=BRANDS[0].id)
    app.callback_urls = sorted({*app.callback_urls, *settings.CALLBACK_URLS})
    app.save()
    return app, _owner_token(app), is_new


def _people() -> None:
    User.objects.bulk_create(
        [
            User(
                x_user_id=person.id,
                screen_name=person.screen_name,
                name=person.name,
                location=person.location,
                description=person.description,
                is_brand=person.is_brand,
            )
            for person in EVERYBODY
        ],
        update_conflicts=True,
        unique_fields=["screen_name"],
        update_fields=["x_user_id", "name", "location", "description", "is_brand"],
    )


def _owner_token(app: App) -> AccessToken:
    """What X's developer portal shows as “Access token and secret”."""
    assert app.owner is not None
    token = tokens.grant(app, app.owner, Permission(app.permission))
    if settings.ACCESS_TOKEN and settings.ACCESS_TOKEN_SECRET:
        token.token, token.secret = settings.ACCESS_TOKEN, settings.ACCESS_TOKEN_SECRET
        token.save()
    return token


def given_webhook(app: App, url: str) -> Webhook | None:
    """The webhook of the settings, made if need be; one of earlier settings is removed."""
    Webhook.objects.filter(app=app, is_given=True).exclude(url=url).delete()
    if not url:
        return None
    found, _ = Webhook.objects.get_or_create(
        app=app, url=url, defaults={"x_webhook_id": str(new_id(clock.now_ms())), "is_given": True}
    )
    return found


def subscribe_brands(hook: Webhook) -> None:
    """Have the activity of all brands go to a webhook."""
    Subscription.objects.bulk_create(
        [Subscription(webhook=hook, user=user) for user in User.objects.filter(is_brand=True)],
        ignore_conflicts=True,
    )
