"""Challenges of X that the receiver answered, written into the timelines of the webhooks they were for."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.db import close_old_connections

from aaa_dashboard.clocks import has_come

from .models import Webhook
from .timeline import Kind, note

# They are kept when the database is there: one that is later than this was answered by a clock that was ahead.
OUT_OF_ORDER = timedelta(days=1)


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
        is_newer = has_come("last_crc_at", challenge.at, OUT_OF_ORDER)
        Webhook.objects.filter(is_newer, pk=webhook.pk).update(
            last_crc_at=challenge.at, last_crc_ms=challenge.answer_ms
        )
        note(webhook, Kind.CHALLENGED, at=challenge.at, answer_ms=challenge.answer_ms)
