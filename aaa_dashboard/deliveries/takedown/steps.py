"""What a takedown does, step after step. Each goes on where it was broken off, and says whether it is through."""

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from django.db import transaction
from django.db.models import Q, QuerySet

from aaa_dashboard.subscriptions import forgetting

from ..following import newest_id, passed_id
from ..leaving import delete_events
from ..models import Event, Follower, Unsplit
from ..pace import Pace
from . import unsplit
from .counting import EVENTS_BY, EVENTS_FOR, IN_UNSPLIT, count
from .erasing import mark
from .index import FOLLOWER
from .models import ContainedPost, Takedown, Tombstone
from .search_index import ask_to_forget, has_forgotten

What = Takedown.What


@dataclass(frozen=True, slots=True)
class Step:
    words: str
    """For the page, as something that is done."""
    do: Callable[[Takedown, float], bool]
    """Takes the takedown and when to give up; True when nothing is left to do."""


def _delete_events_for(takedown: Takedown, give_up_at: float) -> bool:
    events = Event.objects.filter(for_user_id=takedown.x_id)
    if takedown.app_id:
        events = events.filter(app_id=takedown.app_id)
    return _delete(takedown, events, EVENTS_FOR, give_up_at)


def _delete_events_by(takedown: Takedown, give_up_at: float) -> bool:
    return _delete(takedown, Event.objects.filter(actor_id=takedown.x_id), EVENTS_BY, give_up_at)


def _delete(takedown: Takedown, events: QuerySet[Event], words: str, give_up_at: float) -> bool:
    """Delete in the order of ids. What is younger than the wish is walked over, and not walked over twice."""
    pace, last = Pace(), 0
    ordered = events.filter(pk__lte=takedown.last_event_id).order_by("pk").values_list("pk", "occurred_at")
    while monotonic() < give_up_at:
        with pace:
            if not (found := list(ordered.filter(pk__gt=last)[: pace.size])):
                return True
            deleted, held = delete_events([pk for pk, occurred_at in found if occurred_at <= takedown.until])
            last = held - 1 if held else found[-1][0]
            count(takedown, {words: deleted})
            if deleted:
                ask_to_forget()
        if held and not deleted:
            return False
    return False


def _mark_posts(takedown: Takedown, give_up_at: float) -> bool:
    copies = ContainedPost.objects.filter(author_id=takedown.x_id, event_id__lte=takedown.last_event_id)
    return mark(copies, give_up_at)


def _look_into_unsplit(takedown: Takedown, give_up_at: float) -> bool:
    name = f"unsplit of takedown {takedown.pk}"
    is_done = unsplit.look(
        name, {takedown.x_id}.intersection, last=newest_id(Unsplit), give_up_at=give_up_at,
        emptied=lambda _: count(takedown, {IN_UNSPLIT: 1}),
    )  # fmt: skip
    if is_done:
        Follower.objects.filter(name=name).delete()
    return is_done


def _forget_account(takedown: Takedown, _: float) -> bool:
    with transaction.atomic():
        count(takedown, forgetting.forget(takedown.x_id))
    return True


def _wait_for_index(takedown: Takedown, _: float) -> bool:
    """Be done when every event that was there has been looked at and nothing of it is due any more."""
    if passed_id(FOLLOWER) < takedown.last_event_id or not has_forgotten():
        return False
    if takedown.what == What.POST:
        copies = ContainedPost.objects.filter(post_id=takedown.x_id)
        unmarked = Q(marked=False) | Q(pk__gt=passed_id(unsplit.SWEPT))
        return not copies.exists() and not Tombstone.objects.filter(unmarked, post_id=takedown.x_id).exists()
    if takedown.what == What.LEFT:
        return True
    return not ContainedPost.objects.filter(author_id=takedown.x_id, event_id__lte=takedown.last_event_id).exists()


_DELETE_FOR = Step("Events for it are deleted", _delete_events_for)
_DELETE_BY = Step("Events by it, in other accounts’ lists, are deleted", _delete_events_by)
_MARK = Step("Copies of its posts are found", _mark_posts)
_UNSPLIT = Step("Deliveries that could not be taken apart are looked through", _look_into_unsplit)
_FORGET = Step("Tokens, names, consent and notes are wiped", _forget_account)
_WAIT = Step("Everything that had arrived is looked at, and every copy is erased", _wait_for_index)

STEPS: dict[Takedown.What, tuple[Step, ...]] = {
    What.POST: (_WAIT,),
    What.AUTHOR: (_MARK, _UNSPLIT, _WAIT),
    What.ACCOUNT: (_DELETE_FOR, _DELETE_BY, _MARK, _UNSPLIT, _FORGET, _WAIT),
    What.LEFT: (_DELETE_FOR, _WAIT),
}
