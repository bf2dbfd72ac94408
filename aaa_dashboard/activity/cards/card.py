"""What a card holds, and how its parts are read from JSON that may have any shape."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from aaa_dashboard.deliveries.kinds import id_of, member, text_of
from aaa_dashboard.deliveries.split import unescape

HUES = 8
"""Number of avatar colours in the style sheet (`hue-0` …)."""


@dataclass(frozen=True, slots=True)
class Person:
    """An X user as far as a payload tells. Every field may be empty."""

    id: str = ""
    name: str = ""
    screen_name: str = ""

    @property
    def handle(self) -> str:
        """`@screen_name`; where X did not send it, the id in words."""
        if self.screen_name:
            return f"@{self.screen_name}"
        return f"user {self.id}" if self.id else "somebody"

    @property
    def title(self) -> str:
        """What stands first in a row: the name, else the handle."""
        return self.name or self.handle

    @property
    def initials(self) -> str:
        """One or two capital letters for the avatar."""
        words = [word for word in (self.name or self.screen_name).split() if word[:1].isalnum()]
        if not words:
            return "·"
        return (words[0][0] + words[-1][0] if len(words) > 1 else words[0][:2]).upper()

    @property
    def hue(self) -> int:
        """Colour of the avatar: the same for the same user everywhere."""
        return zlib.crc32((self.id or self.screen_name).encode()) % HUES


NOBODY = Person()


@dataclass(frozen=True, slots=True)
class Medium:
    """A picture, film or link. It is offered as a link and never loaded, so that X learns nothing of our readers."""

    what: str
    url: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of the event page. `is_id` sets it in fixed width with a button that copies it."""

    name: str
    value: str
    is_id: bool = False

    @property
    def is_link(self) -> bool:
        return self.value.startswith("https://x.com/")


@dataclass(frozen=True, slots=True)
class Card:
    """One event in words.

    `line` follows the name ("→ @acme", "likes a post of @acme"); `text` is what the actor said; `quote` is what
    somebody else had said before. `private` marks both as the text of a direct message.
    """

    label: str
    icon: str
    actor: Person = NOBODY
    line: str = ""
    text: str = ""
    quote: str = ""
    quote_by: Person = NOBODY
    tags: tuple[str, ...] = ()
    media: tuple[Medium, ...] = ()
    facts: tuple[Fact, ...] = ()
    private: bool = False


@dataclass(frozen=True, slots=True)
class Scene:
    """What a card function reads: the item, the delivery around it and the names that we know ourselves."""

    kind: str
    label: str
    body: dict[str, Any]
    item: dict[str, Any]
    for_user_id: str
    names: Mapping[str, Person]
    """What we know ourselves, by X user id."""

    @property
    def account(self) -> Person:
        """The account of ours that X sent this for."""
        return self.person_by_id(self.for_user_id)

    def person(self, value: Any) -> Person:
        """Read a v1.1 User object, or one of the X Activity API with `username`, there wrapped in `data`."""
        if isinstance(wrapped := member(value, "data"), dict):
            value = wrapped
        screen_name = string(member(value, "screen_name")) or string(member(value, "username"))
        return self._known(id_text(id_of(value)), unescape(string(member(value, "name"))), screen_name)

    def person_by_id(self, id_: str) -> Person:
        """Find a user by id in the delivery's own `users` map, then among our accounts."""
        known = member(self.body, "users", id_)
        person = self.person(known) if isinstance(known, dict) else NOBODY
        return self._known(id_, person.name, person.screen_name)

    def _known(self, id_: str, name: str, screen_name: str) -> Person:
        """Fill in what the payload does not tell of an account of ours."""
        ours = self.names.get(id_, NOBODY)
        return Person(id_, name or ours.name, screen_name or ours.screen_name)

    def direction(self, actor: Person) -> str:
        """`posted` for what the account did itself, else an arrow to the account."""
        if not self.for_user_id:
            return ""
        return "posted" if actor.id == self.for_user_id else f"→ {self.account.handle}"


def string(value: Any) -> str:
    """Return text as it is; anything else is no text. A lone surrogate, which JSON allows, becomes a question mark."""
    if not isinstance(value, str):
        return ""
    return value if value.isascii() else value.encode("utf-8", "replace").decode()


def id_text(value: Any) -> str:
    """Return an id: strings as they are, numbers as digits."""
    return string(text_of(value))


def items(value: Any) -> list[Any]:
    """Return lists as they are; a single object as a list of one; nothing as an empty list."""
    if isinstance(value, list):
        return value
    return [value] if isinstance(value, dict) else []


def ids(*facts: tuple[str, Any]) -> tuple[Fact, ...]:
    """Build facts that are ids; those that are missing are left out."""
    return tuple(Fact(name, value, is_id=True) for name, raw in facts if (value := id_text(raw)))


def web_address(value: Any) -> str:
    """Return a link that is safe to follow, or nothing: a payload may hold `javascript:`."""
    url = string(value)
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in ("http", "https") and parts.netloc else ""
