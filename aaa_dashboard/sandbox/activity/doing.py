"""Acts by name, as scenario files, tests and pages ask for them: `{"do": "post", "by": "mirakeller", "text": "…"}`."""

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import Model

from ..asked import is_x_id
from ..models import App, Post, Relation, User
from . import acts
from .acts import Impossible

Step = Mapping[str, Any]


def do(step: Step) -> dict[str, str]:
    """Let a user do something.

    Args:
        step: `do` (one of `DEEDS`), `by` (screen name), and what the deed needs: `text`, `post` (an id), `with` (screen
            name of somebody else), `app` (X's id or name of an app).

    Returns:
        What was made: `{"id": "…"}` for posts and messages, else nothing.

    Raises:
        Impossible: X would not let that happen, or the step names what is not there.
    """
    deed = DEEDS.get(str(step.get("do")))
    if deed is None:
        raise Impossible(f"“{step.get('do')}” is nothing that can be done. There are: {', '.join(DEEDS)}.")
    made = deed(step, user(step, "by"))
    return {"id": str(made.pk)} if isinstance(made, Model) and not isinstance(made, Relation) else {}


def user(step: Step, key: str) -> User:
    """The user that a step names."""
    name = _needed(step, key).removeprefix("@")
    found = User.objects.filter(screen_name__iexact=name).first() or User.objects.filter(x_user_id=name).first()
    if found is None:
        raise Impossible(f"There is no user @{name}.")
    return found


def _post(step: Step) -> Post:
    number = _needed(step, "post")
    related = ("author", "reposts__author", "quotes__author", "replies_to__author")
    found = Post.objects.select_related(*related).filter(pk=number).first() if is_x_id(number) else None
    if found is None:
        raise Impossible(f"There is no post {number}.")
    return found


def _app(step: Step) -> App:
    name = _needed(step, "app")
    found = App.objects.filter(x_app_id=name).first() or App.objects.filter(name=name).first()
    if found is None:
        raise Impossible(f"There is no app “{name}”.")
    return found


def _text(step: Step) -> str:
    if isinstance(step.get("text"), int):
        raise Impossible("“text” is a text.")
    return _needed(step, "text")


def _needed(step: Step, key: str) -> str:
    value = step.get(key)
    if value in (None, ""):
        raise Impossible(f"“{step.get('do')}” needs “{key}”.")
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Impossible(f"“{key}” is a text.")
    return str(value)


def _relate(kind: Relation.Kind) -> Callable[[Step, User], Relation]:
    return lambda step, by: acts.relate(kind, by, user(step, "with"))


def _unrelate(kind: Relation.Kind) -> Callable[[Step, User], None]:
    return lambda step, by: acts.unrelate(kind, by, user(step, "with"))


DEEDS: dict[str, Callable[[Step, User], Model | None]] = {
    "post": lambda step, by: acts.post(by, _text(step)),
    "reply": lambda step, by: acts.post(by, _text(step), replies_to=_post(step)),
    "quote": lambda step, by: acts.post(by, _text(step), quotes=_post(step)),
    "repost": lambda step, by: acts.repost(by, _post(step)),
    "edit": lambda step, by: acts.edit(by, _post(step), _text(step)),
    "delete": lambda step, by: acts.delete(by, _post(step)),
    "like": lambda step, by: acts.like(by, _post(step)).post,
    "unlike": lambda step, by: acts.unlike(by, _post(step)),
    "follow": _relate(Relation.Kind.FOLLOW),
    "unfollow": _unrelate(Relation.Kind.FOLLOW),
    "block": _relate(Relation.Kind.BLOCK),
    "unblock": _unrelate(Relation.Kind.BLOCK),
    "mute": _relate(Relation.Kind.MUTE),
    "unmute": _unrelate(Relation.Kind.MUTE),
    "type": lambda step, by: acts.type_message(by, user(step, "with")),
    "message": lambda step, by: acts.message(by, user(step, "with"), _text(step)),
    "read": lambda step, by: acts.read(by, user(step, "with")),
    "revoke": lambda step, by: acts.revoke(by, _app(step)),
}
"""Everything that can be done. Mentions are made by writing `@name` in a text."""

NEEDS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("post",), ("text",)),
    **dict.fromkeys(("reply", "quote", "edit"), ("post", "text")),
    **dict.fromkeys(("repost", "delete", "like", "unlike"), ("post",)),
    **dict.fromkeys(("follow", "unfollow", "block", "unblock", "mute", "unmute", "type", "read"), ("with",)),
    "message": ("with", "text"),
    "revoke": ("app",),
}
"""What each deed needs beside `by`."""
