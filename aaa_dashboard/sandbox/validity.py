"""Keep an eye on every webhook: challenge it from time to time, and the one of the settings until it answers.

X leaves an invalid webhook to whoever runs it, who has it validated (PUT). For the webhook of the settings that is the
sandbox itself, unless somebody marked it invalid.
"""

import asyncio
import logging
from datetime import datetime, timedelta

import aiohttp
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import transaction

from . import clock, faults, registration, world
from .challenge import Challenge, challenge
from .delivery.posting import session
from .models import App, Webhook

logger = logging.getLogger("sandbox")

AT_ONCE = 50
SLOWEST_LOOK_SECONDS = 1.0
FASTEST_LOOK_SECONDS = 0.02


async def watch() -> None:
    """Challenge what is due until cancelled."""
    await sync_to_async(_begin)()
    look_seconds = min(settings.CHALLENGE_SECONDS, settings.REGISTER_AGAIN_SECONDS, SLOWEST_LOOK_SECONDS)
    async with session(AT_ONCE, settings.ANSWER_SECONDS) as client:
        while True:
            due = await sync_to_async(_due)()
            await asyncio.gather(*(_challenge(client, hook) for hook in due))
            await clock.sleep(max(look_seconds, FASTEST_LOOK_SECONDS))


def _begin() -> None:
    app = App.objects.get(x_app_id=world.X_APP_ID)
    if hook := world.given_webhook(app, settings.WEBHOOK_URL):
        # Whatever was so before this start is asked anew.
        hook.challenged_at = None
        hook.save(update_fields=["challenged_at"])


def _due() -> list[Webhook]:
    now = clock.now()
    return [hook for hook in Webhook.objects.select_related("app") if _is_due(hook, now)]


def _is_due(hook: Webhook, now: datetime) -> bool:
    if not hook.valid and (not hook.is_given or _is_left_to_its_owner(hook)):
        return False
    is_right = hook.valid and not hook.challenge_problem
    seconds = settings.REGISTER_AGAIN_SECONDS if hook.is_given and not is_right else settings.CHALLENGE_SECONDS
    return hook.challenged_at is None or hook.challenged_at + timedelta(seconds=seconds) <= now


def _is_left_to_its_owner(hook: Webhook) -> bool:
    return hook.challenge_problem == registration.MARKED or faults.setting("webhook_invalid") is not None


async def _challenge(client: aiohttp.ClientSession, hook: Webhook) -> None:
    outcome = registration.as_faults_have_it(await challenge(client, hook.url, hook.app.consumer_secret))
    await sync_to_async(_remember)(hook.pk, outcome)


@transaction.atomic
def _remember(pk: int, outcome: Challenge) -> None:
    """Keep what came of it, unless the webhook was deleted meanwhile."""
    hook = Webhook.objects.filter(pk=pk).first()
    if hook is None:
        return
    said = hook.challenged_at and hook.challenge_problem
    was_valid = hook.valid
    registration.remember(hook, outcome)
    if hook.is_given and hook.valid and not was_valid and not hook.subscriptions.exists():
        world.subscribe_brands(hook)
    if outcome.problem != said:
        logger.info("Webhook %s: %s", hook.url, outcome.problem or "valid.")
