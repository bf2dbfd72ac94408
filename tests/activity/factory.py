"""Rows of events, made from payloads by the product's own splitter."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from aaa_dashboard.deliveries.models import Event
from aaa_dashboard.deliveries.split import split
from aaa_dashboard.subscriptions.models import Account
from aaa_dashboard.webhooks.models import DEFAULT_SLUG, App

PAYLOADS = Path(__file__).resolve().parents[2] / "aaa_dashboard" / "sandbox" / "payloads"

ACME = "613278910244360193"
SUPPORT = "838514127360458753"
STRANGER = "187402663914528769"


def payload(name: str) -> dict[str, Any]:
    """Read `<kind>__<variant>.json`."""
    document: dict[str, Any] = json.loads((PAYLOADS / f"{name}.json").read_text(encoding="utf-8"))
    return document


def post(text: str = "Hello", *, author: str = STRANGER, for_user_id: str = SUPPORT, **more: Any) -> dict[str, Any]:
    """Make a delivery with one small post."""
    user = {"id_str": author, "name": "Mira Keller", "screen_name": "mirakeller"}
    return {"for_user_id": for_user_id, "tweet_create_events": [{"id_str": "1991461964141402118", "user": user,
            "text": text, "timestamp_ms": "1763636506482", **more}]}  # fmt: skip


def message(text: str = "My card number is 4000 1234") -> dict[str, Any]:
    """Make a delivery with one direct message to the support account."""
    return {
        "for_user_id": SUPPORT,
        "direct_message_events": [
            {
                "type": "message_create",
                "id": "1991461964141544614",
                "created_timestamp": "1763636506482",
                "message_create": {
                    "target": {"recipient_id": SUPPORT},
                    "sender_id": STRANGER,
                    "message_data": {"text": text},
                },
            }
        ],
        "users": {STRANGER: {"id": STRANGER, "name": "Mira Keller", "screen_name": "mirakeller"}},
    }


class Store:
    """Stores deliveries as events; every one is new, however often it is given."""

    def __init__(self) -> None:
        self.app, _ = App.objects.get_or_create(slug=DEFAULT_SLUG, defaults={"name": "Acme"})
        for x_user_id, screen_name in ((ACME, "acme"), (SUPPORT, "acme_support")):
            Account.objects.get_or_create(x_user_id=x_user_id, defaults={"screen_name": screen_name})

    def __call__(
        self, document: dict[str, Any] | None = None, *, received_at: datetime | None = None, **fields: Any
    ) -> Event:
        """Store a delivery (a small post where none is given) and return the last of its events."""
        moment = received_at or timezone.now()
        body = json.dumps(document or post(), ensure_ascii=False).encode("utf-8", "surrogatepass")
        events = []
        for row in split(body, moment):
            values: dict[str, Any] = {**row._asdict(), "app": self.app, "key": uuid.uuid4(), "occurred_at": moment}
            events.append(Event.objects.create(**{**values, **fields}))
        return events[-1]

    def many(self, count: int, **fields: Any) -> list[Event]:
        """Store many small posts at once, a second apart."""
        now = datetime.now(UTC)
        row = split(json.dumps(post()).encode(), now)[0]._asdict()
        del row["key"], row["received_at"], row["occurred_at"]
        return Event.objects.bulk_create(
            Event(
                app=self.app,
                key=uuid.uuid4(),
                received_at=(moment := now - timedelta(seconds=count - at)),
                occurred_at=moment,
                **{**row, **fields},
            )
            for at in range(count)
        )
