"""What a person can do as one of the pretend users. Each act is remembered, and told to whom X would tell it.

Every function returns what it made, and raises `Impossible` for what X would not let happen.
"""

from collections.abc import Callable, Iterable
from typing import Any

import orjson
from django.db import transaction

from .. import clock
from ..delivery import dispatch
from ..delivery.dispatch import target_of
from ..mint import Delivery, new_id, write_time
from ..models import AccessToken, App, DirectMessage, Like, Post, Relation, User
from ..oauth import tokens
from . import audience, objects
from .profiles import messaging_user
from .traffic import deletion
from .wording import mentions


class Impossible(Exception):
    """X would not let that happen; the message says why, in a sentence for a person."""


def post(
    author: User, text: str, *, replies_to: Post | None = None, quotes: Post | None = None, replaces: Post | None = None
) -> Post:
    """Post something: alone, as a reply, as a quote, or in place of an earlier version."""
    text = text.strip()
    if not text:
        raise Impossible("A post needs a text.")
    for other in (replies_to, quotes):
        _require_visible(author, other)
    if replies_to and replies_to.author != author and replies_to.author.screen_name.lower() not in mentions(text):
        text = f"@{replies_to.author.screen_name} {text}"  # as X does, and shows it to nobody
    made = Post.objects.create(
        id=new_id(clock.now_ms()), author=author, text=text, replies_to=replies_to, quotes=quotes, replaces=replaces
    )
    _tell_post(made, "edited" if replaces else "quote" if quotes else "reply" if replies_to else "post")
    return made


def repost(author: User, original: Post) -> Post:
    """Repost a post; a repost of a repost is one of the original."""
    original = original.reposts or original
    _require_visible(author, original)
    if original.author.is_protected:
        raise Impossible("Posts of protected accounts cannot be reposted.")
    if Post.objects.filter(author=author, reposts=original, is_deleted=False).exists():
        raise Impossible(f"{author} has reposted this already.")
    made = Post.objects.create(id=new_id(clock.now_ms()), author=author, reposts=original)
    _tell_post(made, "repost")
    return made


def edit(author: User, original: Post, text: str) -> Post:
    """Put a new version of a post in its place: a post with an id of its own."""
    if original.author_id != author.pk or original.is_deleted or original.reposts:
        raise Impossible("Only a post of one's own can be edited.")
    if hasattr(original, "replaced_by"):
        raise Impossible("This is not the newest version of that post.")
    return post(author, text, replies_to=original.replies_to, quotes=original.quotes, replaces=original)


def delete(author: User, original: Post) -> Post:
    """Delete a post. X tells nobody but its author's subscribers."""
    if original.author_id != author.pk or original.is_deleted:
        raise Impossible("Only a post of one's own can be deleted.")
    original.is_deleted = True
    original.save(update_fields=["is_deleted"])
    Post.objects.filter(reposts=original).update(is_deleted=True)
    _tell([author], lambda one: deletion(str(original.pk), one.x_user_id, clock.now_ms()))
    return original


def like(user: User, liked: Post) -> Like:
    """Like a post."""
    liked = liked.reposts or liked
    _require_visible(user, liked)
    made, is_new = Like.objects.get_or_create(user=user, post=liked)
    if not is_new:
        raise Impossible(f"{user} likes this already.")
    body = {"favorite_events": [objects.like(made, clock.now_ms())]}
    _tell([user, liked.author], lambda one: _delivery("favorite_events__like", one, body))
    return made


def unlike(user: User, liked: Post) -> None:
    """Take a like back. X tells nobody."""
    Like.objects.filter(user=user, post=liked.reposts or liked).delete()


def relate(kind: Relation.Kind, source: User, target: User) -> Relation:
    """Follow, block or mute somebody. A block ends the following of both."""
    if source == target:
        raise Impossible(f"Nobody can {kind.value} themselves.")
    with transaction.atomic():
        made, is_new = Relation.objects.get_or_create(kind=kind, source=source, target=target)
        if not is_new:
            raise Impossible(f"{source} {kind.label.lower()} {target} already.")
        if kind == Relation.Kind.FOLLOW and _blocks(target, source):
            raise Impossible(f"{target} has blocked {source}.")
        if kind == Relation.Kind.BLOCK:
            Relation.objects.filter(kind=Relation.Kind.FOLLOW, source=source, target=target).delete()
            Relation.objects.filter(kind=Relation.Kind.FOLLOW, source=target, target=source).delete()
    # Nobody is told that they are blocked or muted.
    _tell_relation(kind, "", [source, target] if kind == Relation.Kind.FOLLOW else [source], source, target)
    return made


def unrelate(kind: Relation.Kind, source: User, target: User) -> None:
    """Stop following, blocking or muting somebody. X tells nobody but who did it."""
    gone, _ = Relation.objects.filter(kind=kind, source=source, target=target).delete()
    if not gone:
        raise Impossible(f"{source} does not {kind.value} {target}.")
    _tell_relation(kind, "un", [source], source, target)


def message(sender: User, recipient: User, text: str) -> DirectMessage:
    """Send a direct message."""
    text = text.strip()
    if not text:
        raise Impossible("A message needs a text.")
    if sender == recipient or _blocks(recipient, sender):
        raise Impossible(f"{sender} cannot write to {recipient}.")
    made = DirectMessage.objects.create(id=new_id(clock.now_ms()), sender=sender, recipient=recipient, text=text)
    body = {
        "direct_message_events": [objects.message(made)],
        "apps": {objects.WEB_APP["id"]: objects.WEB_APP},
        "users": _messaging(sender, recipient),
    }
    _tell([sender, recipient], lambda one: _delivery("direct_message_events__text", one, body))
    return made


def type_message(sender: User, recipient: User) -> None:
    """Begin to type a message: its recipient sees that."""
    event = {
        "created_timestamp": str(clock.now_ms()),
        "sender_id": sender.x_user_id,
        "target": {"recipient_id": recipient.x_user_id},
    }
    body = {"direct_message_indicate_typing_events": [event], "users": _messaging(sender, recipient)}
    _tell([recipient], lambda one: _delivery("direct_message_indicate_typing_events__typing", one, body))


def read(reader: User, writer: User) -> DirectMessage:
    """Read what somebody wrote: they see how far."""
    last = DirectMessage.objects.filter(sender=writer, recipient=reader).order_by("-id").first()
    if last is None:
        raise Impossible(f"{writer} has not written to {reader}.")
    DirectMessage.objects.filter(sender=writer, recipient=reader).update(is_read=True)
    event = {
        "created_timestamp": str(clock.now_ms()),
        "sender_id": reader.x_user_id,
        "target": {"recipient_id": writer.x_user_id},
        "last_read_event_id": str(last.pk),
    }
    body = {"direct_message_mark_read_events": [event], "users": _messaging(reader, writer)}
    _tell([writer], lambda one: _delivery("direct_message_mark_read_events__read", one, body))
    return last


def revoke(user: User, app: App) -> None:
    """Take an app's access away: its token and subscriptions are gone, and its webhooks are told so once."""
    date_time = write_time(clock.now_ms(), "iso")
    event = {"date_time": date_time, "target": {"app_id": app.x_app_id}, "source": {"user_id": user.x_user_id}}
    delivery = Delivery("user_event__revoke", user.x_user_id, orjson.dumps({"user_event": {"revoke": event}}))
    if not AccessToken.objects.filter(user=user, app=app).exists():
        raise Impossible(f"{app} has no access to {user}.")
    for hook in tokens.revoke(app, user):
        if hook.valid:
            dispatch.current.offer(target_of(hook), [delivery])


def _require_visible(user: User, other: Post | None) -> None:
    if other is None:
        return
    if other.is_deleted:
        raise Impossible("That post was deleted.")
    if _blocks(other.author, user):
        raise Impossible(f"{other.author} has blocked {user}.")


def _blocks(one: User, other: User) -> bool:
    return Relation.objects.filter(kind=Relation.Kind.BLOCK, source=one, target=other).exists()


def _tell_post(made: Post, variant: str) -> None:
    mentioned = [] if made.reposts else objects.wording_of(made).mentioned
    blocked_by = audience.blockers(made.author)
    item = objects.post(made)

    def body(one: User) -> Delivery:
        # Only who is spoken to learns whether the speaker is blocked.
        blocks = {} if one.pk == made.author_id or made.reposts else {"user_has_blocked": one.pk in blocked_by}
        return _delivery(f"tweet_create_events__{variant}", one, blocks | {"tweet_create_events": [item]})

    _tell(audience.concerned_by_post(made, mentioned), body)


def _tell_relation(kind: Relation.Kind, prefix: str, to: Iterable[User], source: User, target: User) -> None:
    type_ = prefix + kind.value
    body = {f"{kind.value}_events": [objects.relation(type_, source, target, clock.now_ms())]}
    _tell(to, lambda one: _delivery(f"{kind.value}_events__{type_}", one, body))


def _messaging(*users: User) -> dict[str, Any]:
    return {user.x_user_id: messaging_user(user) for user in users}


def _delivery(payload: str, one: User, body: dict[str, Any]) -> Delivery:
    return Delivery(payload, one.x_user_id, orjson.dumps({"for_user_id": one.x_user_id} | body))


def _tell(users: Iterable[User], delivery: Callable[[User], Delivery]) -> None:
    """Hand a delivery for each subscribed user to each webhook that hears of them."""
    unique = {user.x_user_id: user for user in users}
    for x_user_id, targets in audience.targets(unique).items():
        made = delivery(unique[x_user_id])
        for target in targets:
            dispatch.current.offer(target, [made])
