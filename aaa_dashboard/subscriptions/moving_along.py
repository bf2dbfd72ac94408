"""Moves go on by themselves: somebody wants one, workers do it, and what breaks is tried again or said.

`moving` says what the steps are; here is who does the next ones, and when. A worker holds a move for some seconds at a
time, so that one that dies in the middle costs a minute: the schedule has another one go on where it was.
"""

import time
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from aaa_dashboard.audit import Actor
from aaa_dashboard.clocks import has_come
from aaa_dashboard.x_api import errors
from aaa_dashboard.x_api.errors import Failure, XError

from . import moving
from .claims import Busy, free
from .models import Move

# Less than the task may take, by what one call to X may take at most.
BUDGET_SECONDS = 25.0
FIRST_DELAY = timedelta(seconds=15)
LONGEST_DELAY = timedelta(minutes=15)
MOST_TRIES = 10
# Longer than the windows of X's limits.
LONGEST_WAIT = timedelta(days=1)
# How often it is looked whether X has sent again what the old webhook had missed.
LOOKS_EVERY = timedelta(minutes=1)
STILL_MISSING = "X does not list everybody on the new webhook yet. Nothing is lost: both are delivered to."


@dataclass(frozen=True, slots=True)
class Went:
    """What one worker has done."""

    moves: int
    """How many it went on with."""
    left: int
    """How many of them can be gone on with at once."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What stands in the way of a move."""

    failure: Failure | None
    """What X refused."""
    said: str
    """What else it is, in words."""


def want(move: Move, *, by: Actor, may_leave_behind: bool = False) -> bool:
    """Have workers go on with a move, from where it is.

    Args:
        move: As `moving.begin` gave it.
        by: Who wants it; the audit names them for what is done.
        may_leave_behind: As for `moving.go_on`.

    Returns:
        Whether there is anything left to do.
    """
    wanted = {
        "under_way": True,
        "wanted_by_id": by.person.pk if by.person else None,
        "may_leave_behind": may_leave_behind,
        "trouble": None,
        "tries": 0,
        "next_try_at": None,
    }
    return bool(Move.objects.filter(pk=move.pk, finished_at=None).update(**wanted))


def stop(move: Move) -> None:
    """Have nobody go on with a move; the account that is under way is finished."""
    Move.objects.filter(pk=move.pk).update(under_way=False)


def go_on_with_all(now: datetime, *, budget_seconds: float = BUDGET_SECONDS) -> Went:
    """Go on with every move that is under way and due, one after the other. Safe to run twice, and at once.

    What X cannot do now is tried again later; what it refuses stops the move, and both are kept for people to read.

    Args:
        now: What is due is due by then.
        budget_seconds: When to stop, after the call that is under way.
    """
    ends_at = time.monotonic() + budget_seconds
    is_due = has_come("next_try_at", now, LONGEST_WAIT)
    due = list(
        Move.objects.filter(is_due, free(now), finished_at=None, under_way=True)
        .select_related("source__app", "target__app", "wanted_by")
        .order_by("pk")
    )
    left = 0
    for move in due:
        has_more = True
        while has_more and time.monotonic() < ends_at:
            has_more = _go_on(move, now, min(ends_at - time.monotonic(), moving.BUDGET_SECONDS))
        left += has_more
    return Went(len(due), left)


def trouble_of(move: Move) -> Trouble | None:
    """What stands in its way, as it was last met."""
    if not move.trouble:
        return None
    if "said_by_us" in move.trouble:
        return Trouble(None, move.trouble["said_by_us"])
    resets_at = move.trouble["resets_at"]
    return Trouble(Failure(**move.trouble | {"resets_at": resets_at and datetime.fromisoformat(resets_at)}), "")


def _go_on(move: Move, now: datetime, seconds: float) -> bool:
    """One stretch of one move; whether the next can follow at once."""
    before = _progress(move)
    try:
        moving.go_on(
            move,
            by=Actor(move.wanted_by.get_username(), move.wanted_by) if move.wanted_by else Actor("the dashboard"),
            may_leave_behind=move.may_leave_behind,
            budget_seconds=seconds,
            is_wanted=lambda: _is_wanted(move),
        )
    except Busy:
        return False  # whoever has it goes on; if they die, the schedule comes back to it
    except moving.StillMissing:
        _note_trouble(move, {"said_by_us": STILL_MISSING}, before, now, at_earliest=now)
        return False
    except XError as error:
        is_temporary = isinstance(error, errors.TemporarilyUnavailable | errors.RateLimited)
        resets_at = error.failure.resets_at
        kept = asdict(error.failure) | {"resets_at": resets_at and resets_at.isoformat()}
        _note_trouble(move, kept, before, now, at_earliest=(resets_at or now) if is_temporary else None)
        return False
    return _note_progress(move, now)


def _note_progress(move: Move, now: datetime) -> bool:
    """Whether there is more to do. At the last step, who is left behind waits for a person, what is owed for X."""
    has_more = move.finished_at is None and move.step != Move.Step.DELETE
    waits = move.finished_at is None and not has_more and _waits_for_x(move)
    ended = {} if has_more or waits else {"under_way": False}
    next_try_at = now + LOOKS_EVERY if waits else None
    Move.objects.filter(pk=move.pk).update(trouble=None, tries=0, next_try_at=next_try_at, **ended)
    return has_more and _is_wanted(move)


def _waits_for_x(move: Move) -> bool:
    plan = moving.plan(move)
    return bool(plan.owed) and not plan.left_behind


def _note_trouble(
    move: Move, trouble: dict[str, Any], before: tuple[str, int], now: datetime, *, at_earliest: datetime | None
) -> None:
    """Keep what stands in the way. Without `at_earliest` trying again changes nothing, and a person has to."""
    tries = 1 if _progress(move) != before else move.tries + 1
    changed: dict[str, Any] = {"trouble": trouble, "tries": tries, "next_try_at": None, "under_way": False}
    if at_earliest is not None and tries < MOST_TRIES:
        delay = min(FIRST_DELAY * 2 ** (tries - 1), LONGEST_DELAY)
        changed |= {"next_try_at": max(at_earliest, now + delay)}
        del changed["under_way"]  # unless a person has stopped it meanwhile
    Move.objects.filter(pk=move.pk).update(**changed)


def _progress(move: Move) -> tuple[str, int]:
    return move.step, moving.plan(move).moved


def _is_wanted(move: Move) -> bool:
    return Move.objects.filter(pk=move.pk, under_way=True).exists()
