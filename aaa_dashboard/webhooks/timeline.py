"""What became of a webhook, line by line."""

from datetime import datetime
from typing import Any

from django.utils import timezone

from aaa_dashboard.audit import Actor

from .models import Webhook, WebhookChange
from .signals import valid_again

Kind = WebhookChange.Kind


def note(
    webhook: Webhook,
    kind: Kind,
    detail: str = "",
    *,
    by: Actor | None = None,
    at: datetime | None = None,
    answer_ms: float | None = None,
) -> None:
    """Write a line; without `by`, X or time did it; without `at`, now."""
    name = by.name[:150] if by else ""
    webhook.changes.create(kind=kind, detail=detail[:500], by=name, at=at or timezone.now(), answer_ms=answer_ms)


def set_valid(
    webhook: Webhook, valid: bool, detail: str = "", *, by: Actor | None = None, at: datetime | None = None
) -> None:
    """Keep X's word on whether a webhook is valid, and write a line when it changed. Saves the webhook.

    Two who hear it at once write one line: the row is taken by what it was before. Without `at`, it is heard now.
    """
    now = at or timezone.now()
    since: dict[str, Any]
    if valid:
        # However it became so, what was tried before is over.
        since = {"valid_since": now, "invalid_since": None, "failures": 0, "finding": ""}
    else:
        since = {"valid_since": None, "invalid_since": now}
    changed = Webhook.objects.filter(pk=webhook.pk, valid=not valid).update(valid=valid, last_checked_at=now, **since)
    if changed:
        note(webhook, Kind.VALID if valid else Kind.INVALID, detail, by=by, at=now)
    else:
        Webhook.objects.filter(pk=webhook.pk).update(last_checked_at=now)
    webhook.refresh_from_db()
    if changed and valid:
        valid_again.send(Webhook, webhook=webhook)
