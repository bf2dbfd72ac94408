"""Who hears of what happens: subscribed accounts, and the webhooks on which they are."""

from collections import defaultdict
from collections.abc import Iterable

from .. import clock
from ..delivery.deliverer import Target
from ..delivery.dispatch import target_of
from ..models import Post, Relation, Subscription, User
from ..people import Person


def targets(user_ids: Iterable[str] | None = None) -> dict[str, list[Target]]:
    """The valid webhooks that hear of subscribed users, by X's id of the user; of these users alone, or of all."""
    found: dict[str, list[Target]] = defaultdict(list)
    active = Subscription.objects.filter(webhook__valid=True, active_from__lte=clock.now())
    if user_ids is not None:
        active = active.filter(user__x_user_id__in=list(user_ids))
    for subscription in active.select_related("user", "webhook__app").order_by("id"):
        found[subscription.user.x_user_id].append(target_of(subscription.webhook))
    return dict(found)


def person(user: User) -> Person:
    """A user, as the mint needs to know one."""
    return Person(user.x_user_id, user.screen_name, user.name, user.location, user.description, user.is_brand)


def concerned_by_post(post: Post, mentioned: Iterable[User]) -> list[User]:
    """Whom X tells of a new post, if they are subscribed.

    Its author; whom it mentions, replies to, quotes or reposts. Nobody is told of a repost because the reposted post
    mentions them, nor of what a protected author writes unless they follow them.
    Source: X, Account Activity API, “Activity data object structure” and “Which activities are delivered”.
    """
    others: list[User] = []
    if post.reposts:
        others.append(post.reposts.author)
        if post.reposts.quotes:
            others.append(post.reposts.quotes.author)
    else:
        others += [other.author for other in (post.replies_to, post.quotes) if other]
        others += mentioned
    unique = {user.pk: user for user in others if user.pk != post.author_id}
    if post.author.is_protected:
        allowed = set(
            Relation.objects.filter(
                kind=Relation.Kind.FOLLOW, source_id__in=unique, target_id=post.author_id
            ).values_list("source_id", flat=True)
        )
        unique = {pk: user for pk, user in unique.items() if pk in allowed}
    return [post.author, *unique.values()]


def blockers(author: User) -> set[int]:
    """Primary keys of the users who have blocked somebody."""
    return set(Relation.objects.filter(kind=Relation.Kind.BLOCK, target=author).values_list("source_id", flat=True))
