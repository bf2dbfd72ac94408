"""Who and what there is before anything happens: the app, the pretend users, the webhook and its subscriptions."""

import secrets
import time

from django.conf import settings
from django.utils import timezone

from .mint import new_id
from .models import App, Subscription, User, Webhook
from .people import EVERYBODY
from .registration import Challenge

X_APP_ID = "28193746"  # as the payloads name it


def create() -> tuple[App, bool]:
    """Make the app and the users, or bring those of an earlier start up to date.

    Keys from the settings win over those of an earlier start; with neither, new ones are made.

    Returns:
        The app, and whether its secret was made just now.
    """
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
    app = App.objects.filter(x_app_id=X_APP_ID).first() or App(name="Sandbox app", x_app_id=X_APP_ID)
    is_new = not (settings.CONSUMER_SECRET or app.consumer_secret)
    app.consumer_key = settings.CONSUMER_KEY or app.consumer_key or secrets.token_urlsafe(18)
    app.consumer_secret = settings.CONSUMER_SECRET or app.consumer_secret or secrets.token_urlsafe(36)
    app.save()
    return app, is_new


def webhook(app: App, url: str) -> Webhook:
    """The webhook with that URL, made if need be. The app's others are removed: the sandbox keeps one."""
    Webhook.objects.filter(app=app).exclude(url=url).delete()
    found, _ = Webhook.objects.get_or_create(
        app=app, url=url, defaults={"x_webhook_id": str(new_id(time.time_ns() // 1_000_000))}
    )
    return found


def remember(hook: Webhook, outcome: Challenge) -> bool:
    """Keep what a challenge said; a right answer subscribes the brand accounts.

    Returns:
        Whether the webhook is valid now. A transient fault leaves it as it was.
    """
    hook.challenged_at, hook.challenge_ms = timezone.now(), outcome.answer_ms
    hook.challenge_problem = outcome.problem[:300]
    if not outcome.is_transient:
        hook.valid = outcome.is_right
    hook.save()
    if outcome.is_right:
        Subscription.objects.bulk_create(
            [Subscription(webhook=hook, user=user) for user in User.objects.filter(is_brand=True)],
            ignore_conflicts=True,
        )
    return hook.valid
