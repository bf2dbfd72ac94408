"""Have X ask a webhook the challenge now."""

from contextlib import suppress
from datetime import datetime, timedelta

from django.utils import timezone

from aaa_dashboard.audit import Actor, record
from aaa_dashboard.x_api import errors

from .asking import ask
from .credentials import api_of
from .models import Webhook
from .timeline import Kind, note, set_valid

# One that X takes back at once is not asked for again at once.
SETTLES = timedelta(minutes=5)


def validate(webhook: Webhook, *, by: Actor) -> Webhook:
    """Have X ask the challenge because somebody wishes it; what it found is kept, whichever way it went.

    Raises:
        WebhookNotFound: X has it no more, which is kept when X's list says so too.
        ChallengeFailed: It did not answer rightly, which is kept.
        XError: X could not be asked; nothing changed.
    """
    was_valid = webhook.valid
    try:
        have_challenged(webhook, "X asked the challenge and took the answer.", by=by, now=timezone.now())
    except errors.ChallengeFailed as error:
        note(webhook, Kind.REFUSED, f"{error.failure.answer} {error.failure.meaning}", by=by)
        record(by, "validated a webhook", webhook, before={"valid": was_valid}, after={"X": error.failure.answer})
        raise
    record(by, "validated a webhook", webhook, before={"valid": was_valid}, after={"valid": True})
    return webhook


def have_challenged(webhook: Webhook, detail: str, *, by: Actor | None = None, now: datetime) -> None:
    """Have X ask the challenge, and keep it when the answer was taken.

    Args:
        webhook: Which.
        detail: For the timeline, when the answer was taken.
        by: Who wants it; None: time alone.
        now: The time.

    Raises:
        WebhookNotFound: X has it no more, which is kept when X's list says so too.
        XError: As it came; nothing is kept.
    """
    try:
        api_of(webhook.app).validate_webhook(webhook.x_id)
    except errors.WebhookNotFound:
        # A wrong address of X's API says the same: X's list has to say so as well.
        with suppress(errors.XError):
            ask(webhook.app)
        raise
    note(webhook, Kind.VALIDATED, detail, by=by, at=now)
    Webhook.objects.filter(pk=webhook.pk).update(
        validated_at=now, reviewed_at=now, failures=0, finding="", next_attempt_at=now + SETTLES
    )
    set_valid(webhook, True, at=now)
