"""A wish becomes a replay: its window is looked at, cut into what X takes at once, and kept once."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q

from aaa_dashboard.audit import Actor, record
from aaa_dashboard.deliveries import gaps
from aaa_dashboard.deliveries.gaps.stretches import Stretch
from aaa_dashboard.deliveries.models import Gap
from aaa_dashboard.webhooks.models import Webhook

from .models import Job, Replay
from .windows import REACHES_BACK, TOO_OLD, Window, oldest

TOO_YOUNG = "X takes nothing younger."
TIME_TO_READ = timedelta(minutes=15)
"""“All that X has” may be asked for so long after it was offered: what is gone by then is left out when X is asked."""
TO_BE_CLOSED = {Gap.State.FOUND, Gap.State.LOST}


class NotTaken(ValueError):
    """There is nothing to ask X for; the message says why, to people."""


def look_at(webhook: Webhook, window: Window, *, now: datetime) -> None:
    """See whether X could ever take it. One that is too young can: it waits.

    Raises:
        NotTaken: It could not.
    """
    if webhook.deleted_at:
        raise NotTaken("X does not have this webhook any more.")
    if window.begin >= window.end:
        raise NotTaken("The window ends before it begins: swap the two, or choose a later end.")
    if window.end > now:
        raise NotTaken("The window ends in the future: X repeats what it has tried to deliver already.")
    if window.begin < oldest(now - TIME_TO_READ):
        raise NotTaken(
            f"X keeps deliveries for {REACHES_BACK.days} days: begin at {oldest(now):%-d %b %H:%M} UTC or later."
        )


def request(webhook: Webhook, window: Window, *, by: Actor, now: datetime) -> Replay:
    """Keep somebody's wish. Twice the same, or two at once, is one replay. Gaps that it covers are recovered with it.

    Raises:
        NotTaken: X could not take it.
    """
    look_at(webhook, window, now=now)
    try:
        with transaction.atomic():
            replay = _make(webhook, window, by, now)
            _take(replay, covered(webhook, window, now=now))
            return replay
    except IntegrityError:
        there = Replay.objects.filter(
            webhook=webhook, from_date=window.begin, to_date=window.end, state__in=Replay.WANTED
        ).first()
        if there is None:
            raise
        return there


def request_for(found: Iterable[Gap], window: Window, *, by: Actor, now: datetime) -> Replay | None:
    """Keep a replay for gaps of one webhook, as far as nobody else recovers them already.

    Returns:
        None: somebody else does, or is about to.
    """
    found = list(found)
    try:
        with transaction.atomic():
            replay = _make(found[0].webhook, window, by, now)
            if not _take(replay, found):
                raise _NothingLeft
            return replay
    except (IntegrityError, _NothingLeft):
        return None


def covered(webhook: Webhook, window: Window, *, now: datetime) -> list[Gap]:
    """The gaps that a window would close: those that wait, and those that were given up.

    A window that begins with the oldest that X has closes what is left of a gap that began before it.
    """
    begins = Q(began_at__gte=window.begin)
    if window.begin <= oldest(now):
        begins = Q(ended_at__gt=window.begin)
    found = Gap.objects.filter(begins, webhook=webhook, state__in=TO_BE_CLOSED, ended_at__lte=window.end)
    return list(found.order_by("began_at"))


class _NothingLeft(Exception):
    """Every gap is taken."""


def _make(webhook: Webhook, window: Window, by: Actor, now: datetime) -> Replay:
    replay = Replay.objects.create(
        webhook=webhook,
        from_date=window.begin,
        to_date=window.end,
        requested_by=by.name[:150],
        created_at=now,
    )
    Job.objects.bulk_create(
        Job(
            replay=replay,
            webhook=webhook,
            part=number,
            from_date=part.begin,
            to_date=part.end,
            not_before=max(part.askable_at, now),
            reason=TOO_YOUNG if part.askable_at > now else "",
        )
        for number, part in enumerate(window.jobs(), 1)
    )
    record(
        by,
        "requested a replay",
        replay,
        after={"webhook": webhook.url, "from": window.begin.isoformat(), "to": window.end.isoformat()},
    )
    return replay


def _take(replay: Replay, found: Iterable[Gap]) -> list[Gap]:
    """Make gaps the replay's own, as far as they are nobody else's and X still has what they missed."""
    taken = [gap for gap in found if gaps.recovering(gap, f"X is asked to send it again: replay {replay.pk}.")]
    left = [part for gap in taken for part in gaps.split_off(gap, [Stretch(gap.began_at, replay.from_date)], TOO_OLD)]
    replay.gaps.add(*left)
    return left
