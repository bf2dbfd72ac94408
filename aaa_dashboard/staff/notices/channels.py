"""Where notices are sent: making, changing and testing it, each written down."""

import secrets
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction

from aaa_dashboard.audit import Actor, Facts, record

from . import outbox, telling
from .models import Channel, Severity


def save(channel: Channel, *, by: Actor) -> str:
    """Keep a new or changed channel.

    Returns:
        The secret that signs what is posted, when it was made just now; it is not shown again. Else nothing.
    """
    is_new, secret = channel.pk is None, ""
    before = {} if is_new else facts(Channel.objects.get(pk=channel.pk))
    if channel.kind == Channel.Kind.WEBHOOK and not channel.secret:
        secret = channel.secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        channel.save()
        if not channel.enabled:
            outbox.forget(channel)
        action = "added a channel of notices" if is_new else "changed a channel of notices"
        record(by, action, channel, before=before, after=facts(channel))
    return secret


def renew_secret(channel: Channel, *, by: Actor) -> str:
    """Make a new secret; the old one signs nothing more. Returns it, for this once."""
    channel.secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        channel.save(update_fields=["secret"])
        record(by, "renewed the secret of a channel", channel)
    return channel.secret


def remove(channel: Channel, *, by: Actor) -> None:
    """Send nothing there any more, and forget what was sent."""
    with transaction.atomic():
        record(by, "removed a channel of notices", channel, before=facts(channel))
        channel.delete()


def test(channel: Channel, *, by: Actor, now: datetime) -> telling.Outcome:
    """Send a test at once, and keep what came of it where the channel is shown."""
    outcome = telling.test(channel, by=by.name, delivery=f"test-{secrets.token_hex(8)}", now=now)
    if outcome.is_delivered:
        Channel.objects.filter(pk=channel.pk).update(told_at=now, failing_since=None, error="")
        outbox.retry_now(channel, now)
    record(by, "tested a channel of notices", channel, after={"delivered": outcome.is_delivered})
    return outcome


def reached() -> tuple[int, int]:
    """Count the channels that are switched on: those that take what is sent, and those that do not."""
    rows = Channel.objects.filter(enabled=True).values_list("kind", "failing_since")
    well = [not failing_since and (kind != Channel.Kind.EMAIL or settings.EMAIL_IS_SET) for kind, failing_since in rows]
    return sum(well), len(well) - sum(well)


def where(channel: Channel) -> str:
    """Say where a channel leads without the secret that the address of a chat holds."""
    if channel.kind == Channel.Kind.EMAIL:
        return channel.address
    parts = urlsplit(channel.address)
    return f"{parts.scheme}://{parts.netloc}/…" if parts.path.strip("/") or parts.query else channel.address


def facts(channel: Channel) -> Facts:
    """What the audit keeps of a channel."""
    return {
        "kind": channel.kind,
        "name": channel.name,
        "where": where(channel),
        "tells": Severity(channel.least).label,
        "enabled": channel.enabled,
    }
