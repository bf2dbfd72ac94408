"""When a webhook would have received: while it was at X with accounts on it, at an address that is ours."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from django.db.models import Count, Max, Min, Q

from aaa_dashboard.webhooks.models import Webhook, WebhookChange

from .expectation import AT_X, ENDED
from .stretches import Stretch

Kind = WebhookChange.Kind
BEGINNINGS = (Kind.REGISTERED, Kind.ADOPTED)
SAID_VALID = (*BEGINNINGS, Kind.VALID, Kind.VALIDATED, Kind.CHALLENGED)


@dataclass(frozen=True, slots=True)
class Life:
    """What the timeline of a webhook says of the time that is looked at."""

    there: Stretch | None
    """When it was at X with accounts on it; None: never."""
    changes: Sequence[WebhookChange]
    """That made it valid or invalid, oldest first; the first one may lie before."""

    def invalid(self, until: datetime) -> list[Stretch]:
        """From each time that it was found invalid to when it was valid again."""
        found: list[Stretch] = []
        since: datetime | None = None
        for change in self.changes:
            if change.kind == Kind.INVALID:
                since = since or change.at
            elif since:
                found.append(Stretch(since, change.at))
                since = None
        return [*found, Stretch(since, until)] if since else found


def read(webhook: Webhook, since: datetime, until: datetime) -> Life:
    """Read the timeline from the last change of validity before `since`."""
    of_validity = webhook.changes.filter(kind__in=(Kind.VALID, Kind.INVALID), at__lt=until)
    before = of_validity.filter(at__lt=since).order_by("-at", "-pk").first()
    after = of_validity.filter(at__gte=since).order_by("at", "pk")
    return Life(_there(webhook, until), [*([before] if before else []), *after])


def last_said_valid(webhook: Webhook, before: datetime) -> datetime | None:
    """When the timeline last knew the webhook valid: a challenge that was answered shows that X still asked."""
    valid = webhook.changes.filter(kind__in=SAID_VALID, at__lt=before)
    return valid.order_by("-at").values_list("at", flat=True).first()


def _there(webhook: Webhook, until: datetime) -> Stretch | None:
    if urlsplit(webhook.url).path.removesuffix("/") != webhook.app.receive_path:
        return None
    begun = webhook.changes.filter(kind__in=BEGINNINGS).aggregate(at=Max("at"))["at"]
    subscriptions = webhook.subscriptions.filter(state__in=(*AT_X, *ENDED)).aggregate(
        first=Min("created_at"), current=Count("pk", Q(state__in=AT_X)), last=Max("state_since")
    )
    if subscriptions["first"] is None:
        return None
    began_at = max(begun or webhook.created_at, subscriptions["first"])
    ends = [until, webhook.deleted_at, None if subscriptions["current"] else subscriptions["last"]]
    ended_at = min(end for end in ends if end)
    return Stretch(began_at, ended_at) if began_at < ended_at else None
