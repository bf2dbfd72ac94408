"""Follows, blocks and mutes: one user, what was done, the other user."""

from .card import Card, Scene, ids, string


def follow(scene: Scene) -> Card:
    """A follow or unfollow; X sends both under the one key."""
    if string(scene.item.get("type")) == "unfollow" or scene.kind == "unfollow_events":
        return _relation(scene, "Unfollow", "user-minus", "no longer follows")
    return _relation(scene, "Follow", "user-plus", "follows")


def block(scene: Scene) -> Card:
    """A block or unblock by the account."""
    if string(scene.item.get("type")) == "unblock":
        return _relation(scene, "Unblock", "no-symbol", "no longer blocks")
    return _relation(scene, "Block", "no-symbol", "blocks")


def mute(scene: Scene) -> Card:
    """A mute or unmute by the account."""
    if string(scene.item.get("type")) == "unmute":
        return _relation(scene, "Unmute", "speaker-wave", "no longer mutes")
    return _relation(scene, "Mute", "speaker-x-mark", "mutes")


def _relation(scene: Scene, label: str, icon: str, verb: str) -> Card:
    source, target = scene.person(scene.item.get("source")), scene.person(scene.item.get("target"))
    return Card(
        label=label,
        icon=icon,
        actor=source,
        line=f"{verb} {target.handle}",
        facts=ids((f"{label} by", source.id), ("Of", target.id)),
    )
