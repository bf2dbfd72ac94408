"""Look for gaps: what happened since the last look, and a little of what was before it.

Everything is read and worked out first, then written in one short transaction that begins with the claim: how far was
looked is moved on only from where it was read. Of two looks at the same time one writes; a crash leaves nothing half.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from aaa_dashboard.webhooks.models import Webhook

from ..models import Gap, GapSearch, TrafficMinute
from ..traffic import MINUTE
from . import life, minutes, silence, states
from .causes import Facts
from .keeping import Changes, compare, gaps_since, span
from .stretches import Stretch

log = structlog.get_logger(__name__)

State, Cause = Gap.State, Gap.Cause
# A receiver says every 5 s that it is there, and the database may take a while to hear it.
UNSURE = timedelta(seconds=15)
# Minutes come late when the database was away from one receiver alone.
AGAIN = timedelta(minutes=30)
REPLAY_WINDOW = timedelta(days=5)
"""How long X can send again what it attempted to deliver."""
TOO_OLD = "Longer ago than the five days for which X can send again."
NEVER_SENT = "X delivers to webhooks that it has, and keeps nothing of a time without one."
NO_WEBHOOK = "The webhook is gone from X, which cannot send to it again."


@dataclass
class Found:
    """What one run did."""

    webhooks: int = 0
    new: int = 0
    changed: int = 0
    withdrawn: int = 0
    given_up: int = 0

    def count(self, changes: Changes | None) -> None:
        """Add what was written for one webhook."""
        if changes is not None:
            self.webhooks += 1
            self.new += len(changes.new)
            self.changed += len(changes.changed)
            self.withdrawn += len(changes.withdrawn)


def find(now: datetime) -> Found:
    """Look for gaps of every webhook up to now, and give up those that X cannot send again any more.

    Safe to repeat and to run twice at the same time; a run after hours makes up for them.

    Raises:
        Exception: The first failure, after all other webhooks have been looked at.
    """
    found, errors = Found(), list[Exception]()
    for webhook in _webhooks():
        try:
            changes = look(webhook, now)
        except SoftTimeLimitExceeded:
            raise
        except Exception as error:  # what one webhook stumbles over is not to blind us to the others
            log.exception("gaps could not be looked for", webhook=webhook.pk)
            errors.append(error)
        else:
            found.count(changes)
    found.given_up = _give_up(now)
    if errors:
        raise errors[0]
    return found


def look(webhook: Webhook, now: datetime) -> Changes | None:
    """Work out what changed for one webhook and write it.

    Returns:
        What was written; None when there was nothing to look at, or somebody else looked at the same time.
    """
    search = _search(webhook, now)
    # A clock that was ahead must not keep from looking until it is there again.
    if search is None or now - UNSURE <= search.looked_until <= now:
        return None
    facts = _facts(webhook, search, now)
    if webhook.deleted_at and webhook.deleted_at <= facts.since and facts.life.gone is None:
        return None
    changes = Changes(now)
    believed = [stretch.began_at for stretch in (*facts.believed_invalid, *facts.gone([]))]
    gaps = gaps_since(facts, min(facts.since, search.delivered_at or facts.since, *believed))
    away = compare(facts, Cause.NO_RECEIVER, facts.no_receiver, gaps, changes)
    invalid = compare(facts, Cause.INVALID, facts.invalid(away), gaps, changes)
    gone = compare(facts, Cause.GONE, facts.gone([*away, *invalid]), gaps, changes)
    refused = compare(facts, Cause.REFUSED, facts.refused, gaps, changes)
    known = [span(gap, facts) for gap in gaps if gap.cause == Cause.SILENCE]
    explained = [*away, *invalid, *gone, *refused]
    compare(facts, Cause.SILENCE, silence.unlikely(facts, explained, known), gaps, changes)
    return changes if _write(facts, changes) else None


def _webhooks() -> list[Webhook]:
    """Those that X has, those that were deleted since the last look, and those that are missed still."""
    missed = Gap.objects.filter(webhook=OuterRef("pk"), cause=Cause.GONE, ended_at=None)
    to_look_at = Q(deleted_at=None) | Q(gap_search__looked_until__lt=F("deleted_at") + AGAIN) | Exists(missed)
    return list(Webhook.objects.filter(to_look_at).select_related("app", "gap_search").order_by("pk"))


def _search(webhook: Webhook, now: datetime) -> GapSearch | None:
    """How far was looked. The first look begins with the first receiver, since before it there was nobody to miss."""
    if hasattr(webhook, "gap_search"):
        return webhook.gap_search
    began_at = minutes.first(webhook.app_id)
    if began_at is None or began_at > now:
        return None
    looked_until = max(began_at, now - REPLAY_WINDOW)
    return GapSearch.objects.get_or_create(webhook=webhook, defaults={"looked_until": looked_until})[0]


def _facts(webhook: Webhook, search: GapSearch, now: datetime) -> Facts:
    since, until = _since(webhook, search, now), now - UNSURE
    siblings = Webhook.objects.filter(app=webhook.app_id, deleted_at=None).exclude(pk=webhook.pk)
    return Facts(
        webhook=webhook,
        search=search,
        since=since,
        until=until,
        minutes=minutes.read(webhook.app_id, since),
        life=life.read(webhook, since, until),
        is_alone=not siblings.exists(),
    )


def _since(webhook: Webhook, search: GapSearch, now: datetime) -> datetime:
    """From when on everything is worked out anew: further back where a gap was found too early."""
    since = min(search.looked_until, now) - AGAIN
    waiting = webhook.gaps.filter(cause=Cause.NO_RECEIVER, state__in=(State.OPEN, State.FOUND), began_at__lt=since)
    for began_at, ended_at in waiting.order_by("began_at").values_list("began_at", "ended_at"):
        if _is_covered_after_all(webhook, Stretch(began_at, ended_at or since)):
            return began_at
    first = minutes.first(webhook.app_id)
    return max(since, first) if first else since


def _is_covered_after_all(webhook: Webhook, gap: Stretch) -> bool:
    rows = TrafficMinute.objects.filter(
        app=webhook.app_id,
        minute__gt=gap.began_at - MINUTE,
        minute__lt=gap.ended_at,
        until__gt=gap.began_at,
        began_at__lt=gap.ended_at,
    )
    return rows.exists()


def _write(facts: Facts, changes: Changes) -> bool:
    """Write what was worked out, if nobody else has looked meanwhile."""
    search = facts.search
    moved_on = {
        "looked_until": facts.until,
        "delivered_at": _delivered_at(facts),
        "known_valid_at": facts.webhook.last_checked_at if facts.webhook.valid else search.known_valid_at,
    }
    with transaction.atomic():
        if not GapSearch.objects.filter(pk=search.pk, looked_until=search.looked_until).update(**moved_on):
            return False
        changes.write()
    return True


def _delivered_at(facts: Facts) -> datetime | None:
    """When the last delivery came."""
    last = max((row for row in facts.minutes.rows if row.deliveries), key=lambda row: row.minute, default=None)
    if last is None:
        return facts.search.delivered_at
    event_at = minutes.last_event(facts.minutes.app_id, Stretch(last.minute, last.minute + MINUTE))
    return min(event_at or last.until, facts.until)


def _give_up(now: datetime) -> int:
    """Tell of gaps that wait for a replay which X does not make any more, or never would."""
    too_old = now - REPLAY_WINDOW
    hopeless = Q(cause=Cause.GONE) | Q(ended_at__lt=too_old) | Q(webhook__deleted_at__isnull=False)

    def why(gap: Gap) -> str:
        if gap.cause == Cause.GONE:
            return NEVER_SENT
        return TOO_OLD if gap.ended_at and gap.ended_at < too_old else NO_WEBHOOK

    return sum(states.lost(gap, why(gap)) for gap in Gap.objects.filter(hopeless, state=State.FOUND))
