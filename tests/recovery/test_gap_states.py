"""What becomes of a gap, step by step; of two who take the same step one does."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User

from aaa_dashboard.audit import Actor
from aaa_dashboard.deliveries import gaps
from aaa_dashboard.deliveries.models import Gap
from aaa_dashboard.staff.models import AuditEntry
from tests.recovery.history import MINUTE, NOON, History, make_gap

pytestmark = pytest.mark.django_db

State = Gap.State
BY = Actor("olga")
STEPS: dict[str, tuple[Callable[[Gap], bool], State, set[State]]] = {
    "recovering": (lambda gap: gaps.recovering(gap, "why"), State.RECOVERING, {State.FOUND, State.LOST}),
    "recovered": (
        lambda gap: gaps.recovered(gap, "why"),
        State.RECOVERED,
        {State.FOUND, State.RECOVERING, State.LOST},
    ),
    "found again": (lambda gap: gaps.found_again(gap, "why"), State.FOUND, {State.RECOVERING, State.LOST}),
    "lost": (lambda gap: gaps.lost(gap, "why"), State.LOST, {State.FOUND, State.RECOVERING}),
    "dismissed": (lambda gap: gaps.dismiss(gap, by=BY), State.DISMISSED, {State.OPEN, State.FOUND, State.LOST}),
}


@pytest.mark.parametrize("before", State.values)
@pytest.mark.parametrize("step", STEPS)
def test_a_step_is_taken_from_where_it_makes_sense(history: History, step: str, before: str) -> None:
    take, after, allowed = STEPS[step]
    gap = make_gap(history.webhook, before)
    assert take(gap) is (before in allowed)
    assert gap.state == (after if before in allowed else before)
    assert Gap.objects.get().state == gap.state


@pytest.mark.parametrize("step", STEPS)
def test_of_two_who_take_a_step_one_does(history: History, step: str) -> None:
    take, _, allowed = STEPS[step]
    mine = make_gap(history.webhook, next(iter(sorted(allowed))))
    theirs = Gap.objects.get()
    assert take(mine)
    assert not take(theirs)
    assert theirs.state == mine.state


def test_a_step_says_why_and_since_when(history: History) -> None:
    gap = make_gap(history.webhook, State.RECOVERING)
    before = gap.state_since
    gaps.lost(gap, "x" * 600)
    assert gap.detail == "x" * 500
    assert gap.state_since > before


def test_what_waits_comes_oldest_first(history: History) -> None:
    late = make_gap(history.webhook, began_at=NOON + 60 * MINUTE)
    early = make_gap(history.webhook, began_at=NOON)
    for number, state in enumerate(set(State.values) - {State.FOUND}, start=1):
        make_gap(history.webhook, state, began_at=NOON - number * MINUTE)
    assert list(gaps.waiting()) == [early, late]


def test_dismissing_is_written_down_once(history: History) -> None:
    gap = make_gap(history.webhook)
    olga = User.objects.create_user("olga")
    by = Actor("olga", olga, "192.0.2.7")
    assert gaps.dismiss(gap, by=by)
    assert not gaps.dismiss(gap, by=by)
    entry = AuditEntry.objects.get()
    assert (entry.by, entry.action, entry.object_id) == ("olga", "dismissed a gap", str(gap.pk))
    assert (entry.before, entry.after) == ({"state": "found"}, {"state": "dismissed"})
    assert gap.detail == "Dismissed by olga."
