"""Follows the receiver and writes down which event holds which post; what may not be kept is marked or leaves at once.

Nothing of it is on the receiver's path. Payloads are read outside of any transaction; the short one at the end of a
batch takes the follower's row, looks the posts up among those that must not be kept, and writes them down.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from typing import NamedTuple

from django.db import transaction
from django.db.models import F

from ..following import alone, pass_to, passed_id, settled_id
from ..kinds import ms_of_snowflake
from ..leaving import delete_events
from ..models import Event, Follower, Unsplit
from ..pace import Pace
from . import unsplit
from .counting import EVENTS_BY, EVENTS_FOR, count
from .models import ContainedPost, Takedown, Tombstone
from .posts import posts_in
from .search_index import ask_to_forget

FOLLOWER = "copies"
SECONDS = 20.0
What = Takedown.What
OF_ITS_POSTS = (What.AUTHOR, What.ACCOUNT)


@dataclass(slots=True)
class Followed:
    """What a run did."""

    events: int = 0
    posts: int = 0
    due: int = 0
    """Posts that must not be kept and came all the same."""
    deleted: int = 0
    """Events of accounts that were erased, which came again."""


class _Head(NamedTuple):
    pk: int
    app_id: int
    for_user_id: str
    actor_id: str
    occurred_at: datetime
    payload: str


_Wishes = dict[str, list[Takedown]]
"""Takedowns of accounts, by account."""


def lock() -> None:
    """Keep the index from going on until the transaction ends: what is marked now, it sees afterwards."""
    Follower.objects.get_or_create(name=FOLLOWER)
    Follower.objects.filter(name=FOLLOWER).update(passed_id=F("passed_id"))


def follow(now: datetime, seconds: float = SECONDS) -> Followed:
    """Go on from where the last run came to, up to what has settled. One at a time; safe to interrupt.

    Args:
        now: The present; what is younger than `following.SETTLES` waits on PostgreSQL.
        seconds: After these the rest is left to the next run.
    """
    followed, give_up_at = Followed(), monotonic() + seconds
    with alone(FOLLOWER, now) as ours:
        if not ours:
            return followed
        last, last_unsplit = settled_id(Event, now), settled_id(Unsplit, now)
        pace = Pace()
        while monotonic() < give_up_at and _follow_batch(last, followed, pace):
            pass
        unsplit.follow(last_unsplit, give_up_at)
    return followed


def _follow_batch(last: int, followed: Followed, pace: Pace) -> bool:
    passed = passed_id(FOLLOWER)
    fields = _Head._fields
    found = Event.objects.filter(pk__gt=passed, pk__lte=last).order_by("pk").values_list(*fields)[: pace.size]
    heads = [_Head(*values) for values in found]
    if not heads:
        pass_to(FOLLOWER, last)
        return False
    held = {head: posts_in(head.payload) for head in heads}
    wishes = _wishes(held)
    # Before the transaction: a takedown that is asked for from now on finds these events itself.
    followed.deleted += _delete_unwanted(heads, wishes)
    with pace:
        if not pass_to(FOLLOWER, heads[-1].pk, passed_id=passed):
            return False
        rows = _rows(held)
        ContainedPost.objects.bulk_create(rows, ignore_conflicts=True)
    followed.events += len(heads)
    followed.posts += len(rows)
    followed.due += sum(row.due for row in rows)
    return True


def _rows(held: dict[_Head, dict[str, str]]) -> list[ContainedPost]:
    """Make the rows of a batch. To be called with the follower's row taken."""
    post_ids = {post_id for posts in held.values() for post_id in posts}
    gone = set(Tombstone.objects.filter(post_id__in=post_ids).values_list("post_id", flat=True))
    wishes = _wishes(held)
    return [
        ContainedPost(
            event_id=head.pk,
            post_id=post_id,
            author_id=author_id[:32],
            due=post_id in gone or _is_unwanted(post_id, head.occurred_at, wishes.get(author_id, [])),
        )
        for head, posts in held.items()
        for post_id, author_id in posts.items()
        if _unwanted_by(head, wishes) is None
    ]


def _wishes(held: dict[_Head, dict[str, str]]) -> _Wishes:
    ids = {author for posts in held.values() for author in posts.values()}
    ids |= {id_ for head in held for id_ in (head.for_user_id, head.actor_id)}
    wishes: _Wishes = {}
    for takedown in Takedown.objects.filter(x_id__in=ids - {""}).exclude(what=What.POST):
        wishes.setdefault(takedown.x_id, []).append(takedown)
    return wishes


def _is_unwanted(post_id: str, occurred_at: datetime, wishes: Iterable[Takedown]) -> bool:
    ms = ms_of_snowflake(post_id)
    posted_at = occurred_at if ms is None else datetime.fromtimestamp(ms / 1000, UTC)
    return any(wish.what in OF_ITS_POSTS and posted_at <= wish.until for wish in wishes)


def _delete_unwanted(heads: Iterable[_Head], wishes: _Wishes) -> int:
    deleted = 0
    for head in heads:
        if wish := _unwanted_by(head, wishes):
            with transaction.atomic():
                number = delete_events([head.pk]).deleted
                if wish.done_at is None:
                    count(wish, {EVENTS_FOR if head.for_user_id == wish.x_id else EVENTS_BY: number})
                ask_to_forget()
            deleted += number
    return deleted


def _unwanted_by(head: _Head, wishes: _Wishes) -> Takedown | None:
    """Return by which takedown an event leaves: of an account that was erased, or of an owner who left."""
    concerned: list[Takedown] = [*wishes.get(head.for_user_id, ()), *wishes.get(head.actor_id, ())]
    for wish in concerned:
        if head.occurred_at > wish.until:
            continue
        if wish.what == What.ACCOUNT:
            return wish
        if wish.what == What.LEFT and wish.x_id == head.for_user_id and wish.app_id == head.app_id:
            return wish
    return None
