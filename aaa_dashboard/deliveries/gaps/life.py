"""When a webhook would have received: while it was at X with accounts on it, at an address that is ours."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from django.db.models import Count, Exists, Max, Min, OuterRef, Q

from aaa_dashboard.subscriptions.models import Subscription
from aaa_dashboard.webhooks.models import Webhook, WebhookChange

from ..models import Gap
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
    gone: Stretch | None
    """When X did not have it, nobody here had deleted it, and none of its accounts was at X elsewhere."""

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
    changes = [*([before] if before else []), *after]
    return Life(_there(webhook, until), changes, _gone(webhook, since, until) if _is_ours(webhook) else None)


def last_said_valid(webhook: Webhook, before: datetime) -> datetime | None:
    """When the timeline last knew the webhook valid: a challenge that was answered shows that X still asked."""
    valid = webhook.changes.filter(kind__in=SAID_VALID, at__lt=before)
    return valid.order_by("-at").values_list("at", flat=True).first()


def _is_ours(webhook: Webhook) -> bool:
    return urlsplit(webhook.url).path.removesuffix("/") == webhook.app.receive_path


def _there(webhook: Webhook, until: datetime) -> Stretch | None:
    if not _is_ours(webhook):
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


def _gone(webhook: Webhook, since: datetime, until: datetime) -> Stretch | None:
    """The last time that X did not have it, when that reaches into what is looked at."""
    lines = webhook.changes.filter(kind=Kind.GONE, at__lt=until).order_by("-at")
    gone_at = lines.values_list("at", flat=True).first()
    if gone_at is None:
        return None
    known = webhook.gaps.filter(cause=Gap.Cause.GONE).order_by("-began_at").first()
    goes_on = known is not None and known.ended_at is None
    # What was over once is: what its accounts do afterwards does not begin it anew.
    settled_at = known.ended_at if known and known.ended_at and known.ended_at > gone_at else None
    ended_at = settled_at or _back_at(webhook, gone_at, until)
    return Stretch(gone_at, ended_at) if gone_at < ended_at and (goes_on or since < ended_at) else None


def _back_at(webhook: Webhook, gone_at: datetime, until: datetime) -> datetime:
    """When the first of its accounts was at X again, or the last was given up; when it went, if none was lost."""
    at_x = Subscription.objects.filter(webhook__app=webhook.app_id, webhook__deleted_at=None, state__in=AT_X)
    elsewhere = at_x.filter(account=OuterRef("account"), state_since__lt=gone_at)
    lost = webhook.subscriptions.filter(
        ~Exists(elsewhere), state__in=(*AT_X, *ENDED), created_at__lt=gone_at, state_since__gte=gone_at
    )
    waits = Q(state__in=(*AT_X, Subscription.State.MISSING))
    ended = lost.aggregate(waiting=Count("pk", waits), last=Max("state_since"))
    if not ended["waiting"]:
        return ended["last"] or gone_at
    back = at_x.filter(account__in=lost.values("account"), state_since__gt=gone_at).aggregate(at=Min("state_since"))
    return min(back["at"] or until, until)
