"""Register and validate webhooks: challenge them, and keep what came of it."""

from dataclasses import replace
from datetime import timedelta

from asgiref.sync import async_to_sync
from django.conf import settings
from django.db import transaction

from . import clock, faults
from .challenge import Challenge, Fault, challenge
from .delivery.posting import session
from .mint import new_id
from .models import App, Webhook

# Faults that X forgives invalidate a webhook as well when they go on for so long.
PATIENCE = timedelta(hours=28)


MARKED = "It was marked invalid; its owner has it validated (PUT)."
"""The problem that no challenge mends which the owner did not ask for."""


def challenge_now(url: str, secret: str) -> Challenge:
    """Ask once, from a thread."""

    async def once() -> Challenge:
        async with session(1, settings.ANSWER_SECONDS) as client:
            return await challenge(client, url, secret)

    return as_faults_have_it(async_to_sync(once)())


def as_faults_have_it(outcome: Challenge) -> Challenge:
    """A right answer counts for nothing while “Webhooks are invalid” is on."""
    if outcome.is_right and faults.setting("webhook_invalid"):
        return replace(
            outcome, problem="Its answer was right; the fault “Webhooks are invalid” is on.", fault=Fault.STATUS
        )
    return outcome


def validate(hook: Webhook) -> Challenge:
    """Ask a webhook that is registered, from a thread, and keep what came of it."""
    outcome = challenge_now(hook.url, hook.app.consumer_secret)
    with transaction.atomic():
        # It took its time: the webhook may have changed meanwhile, or be gone.
        kept = Webhook.objects.filter(pk=hook.pk).first()
        if kept:
            remember(kept, outcome)
    hook.valid = kept is not None and kept.valid
    return outcome


def keep(app: App, url: str, outcome: Challenge) -> Webhook:
    """Register an address that was challenged."""
    hook = Webhook(app=app, url=url, x_webhook_id=str(new_id(clock.now_ms())))
    remember(hook, outcome)
    return hook


def remember(hook: Webhook, outcome: Challenge) -> None:
    """Keep what a challenge said, and what follows for the webhook: a transient fault alone leaves it as it was.

    Args:
        hook: As it is in the database now; it is saved.
        outcome: What the challenge said.
    """
    now = clock.now()
    hook.challenged_at, hook.challenge_ms = now, outcome.answer_ms
    hook.challenge_problem = outcome.problem[:300]
    hook.failing_since = None if outcome.is_right else hook.failing_since or now
    is_forgiven = outcome.is_transient and hook.failing_since is not None and now - hook.failing_since < PATIENCE
    if outcome.is_right:
        set_valid(hook, True)
    elif not is_forgiven:
        set_valid(hook, False)
    hook.save()


def set_valid(hook: Webhook, valid: bool) -> None:
    """Mark a webhook. It is not saved."""
    if valid:
        hook.invalid_since = None
    elif hook.valid or hook.invalid_since is None:
        hook.invalid_since = clock.now()
    hook.valid = valid
