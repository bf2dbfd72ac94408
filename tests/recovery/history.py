"""What receivers wrote and what timelines say, for tests that look for gaps in it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from django.utils import timezone

from aaa_dashboard.deliveries import gaps
from aaa_dashboard.deliveries.models import Event, Gap, GapSearch, Refusal, TrafficMinute
from aaa_dashboard.subscriptions.models import Account, Subscription
from aaa_dashboard.webhooks.models import App, Webhook, WebhookChange

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
LONG_AGO = NOON - timedelta(days=60)
JUDGED = 15 * SECOND
"""Before now, nothing is judged yet."""


class History:
    """One app with a webhook and an account on it, and what happened to them."""

    def __init__(self) -> None:
        self.app = App.objects.create(name="First app", slug="twitter")
        self.webhook = self.add_webhook("https://acme.example/webhook/twitter")

    def add_webhook(self, url: str, *, accounts: int = 1, created_at: datetime = LONG_AGO) -> Webhook:
        number = Webhook.objects.count() + 1
        webhook = Webhook.objects.create(app=self.app, x_id=str(number), url=url, valid=True, last_checked_at=LONG_AGO)
        Webhook.objects.filter(pk=webhook.pk).update(created_at=created_at)
        for position in range(accounts):
            self.subscribe(webhook, f"{number}{position:03}", created_at)
        webhook.refresh_from_db()
        return webhook

    @staticmethod
    def subscribe(webhook: Webhook, x_user_id: str, at: datetime = LONG_AGO) -> Subscription:
        account = Account.objects.get_or_create(x_user_id=x_user_id)[0]
        state = Subscription.State.ACTIVE
        made = Subscription.objects.create(webhook=webhook, account=account, state=state, state_since=at)
        Subscription.objects.filter(pk=made.pk).update(created_at=at)
        return made

    @staticmethod
    def end(subscription: Subscription, at: datetime) -> None:
        Subscription.objects.filter(pk=subscription.pk).update(state=Subscription.State.REVOKED, state_since=at)

    def receive(
        self,
        since: datetime,
        until: datetime,
        *,
        each_minute: int = 0,
        refusals: Mapping[str, int] | None = None,
        receiver: str = "one",
    ) -> None:
        """A receiver ran; the first and the last of its minutes may be cut short."""
        minute = since.replace(second=0, microsecond=0)
        rows = []
        while minute < until:
            rows.append(
                TrafficMinute(
                    app=self.app,
                    minute=minute,
                    began_at=max(minute, since),
                    until=min(minute + MINUTE, until),
                    receiver=receiver,
                    deliveries=each_minute,
                    events=each_minute,
                    duplicates=0,
                    unsplit=0,
                    refusals=dict(refusals or {}),
                    crcs=0,
                )
            )
            minute += MINUTE
        TrafficMinute.objects.bulk_create(rows, batch_size=500)

    def refuse(self, at: datetime, reason: str = "not stored") -> None:
        """One record of a refusal, as it is kept beside the number in the minute."""
        Refusal.objects.create(
            at=at, app=self.app, method="POST", path="/", status=503, reason=reason, sender="192.0.2.1"
        )

    def store(self, at: datetime) -> Event:
        """One event that came at a moment."""
        key = f"{Event.objects.count():032x}"
        return Event.objects.create(
            app=self.app, key=key, for_user_id="1000", kind="tweet_create_events", category="posts",
            occurred_at=at, received_at=at, payload="{}",
        )  # fmt: skip

    def was_looked_at(self, until: datetime) -> None:
        """Whatever was before has been looked at."""
        GapSearch.objects.create(webhook=self.webhook, looked_until=until)

    @staticmethod
    def note(webhook: Webhook, kind: WebhookChange.Kind, at: datetime) -> None:
        """A line of the timeline, and the state that goes with it."""
        webhook.changes.create(kind=kind, at=at)
        if kind in (WebhookChange.Kind.VALID, WebhookChange.Kind.INVALID):
            valid = kind == WebhookChange.Kind.VALID
            Webhook.objects.filter(pk=webhook.pk).update(valid=valid, last_checked_at=at)


def find(now: datetime) -> list[Gap]:
    """Look for gaps, and return all there are, oldest first."""
    gaps.find(now)
    return list(Gap.objects.order_by("began_at", "webhook", "pk"))


def only(found: list[Gap]) -> Gap:
    assert len(found) == 1, found
    return found[0]


def make_gap(webhook: Webhook, state: str = Gap.State.FOUND, *, began_at: datetime = NOON, minutes: int = 20) -> Gap:
    """One that was found before."""
    ended_at = None if state == Gap.State.OPEN else began_at + minutes * MINUTE
    return Gap.objects.create(
        webhook=webhook, cause=Gap.Cause.NO_RECEIVER, began_at=began_at, ended_at=ended_at, state=state,
        state_since=timezone.now(), missing=60,
    )  # fmt: skip
