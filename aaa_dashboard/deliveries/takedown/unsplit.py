"""Bodies that could not be taken apart: every number in them may be an id, and what else they hold cannot be told.

So one that holds something unwanted is emptied as a whole. `follow` looks at those that are new, for all that must not
be kept; `sweep` at those that were there, for posts that had to go since; `look` for one thing. Each goes on where it
was broken off.
"""

import re
from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from time import monotonic

from django.db import transaction

from ..following import alone, newest_id, pass_to, passed_id
from ..models import Follower, Unsplit
from .models import Takedown, Tombstone

FOLLOWER = "copies in unsplit"
SWEPT = "tombstones in unsplit"
"""Up to which tombstone bodies have been looked through."""
_SWEEPING, _SWEEP = "tombstones in sweep", "sweep of unsplit"
TOMBSTONES_AT_ONCE = 10_000
BODIES_AT_ONCE = 20
IDS_AT_ONCE = 400
ERASED_REASON = "erased: it held a post or an account that had to go"

_IDS = re.compile(rb"(?<!\d)\d{1,20}(?!\d)")


def follow(last: int, give_up_at: float) -> bool:
    """Look at what is new up to an id. True when that is all."""
    return look(FOLLOWER, _unwanted, last=last, give_up_at=give_up_at)


def sweep(give_up_at: float, now: datetime, emptied: Callable[[str], None]) -> bool:
    """Look for all posts that were entombed since the last sweep. True when there is none left.

    Args:
        give_up_at: On the monotonic clock.
        now: The present.
        emptied: Is called with the id of a post, in the transaction that empties a body with it.
    """
    if not Tombstone.objects.filter(pk__gt=passed_id(SWEPT)).exists():
        return True
    with alone(_SWEEP, now) as ours:
        while ours and monotonic() < give_up_at:
            if (posts := _in_sweep()) is None:
                return True
            if not look(_SWEEP, posts.intersection, last=newest_id(Unsplit), give_up_at=give_up_at, emptied=emptied):
                return False
            pass_to(SWEPT, passed_id(_SWEEPING))
    return False


def look(
    name: str, unwanted: Callable[[set[str]], Iterable[str]], *, last: int, give_up_at: float,
    emptied: Callable[[str], None] = lambda _: None,
) -> bool:  # fmt: skip
    """Empty bodies that hold an unwanted id, from where somebody of a name has come to.

    Args:
        name: Of the follower that says so.
        unwanted: Returns those of some ids that must not be kept.
        last: Up to which body.
        give_up_at: On the monotonic clock; the rest is left to the next call.
        emptied: Is called with each unwanted id, in the transaction that empties a body with it.

    Returns:
        Whether all have been looked at.
    """
    whole = Unsplit.objects.filter(pk__lte=last).exclude(body=b"").order_by("pk").values_list("pk", "body")
    while monotonic() < give_up_at:
        found = list(whole.filter(pk__gt=passed_id(name))[:BODIES_AT_ONCE])
        for pk, body in found:
            if held := sorted(unwanted({number.decode() for number in _IDS.findall(bytes(body))})):
                _empty(pk, held, emptied)
        pass_to(name, found[-1][0] if found else last)
        if not found:
            return True
    return False


def _empty(pk: int, held: Collection[str], emptied: Callable[[str], None]) -> None:
    with transaction.atomic():
        if Unsplit.objects.filter(pk=pk).exclude(body=b"").update(body=b"", reason=ERASED_REASON):
            for id_ in held:
                emptied(id_)


def _unwanted(ids: set[str]) -> set[str]:
    numbers, found = sorted(ids), set[str]()
    for at in range(0, len(numbers), IDS_AT_ONCE):
        some = numbers[at : at + IDS_AT_ONCE]
        found.update(Tombstone.objects.filter(post_id__in=some).values_list("post_id", flat=True))
        found.update(Takedown.objects.filter(x_id__in=some).values_list("x_id", flat=True))
    return found


def _in_sweep() -> set[str] | None:
    """Return the posts that are looked for, for which a sweep is begun where none is under way; None: no post is left.

    What is entombed meanwhile waits for the next one: bodies before the place where this one is were not asked for it.
    """
    swept, last = passed_id(SWEPT), passed_id(_SWEEPING)
    if last <= swept:
        later = Tombstone.objects.filter(pk__gt=swept).order_by("pk").values_list("pk", flat=True)
        if not (keys := list(later[:TOMBSTONES_AT_ONCE])):
            return None
        last = keys[-1]
        with transaction.atomic():
            Follower.objects.filter(name=_SWEEP).update(passed_id=0)
            pass_to(_SWEEPING, last)
    return set(Tombstone.objects.filter(pk__gt=swept, pk__lte=last).values_list("post_id", flat=True))
