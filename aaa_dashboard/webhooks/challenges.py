"""Challenges of X that the receiver answered, written into the timelines of the webhooks they were for."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from django.db import close_old_connections
from django.db.models import Q

from .models import Webhook
from .timeline import Kind, note


@dataclass(frozen=True, slots=True)
class Challenge:
    """One that bore X's signature; those that anybody may send are not worth a row."""

    app_id: int
    at: datetime
    answer_ms: float


def keep(challenges: Iterable[Challenge]) -> None:
    """Write challenges down. For a thread of the receiver: blocking, and it leaves no connection open.

    X does not say which webhook it asks: it is the app's whose path was asked.

    Raises:
        django.db.Error: The database is away.
    """
    close_old_connections()
    try:
        for challenge in challenges:
            _keep(challenge)
    finally:
        close_old_connections()


def _keep(challenge: Challenge) -> None:
    for webhook in Webhook.objects.filter(app=challenge.app_id, deleted_at=None).select_related("app"):
        if urlsplit(webhook.url).path.removesuffix("/") != webhook.app.receive_path:
            continue
        is_newer = Q(last_crc_at=None) | Q(last_crc_at__lt=challenge.at)
        Webhook.objects.filter(is_newer, pk=webhook.pk).update(
            last_crc_at=challenge.at, last_crc_ms=challenge.answer_ms
        )
        note(webhook, Kind.CHALLENGED, at=challenge.at, answer_ms=challenge.answer_ms)
