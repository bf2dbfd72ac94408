"""Whether events flow, in one sentence, and since when without a break."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Max, Sum

from aaa_dashboard.deliveries.models import Event, Gap, TrafficMinute
from aaa_dashboard.deliveries.traffic import MINUTE, minute_of
from aaa_dashboard.webhooks.models import Webhook

# A receiver writes its running minute every 5 s.
RECEIVER_IS_THERE = timedelta(seconds=30)
LIVELY = timedelta(minutes=5)
_STRAY = (
    "They come through a webhook that is at X and not here, so nobody keeps it valid. Adopt it: Webhooks shows it "
    "under “X has these besides”."
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
    """Since when there was no gap; None while there is one, and before the first minute."""
    gap: Gap | None = None
    """The gap that goes on."""


def flow(webhooks: Sequence[Webhook], now: datetime) -> Flow:
    """Say whether events flow. Four queries: the last minutes, the last event, the last gap, the first minute."""
    minutes = {
        row["minute"]: row
        for row in TrafficMinute.objects.filter(minute__gte=minute_of(now) - LIVELY)
        .values("minute")
        .annotate(new=Sum("events"), until=Max("until"))
    }
    last_at = Event.objects.order_by("-pk").values_list("received_at", flat=True).first()
    since, gap = _unbroken()
    until = max((row["until"] for row in minutes.values()), default=None)
    is_received = until is not None and now - until <= RECEIVER_IS_THERE
    state, words, because = _say(webhooks, is_received, {key: row["new"] for key, row in minutes.items()}, now)
    return Flow(state, words, last_at, because, since, gap)


def _say(
    webhooks: Sequence[Webhook], is_received: bool, new: dict[datetime, int], now: datetime
) -> tuple[str, str, str]:
    if not is_received:
        because = "X tries each delivery for about five minutes; after that it has to be replayed."
        return "stopped", "No receiver is running: what X sends is not taken", because
    if not webhooks and not sum(new.values()):
        return "nothing", "Nothing can come yet: no webhook is registered", "X delivers to registered webhooks alone."
    if webhooks and not any(webhook.valid for webhook in webhooks):
        every = "The webhook is" if len(webhooks) == 1 else "Every webhook is"
        return (
            "stopped",
            f"X delivers nothing: {every[0].lower()}{every[1:]} invalid",
            "The notice below says what to do.",
        )
    running, full = new.get(minute_of(now), 0), new.get(minute_of(now) - MINUTE, 0)
    if full or running:
        number = f"{full:,} in the last full minute" if full else f"{running:,} in this minute"
        return "flowing", f"Events are flowing: {number}", _STRAY if not webhooks else ""
    if sum(new.values()):
        return "flowing", "Events are flowing, a few in the last minutes", _STRAY if not webhooks else ""
    return "quiet", "It is quiet", "A receiver is running and X may deliver; nothing came in the last five minutes."


def _unbroken() -> tuple[datetime | None, Gap | None]:
    """Since when there was no gap, and the gap that there is. One that goes on says more than one that ended later."""
    known = Gap.objects.exclude(state=Gap.State.DISMISSED).select_related("webhook")
    gap = known.order_by(F("ended_at").desc(nulls_first=True), "began_at").first()
    if gap is not None:
        return gap.ended_at, None if gap.ended_at else gap
    return TrafficMinute.objects.order_by("minute").values_list("began_at", flat=True).first(), None
