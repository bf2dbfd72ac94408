"""Have X ask a webhook the challenge now."""

from aaa_dashboard.audit import Actor, record
from aaa_dashboard.x_api import errors

from .asking import mark_gone
from .credentials import api_of
from .models import Webhook
from .timeline import Kind, note, set_valid


def validate(webhook: Webhook, *, by: Actor) -> Webhook:
    """Have X ask the challenge; what it found is kept, whichever way it went.

    Raises:
        WebhookNotFound: X has it no more, which is kept.
        ChallengeFailed: It did not answer rightly, which is kept.
        XError: X could not be asked; nothing changed.
    """
    was_valid = webhook.valid
    try:
        api_of(webhook.app).validate_webhook(webhook.x_id)
    except errors.WebhookNotFound:
        mark_gone(webhook)
        raise
    except errors.ChallengeFailed as error:
        note(webhook, Kind.REFUSED, f"{error.failure.answer} {error.failure.meaning}", by=by)
        record(by, "validated a webhook", webhook, before={"valid": was_valid}, after={"X": error.failure.answer})
        raise
    note(webhook, Kind.VALIDATED, "X asked the challenge and took the answer.", by=by)
    set_valid(webhook, True)
    record(by, "validated a webhook", webhook, before={"valid": was_valid}, after={"valid": True})
    return webhook
