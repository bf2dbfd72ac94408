"""The X Activity API's envelope: one card for all its types, because the payloads share their field names.

Users come in three places: in `payload.source.data`, in the map `payload.users` and in the list `includes.users`.
"""

from typing import Any

from aaa_dashboard.deliveries.kinds import activity_actor_id, id_of, member
from aaa_dashboard.deliveries.split import unescape
from aaa_dashboard.deliveries.takedown.posts import ERASED

from .card import NOBODY, Card, Person, Scene, id_text, ids, items, string
from .messages import message, read, typing
from .posts import whole_text

# Label, icon, words after the name; `{}` stands for whom it was done to.
_TYPES: dict[str, tuple[str, str, str]] = {
    "post.create": ("Post", "chat-bubble-oval-left", ""),
    "post.delete": ("Deletion", "trash", "deleted a post"),
    "post.mention.create": ("Mention", "at-symbol", "→ {}"),
    "post.reply.create": ("Reply", "arrow-uturn-left", "→ {}"),
    "post.quote.create": ("Quote", "chat-bubble-left-right", "quotes {}"),
    "post.repost.create": ("Repost", "arrow-path-rounded-square", "reposts {}"),
    "like.create": ("Like", "heart", "likes a post of {}"),
    "follow.follow": ("Follow", "user-plus", "follows {}"),
    "follow.unfollow": ("Unfollow", "user-minus", "no longer follows {}"),
    "block.block": ("Block", "no-symbol", "blocks {}"),
    "block.unblock": ("Unblock", "no-symbol", "no longer blocks {}"),
    "mute.mute": ("Mute", "speaker-x-mark", "mutes {}"),
    "mute.unmute": ("Unmute", "speaker-wave", "no longer mutes {}"),
    "dm.received": ("Message", "envelope", "→ {}"),
    "dm.sent": ("Message", "envelope", "→ {}"),
    "dm.read": ("Read", "eye", "read the messages of {}"),
    "dm.indicate_typing": ("Typing", "ellipsis-horizontal", "is typing to {}"),
    "oauth.revoke": ("Revoked", "key", "withdrew this app's access"),
}
# Messages come wrapped in the older envelope, with their own card.
_WRAPPED = {
    "direct_message_events": message,
    "direct_message_mark_read_events": read,
    "direct_message_indicate_typing_events": typing,
}
_ACTOR_FIELDS = ("liking_user_id", "creator_id")
_TARGET_FIELDS = ("target_user_id", "recipient_id", "participant_id", "in_reply_to_user_id")


def activity(scene: Scene) -> Card:
    """One event of the X Activity API, known or not."""
    payload = scene.item.get("payload")
    payload = payload if isinstance(payload, dict) else {}
    for key, card in _WRAPPED.items():
        if wrapped := items(member(payload, key)):
            inner = wrapped[0] if isinstance(wrapped[0], dict) else {}
            return card(Scene(key, scene.label, payload, inner, scene.for_user_id, scene.names))
    label, icon, words = _TYPES.get(scene.kind, ("", "bolt", ""))
    if scene.kind.startswith("profile."):
        label, icon, words = "Profile", "pencil-square", f"changed the profile: {scene.kind.rpartition('.')[2]}"
    actor, liked = _actor(scene, payload), _liked(scene, payload)
    if scene.kind == "post.reply.create" and actor.id and actor.id == id_text(payload.get("in_reply_to_user_id")):
        words = "continues its thread"
    return Card(
        label=label or "Activity",
        icon=icon,
        actor=actor,
        line=words.replace("{}", _target(scene, payload, liked, actor).handle) or _unnamed(scene, label, actor),
        text=_text(payload),
        quote=whole_text(liked) or unescape(string(member(payload, "before"))),
        facts=ids(
            ("Object", id_of(payload)),
            ("Liked post", member(payload, "liked_tweet_id")),
            ("Event at X", scene.item.get("event_uuid")),
        ),
        private=scene.kind.startswith(("dm.", "chat.")),
    )


def _unnamed(scene: Scene, label: str, actor: Person) -> str:
    return scene.direction(actor) if label else f"did something of the unknown kind “{scene.kind}”"


def _actor(scene: Scene, payload: Any) -> Person:
    id_ = string(activity_actor_id(scene.item))
    for field in _ACTOR_FIELDS:
        id_ = id_ or id_text(member(payload, field))
    for name in ("source", "user"):
        person = scene.person(member(payload, name))
        if person.id and person.id == (id_ or person.id):
            return person
    return _included(scene, id_ or scene.for_user_id)


def _target(scene: Scene, payload: Any, liked: Any, actor: Person) -> Person:
    target = scene.person(member(payload, "target"))
    if target.id:
        return target
    for value in (member(liked, "author_id"), *(member(payload, field) for field in _TARGET_FIELDS)):
        if id_ := id_text(value):
            return _included(scene, id_)
    return scene.account if actor.id != scene.for_user_id else NOBODY


def _included(scene: Scene, id_: str) -> Person:
    for user in items(member(scene.item, "includes", "users")):
        if id_ and id_text(id_of(user)) == id_:
            return scene.person(user)
    return scene.person_by_id(id_)


def _liked(scene: Scene, payload: Any) -> Any:
    id_ = id_text(member(payload, "liked_tweet_id"))
    posts = items(member(scene.item, "includes", "tweets"))
    return next((post for post in posts if id_ and id_text(id_of(post)) == id_), None)


def _text(payload: Any) -> str:
    if member(payload, ERASED):
        return whole_text(payload)
    for path in (("note_tweet", "text"), ("text",), ("message", "text"), ("new",), ("after",)):
        if text := string(member(payload, *path)):
            return unescape(text)
    return ""
