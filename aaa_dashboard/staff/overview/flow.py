"""Whether events flow, in one sentence, and since when without a break."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Max, Sum

from aaa_dashboard.deliveries.models import Event, Gap, GapSearch, TrafficMinute
from aaa_dashboard.deliveries.traffic import MINUTE, minute_of
from aaa_dashboard.webhooks.models import App, Webhook

from .standstill import LIVELY, standstill

_STRAY = (
    "They come through a webhook that is at X and not here, so nobody keeps it valid. Adopt it: Webhooks shows it "
    "under “X has these besides”."
)
_NOT_ASKED = (
    "They come through a webhook that is at X and not known here, for X has not been asked yet. It is asked when an "
    "operator opens Webhooks, and a webhook of this address is adopted."
)


@dataclass(frozen=True, slots=True)
class Flow:
    """The sentence, and what it stands on."""

    state: str
    """`flowing`, `quiet`, `stopped`, or `nothing` before the first webhook."""
    words: str
    """The sentence up to when the last event came, without a full stop."""
    last_at: datetime | None
    """When the last event came."""
    because: str = ""
    """What it means, or why not: a sentence."""
    unbroken_since: datetime | None = None
    """Since when there was no gap; None while there is one, and before the first look."""
    gap: Gap | None = None
    """The gap that goes on."""


def flow(webhooks: Sequence[Webhook], now: datetime) -> Flow:
    """Say whether events flow. Four queries: the last minutes, the last event, the last gap, the first minute.

    Args:
        webhooks: As `standstill.current_webhooks` gives them.
        now: The moment that is asked about.
    """
    minutes = {
        row["minute"]: row
        for row in TrafficMinute.objects.filter(minute__gte=minute_of(now) - LIVELY)
        .values("minute")
        .annotate(new=Sum("events"), until=Max("until"))
    }
    last_at = Event.objects.order_by("-pk").values_list("received_at", flat=True).first()
    since, gap = _unbroken()
    until = max((row["until"] for row in minutes.values()), default=None)
    new = {key: row["new"] for key, row in minutes.items()}
    found = standstill(webhooks, until, sum(new.values()), now)
    if found:
        return Flow("nothing" if found.is_new else "stopped", found.words, last_at, found.because, since, gap)
    return Flow(*_said(new, now), last_at, _where_from(webhooks, any(new.values())), since, gap)


def _said(new: dict[datetime, int], now: datetime) -> tuple[str, str]:
    running, full = new.get(minute_of(now), 0), new.get(minute_of(now) - MINUTE, 0)
    if full or running:
        number = f"{full:,} in the last full minute" if full else f"{running:,} in this minute"
        return "flowing", f"Events are flowing: {number}"
    if any(new.values()):
        return "flowing", "Events are flowing, a few in the last minutes"
    return "quiet", "It is quiet"


def _where_from(webhooks: Sequence[Webhook], has_come: bool) -> str:
    if not webhooks:
        return _STRAY if App.objects.exclude(strangers=[]).exists() else _NOT_ASKED
    if not has_come:
        return "A receiver is running and X may deliver; nothing came in the last five minutes."
    return ""


def _unbroken() -> tuple[datetime | None, Gap | None]:
    """Since when there was no gap, and the gap that there is. One that goes on says more than one that ended later."""
    known = Gap.objects.exclude(state=Gap.State.DISMISSED).select_related("webhook")
    gap = known.order_by(F("ended_at").desc(nulls_first=True), "began_at").first()
    if gap is not None:
        return gap.ended_at, None if gap.ended_at else gap
    if not GapSearch.objects.exists():
        return None, None  # nobody has looked yet, as on a fresh installation whose webhook was just adopted
    return TrafficMinute.objects.order_by("minute").values_list("began_at", flat=True).first(), None
