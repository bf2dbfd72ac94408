"""Delete a webhook at X, and with it all of its subscriptions."""

from contextlib import suppress

from django.db import transaction
from django.utils import timezone

from aaa_dashboard.audit import Actor, record
from aaa_dashboard.x_api import errors

from .credentials import api_of
from .models import Webhook
from .signals import ended
from .timeline import Kind, note


def delete(webhook: Webhook, *, by: Actor) -> bool:
    """Delete at X; its timeline stays here. That X has it no more is as good as deleting it.

    Returns:
        Whether it was this call that ended it, rather than somebody else at the same time.

    Raises:
        XError: X refuses; nothing changed.
    """
    with suppress(errors.WebhookNotFound):
        api_of(webhook.app).delete_webhook(webhook.x_id)
    with transaction.atomic():
        is_ours = Webhook.objects.filter(pk=webhook.pk, deleted_at=None).update(
            deleted_at=timezone.now(), valid=False, valid_since=None
        )
        if is_ours:
            note(webhook, Kind.DELETED, by=by)
            ended.send(Webhook, webhook=webhook)
            record(by, "deleted a webhook", webhook, before={"X id": webhook.x_id, "valid": webhook.valid})
    webhook.refresh_from_db()
    return bool(is_ours)
