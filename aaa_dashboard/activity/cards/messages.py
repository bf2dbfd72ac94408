"""Direct messages and the signs around them: typing, read."""

from typing import Any

from aaa_dashboard.deliveries.kinds import member
from aaa_dashboard.deliveries.split import unescape

from .card import Card, Fact, Medium, Scene, id_text, ids, items, string, web_address
from .posts import medium


def message(scene: Scene) -> Card:
    """A direct message, sent or received."""
    content = scene.item.get("message_create")
    data = member(content, "message_data")
    sender = scene.person_by_id(id_text(member(content, "sender_id")))
    recipient = scene.person_by_id(id_text(member(content, "target", "recipient_id")))
    return Card(
        label="Message",
        icon="envelope",
        actor=sender,
        line=f"→ {recipient.handle}",
        text=unescape(string(member(data, "text"))),
        media=_attached(data),
        facts=(
            *ids(("Message", scene.item.get("id")), ("From", sender.id), ("To", recipient.id)),
            *_client(scene, id_text(member(content, "source_app_id"))),
            *_choices(data),
        ),
        private=True,
    )


def typing(scene: Scene) -> Card:
    """Somebody is writing to the account."""
    return _signal(scene, "Typing", "ellipsis-horizontal", "is typing to")


def read(scene: Scene) -> Card:
    """Somebody read the account's messages."""
    return _signal(scene, "Read", "eye", "read the messages of")


def _signal(scene: Scene, label: str, icon: str, verb: str) -> Card:
    sender = scene.person_by_id(id_text(scene.item.get("sender_id")))
    recipient = scene.person_by_id(id_text(member(scene.item, "target", "recipient_id")))
    return Card(
        label=label,
        icon=icon,
        actor=sender,
        line=f"{verb} {recipient.handle}",
        facts=ids(
            ("From", sender.id), ("To", recipient.id), ("Last message read", scene.item.get("last_read_event_id"))
        ),
    )


def _attached(data: Any) -> tuple[Medium, ...]:
    """Return pictures, links and the buttons ("calls to action") of a message."""
    shown = [medium(each) for each in items(member(data, "attachment", "media"))]
    shown += [
        Medium("Link", web_address(member(each, "expanded_url")), string(member(each, "display_url")))
        for each in items(member(data, "entities", "urls"))
    ]
    shown += [
        Medium("Button", web_address(member(each, "url")), unescape(string(member(each, "label"))))
        for each in items(member(data, "ctas"))
    ]
    return tuple(dict.fromkeys(each for each in shown if each.url))


def _client(scene: Scene, app_id: str) -> tuple[Fact, ...]:
    name = string(member(scene.body, "apps", app_id, "name")) if app_id else ""
    return (Fact("Written with", name),) if name else ()


def _choices(data: Any) -> tuple[Fact, ...]:
    """Return the answers that a message offers, and the one that was chosen."""
    offered = [unescape(string(member(each, "label"))) for each in items(member(data, "quick_reply", "options"))]
    chosen = string(member(data, "quick_reply_response", "metadata"))
    facts = (Fact("Answers offered", " · ".join(filter(None, offered))),) if any(offered) else ()
    return (*facts, Fact("Answer chosen", chosen)) if chosen else facts
