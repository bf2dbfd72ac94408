"""Silence that is unlikely for that hour of the week: nothing came, though a receiver ran and the webhook was valid."""

import math
from collections.abc import Iterable
from datetime import timedelta

from ..traffic import MINUTE
from . import minutes
from .causes import SHORTEST, Facts
from .expectation import Expected, expected
from .stretches import Stretch, intersect, subtract

# Less than this may be X taking a breath.
SHORTEST_SILENCE = timedelta(minutes=5)
# Longer than this is the life of an account that says little.
LONGEST_JUDGED = timedelta(days=1)
# The chance that so many were expected and none came, were they independent of one another: 1 in 10,000.
UNLIKELY = 9.2
# A silence that goes on is judged again when it is longer by so much.
STEP = 1.2


def unlikely(facts: Facts, gaps: Iterable[Stretch], known: Iterable[Stretch]) -> list[Stretch]:
    """Find silences that are unlikely, those that are known among them.

    Args:
        facts: What is looked at.
        gaps: Gaps of other causes; silence in them has its reason.
        known: Silences that were found unlikely before; what was judged once is not judged again.
    """
    found = list(known)
    return [
        _exactly(facts, quiet)
        for quiet in _quiet(facts, gaps)
        if any(map(quiet.meets, found)) or (_is_due(facts, quiet) and is_unlikely(facts, quiet))
    ]


def is_unlikely(facts: Facts, quiet: Stretch) -> bool:
    """Whether a silence says that something is wrong.

    Real traffic comes in bursts, so that Poisson's formula alone would cry wolf: the silence must also be twice as
    long as any in the hours it is compared with.
    """
    usual = expected(facts.webhook, quiet)
    if usual is None or usual.is_thin:
        return False
    return usual.deliveries >= UNLIKELY and 2 * usual.longest_silence <= quiet.length


def words(usual: Expected | None) -> str:
    """Why it is unlikely, to people."""
    if usual is None:
        return "Nothing came, and usually something does."
    return f"Nothing came; usually {usual.deliveries:,.0f} deliveries do in such a stretch, by {usual.basis}."


def is_step(before: timedelta, now: timedelta) -> bool:
    """Whether something that goes on has grown enough since the last look to be judged anew."""
    return before <= SHORTEST or math.floor(math.log(now / SHORTEST, STEP)) > math.floor(
        math.log(before / SHORTEST, STEP)
    )


def _quiet(facts: Facts, gaps: Iterable[Stretch]) -> list[Stretch]:
    """Stretches without a delivery, from the last one before what is looked at."""
    if facts.search.delivered_at is None and not facts.minutes.delivered():
        return []  # nothing has ever come: that is no silence but a beginning
    since = min(facts.search.delivered_at or facts.since, facts.since)
    whole = intersect([Stretch(since, facts.until)], [facts.life.there] if facts.life.there else [])
    away = (one for one in facts.uncovered if one.length > SHORTEST)
    return subtract(whole, [*facts.minutes.delivered(), *gaps, *away, *facts.known_invalid, *facts.in_doubt])


def _exactly(facts: Facts, quiet: Stretch) -> Stretch:
    """Go from whole minutes to the last event before and the first one after, where deliveries are the bounds."""
    began_at, ended_at = quiet
    bounds = facts.minutes.delivered()
    if any(one.ended_at == began_at for one in bounds):
        before = minutes.last_event(facts.minutes.app_id, Stretch(began_at - MINUTE, began_at))
        began_at = before or began_at
    if any(one.began_at == ended_at for one in bounds):
        after = minutes.first_event(facts.minutes.app_id, Stretch(ended_at, ended_at + MINUTE))
        ended_at = after or ended_at
    return Stretch(began_at, ended_at)


def _is_due(facts: Facts, quiet: Stretch) -> bool:
    """Whether it is long enough, and was not judged before."""
    if not SHORTEST_SILENCE <= quiet.length <= LONGEST_JUDGED:
        return False
    looked_until = facts.search.looked_until
    if quiet.ended_at < facts.until:
        return quiet.ended_at > looked_until
    return is_step(max(looked_until - quiet.began_at, timedelta(0)), quiet.length)
