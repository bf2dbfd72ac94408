"""What the pages about gaps show."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from django.urls import reverse

from aaa_dashboard.deliveries.gaps import REPLAY_WINDOW
from aaa_dashboard.deliveries.models import Gap, GapSearch, TrafficMinute
from aaa_dashboard.deliveries.traffic import MINUTE

State = Gap.State
PAGE = 50
MOST_CURRENT = 100
CURRENT = (State.OPEN, State.FOUND, State.RECOVERING)
TO_RECOVER = (State.FOUND, State.LOST)
TO_DISMISS = (State.OPEN, State.FOUND, State.LOST)


@dataclass(frozen=True, slots=True)
class GapShown:
    """One gap in words."""

    gap: Gap
    length: str
    missing: str
    recover_url: str
    """Where it can be recovered; empty when there is nothing to be done about it."""
    may_be_dismissed: bool


@dataclass(frozen=True, slots=True)
class GapList:
    """What goes on or waits, and a page of what is over."""

    current: Sequence[GapShown]
    has_more_current: bool
    """Whether there are younger ones than those."""
    past: Sequence[GapShown]
    older: int | None
    """What the next page begins below; None when there is none."""
    receivers_since: datetime | None
    """When the first receiver was there."""
    looked_until: datetime | None
    """Up to when all webhooks have been looked at."""


def gap_list(now: datetime, before: int | None = None) -> GapList:
    """Read the gaps: current ones oldest first, then what is over, latest found first, cut by key. Four queries."""
    gaps = Gap.objects.select_related("webhook__app")
    waiting = gaps.filter(state__in=CURRENT).order_by("began_at", "pk")
    current = list(waiting[: MOST_CURRENT + 1]) if before is None else []
    past = gaps.exclude(state__in=CURRENT).order_by("-pk")
    page = list(past.filter(pk__lt=before)[: PAGE + 1] if before else past[: PAGE + 1])
    searches = GapSearch.objects.filter(webhook__deleted_at=None).order_by("looked_until")
    return GapList(
        current=[shown(gap, now) for gap in current[:MOST_CURRENT]],
        has_more_current=len(current) > MOST_CURRENT,
        past=[shown(gap, now) for gap in page[:PAGE]],
        older=page[PAGE - 1].pk if len(page) > PAGE else None,
        receivers_since=TrafficMinute.objects.order_by("minute").values_list("began_at", flat=True).first(),
        looked_until=searches.values_list("looked_until", flat=True).first(),
    )


def shown(gap: Gap, now: datetime) -> GapShown:
    """Put one gap into words."""
    return GapShown(
        gap=gap,
        length=_length((gap.ended_at or now) - gap.began_at),
        missing=_missing(gap),
        recover_url=_recover_url(gap, now) if gap.state in TO_RECOVER and not gap.webhook.deleted_at else "",
        may_be_dismissed=gap.state in TO_DISMISS,
    )


def _length(time: timedelta) -> str:
    """Say how long it was, in the two largest units: 1 h 20 min."""
    left = max(0, int(time.total_seconds()))
    parts = []
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        number, left = divmod(left, size)
        parts += [f"{number} {unit}"] if number else []
    return " ".join(parts[:2]) or "0 s"


def _missing(gap: Gap) -> str:
    if gap.missing is None:
        return "not known how many"
    return f"about {gap.missing:,}" if gap.missing else "probably none"


def _recover_url(gap: Gap, now: datetime) -> str:
    """The form for a replay, with what X still has of the gap in it; empty when that is nothing."""
    assert gap.ended_at is not None, "what goes on cannot be asked for"
    begin, end = max(gap.began_at, now - REPLAY_WINDOW + 2 * MINUTE), gap.ended_at + MINUTE
    if begin >= gap.ended_at:
        return ""
    window = {"webhook": gap.webhook_id, "begin": _minute(begin), "end": _minute(end), "gap": gap.pk}
    return f"{reverse('replays:new')}?{urlencode(window)}"


def _minute(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%MZ}"
