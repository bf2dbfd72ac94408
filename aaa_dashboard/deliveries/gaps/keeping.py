"""Bring the rows of gaps in line with what was worked out: new ones, those that go on or end, those that never were."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q

from ..models import Gap
from .causes import SHORTEST, Facts
from .estimating import MAY_BE_MENDED, Reach, estimate, reach
from .silence import is_step
from .states import DETAIL_LENGTH
from .stretches import Stretch, subtract, union

State, Cause = Gap.State, Gap.Cause
LIVE = {State.OPEN, State.FOUND}
# Their begin is worked out from what fades from sight: what was written first stands.
BEGIN_STANDS = {Cause.INVALID, Cause.GONE, Cause.SILENCE}


@dataclass
class Changes:
    """What is to be written, in one transaction."""

    now: datetime
    new: list[Gap] = field(default_factory=list)
    changed: list[tuple[Gap, dict[str, object]]] = field(default_factory=list)
    withdrawn: list[Gap] = field(default_factory=list)

    def write(self) -> None:
        """Write it. A row that somebody moved on meanwhile is theirs."""
        for gap in self.withdrawn:
            Gap.objects.filter(pk=gap.pk, state=gap.state).delete()
        for gap, values in self.changed:
            Gap.objects.filter(pk=gap.pk, state=gap.state).update(**values)
        for gap in self.new:
            key = {"webhook": gap.webhook, "cause": gap.cause, "began_at": gap.began_at}
            values = {name: getattr(gap, name) for name in ("ended_at", "missing", "state", "state_since", "detail")}
            Gap.objects.get_or_create(**key, defaults=values)


def gaps_since(facts: Facts, moment: datetime) -> list[Gap]:
    """Read the webhook's gaps that had not ended at a moment, oldest first."""
    rows = facts.webhook.gaps.filter(Q(ended_at=None) | Q(ended_at__gte=moment), began_at__lt=facts.until)
    return list(rows.order_by("began_at", "pk"))


def compare(
    facts: Facts, cause: str, stretches: Sequence[Stretch], gaps: Sequence[Gap], changes: Changes
) -> list[Stretch]:
    """Compare the stretches of one cause with its rows, and note what is to be changed.

    Returns:
        All stretches of the cause, as they will be.
    """
    rows = [gap for gap in gaps if gap.cause == cause]
    live = [row for row in rows if _is_live(row, facts)]
    settled = [span(row, facts) for row in rows if row not in live]
    known = list(settled)
    if cause in BEGIN_STANDS and settled:
        settled.append(Stretch(min(one.began_at for one in (*stretches, *settled)), max(settled).ended_at))
    begun = [Stretch(row.began_at, facts.since) for row in live if row.began_at < facts.since]
    left = union([*subtract(stretches, settled), *begun])
    for row in live:
        match = next((stretch for stretch in left if stretch.meets(span(row, facts))), None)
        if match is None:
            changes.withdrawn.append(row)
        else:
            left.remove(match)
            began_at = row.began_at if cause in BEGIN_STANDS else match.began_at
            known.append(Stretch(began_at, match.ended_at))
            _follow(facts, row, known[-1], changes)
    fresh = [stretch for stretch in left if _is_worth_a_row(facts, cause, stretch)]
    changes.new += [_new(facts, cause, stretch, changes.now) for stretch in fresh]
    return [*known, *fresh]


def span(gap: Gap, facts: Facts) -> Stretch:
    return Stretch(gap.began_at, gap.ended_at or facts.until)


def _is_live(row: Gap, facts: Facts) -> bool:
    """Whether a row follows what is worked out: while it goes on, and as long as all of it is in sight."""
    return row.ended_at is None or (row.state == State.FOUND and row.began_at >= facts.since)


def _is_worth_a_row(facts: Facts, cause: str, stretch: Stretch) -> bool:
    if cause in (Cause.INVALID, Cause.GONE):
        return True
    if stretch.length <= SHORTEST:
        return False
    return cause != Cause.REFUSED or not reach(facts, cause, stretch).is_mended


def _new(facts: Facts, cause: str, stretch: Stretch, now: datetime) -> Gap:
    values = _values(facts, cause, stretch, reach(facts, cause, stretch))
    return Gap(webhook=facts.webhook, cause=cause, state_since=now, **values)


def _follow(facts: Facts, row: Gap, stretch: Stretch, changes: Changes) -> None:
    """Bring one row up to date, and its estimate when there is a reason to make it anew."""
    reached = reach(facts, row.cause, stretch)
    state, ended_at = _state(facts, stretch, reached)
    if row.state == State.DISMISSED:
        state = State.DISMISSED
    is_same = (row.began_at, row.ended_at, row.state) == (stretch.began_at, ended_at, state)
    # What looked as if X's retries would bring it, and they met the next outage.
    is_disproved = row.detail == MAY_BE_MENDED and not reached.is_mended
    if is_same and not is_disproved and not _has_grown(facts, stretch, ended_at):
        return
    values = _values(facts, row.cause, stretch, reached)
    if row.state == State.DISMISSED:
        values |= {"state": State.DISMISSED, "detail": row.detail}
    if values["state"] != row.state:
        values["state_since"] = changes.now
    changes.changed.append((row, values))


def _has_grown(facts: Facts, stretch: Stretch, ended_at: datetime | None) -> bool:
    return ended_at is None and is_step(facts.search.looked_until - stretch.began_at, stretch.length)


def _values(facts: Facts, cause: str, stretch: Stretch, reached: Reach) -> dict[str, object]:
    state, ended_at = _state(facts, stretch, reached)
    estimated = estimate(facts, cause, stretch, reached)
    return {
        "began_at": stretch.began_at,
        "ended_at": ended_at,
        "state": state,
        "missing": estimated.missing,
        "detail": estimated.words[:DETAIL_LENGTH],
    }


def _state(facts: Facts, stretch: Stretch, reached: Reach) -> tuple[str, datetime | None]:
    if stretch.ended_at >= facts.until:
        return State.OPEN, None
    is_over_and_done = reached.is_mended and reached.is_settled
    return (State.RECOVERED if is_over_and_done else State.FOUND), stretch.ended_at
