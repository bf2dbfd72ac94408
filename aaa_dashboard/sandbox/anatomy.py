"""Take a payload apart once, so that fresh deliveries can be put together from it fast.

Everything in it that differs from one delivery to the next becomes a slot: ids, times, people, words, and the places of
the entities in those words. What recurs keeps recurring: an id that is in five places gets the same new value in all
five, and a post that is quoted stays as much older than its quote as it was.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from .people import BY_ID, X_EPOCH_MS
from .sentences import SENTENCES
from .words import Words, take_apart

ID = re.compile(r"(?<!\d)\d{15,20}(?!\d)")
PROFILE_IN_URL = re.compile(r"((?:twitter|x)\.com/)(\w+)(?=/)")
HEX_ID = re.compile(r"[0-9a-f]{32}")
# A text that nobody types holds the place of a slot while the body is serialised: bare where a number stood.
MARK = re.compile(rb'"\xee\x80\x82(\d+)\xee\x80\x83"|\xee\x80\x80(\d+)\xee\x80\x81')
PERSON_FIELDS = {
    "id": "id",
    "id_str": "id",
    "name": "name",
    "screen_name": "screen_name",
    "username": "screen_name",
    "location": "location",
    "description": "description",
    "created_timestamp": "joined_ms",
}
PERSON_ID_KEYS = {
    "for_user_id", "user_id", "in_reply_to_user_id", "in_reply_to_user_id_str", "sender_id", "recipient_id",
    "author_id", "creator_id", "liking_user_id",
}  # fmt: skip
TIME_KEYS = {
    "created_at", "timestamp_ms", "created_timestamp", "date_time", "deleted_at", "revoked_at", "editable_until",
    "editable_until_ms",
}  # fmt: skip
FUTURE_KEYS = {"editable_until", "editable_until_ms"}  # not when something happened
KEPT_KEYS = {"webhook_id"}  # the same in every delivery
# These say something that other words would not fit.
FITTING = {"quoted_status", "media", "attachment", "quick_reply", "quick_reply_response", "ctas", "entities.media"}


@dataclass(frozen=True)
class Slot:
    """A place in the body whose value is made anew: `what` says how, `of` and `as_` from what and in which form."""

    what: str
    of: str | int = ""
    as_: str | int = ""


@dataclass
class Anatomy:
    """A payload in pieces. `pieces[i]` for each `i` of `gaps` is filled with the value of `slots[gaps[i]]`."""

    pieces: list[bytes]
    gaps: list[tuple[int, int]]
    slots: list[Slot]
    people: list[str]
    """Ids of the pretend people in it, in the order of their appearance."""
    subject: str
    """Id of the account that the delivery is for; empty where X names none."""
    reference_ms: int
    """When the newest thing in it happened."""
    words: list[Words]

    @property
    def has_id(self) -> bool:
        """Whether something in it gets a new id. X tells the others (typing, a follow) apart by their time alone."""
        return any(slot.what in {"id", "hex", "uuid"} for slot in self.slots)


def take(body: dict[str, Any]) -> Anatomy:
    """Find the slots of a delivery. Users who are not ours keep their ids and names."""
    return _Taking(body).anatomy()


def id_ms(x_id: int) -> int:
    """The time that an X id carries, in milliseconds since 1970."""
    return (x_id >> 22) + X_EPOCH_MS


def parse_time(value: str | int) -> tuple[int, str] | None:
    """Read one of the forms of time that X writes.

    Returns:
        Milliseconds since 1970 and the name of the form (`ms`, `x_date`, `iso_ms`, `iso`), or None.
    """
    if isinstance(value, int) or value.isdigit():
        return int(value), "ms"
    for read, form in (
        (lambda text: datetime.strptime(text, "%a %b %d %H:%M:%S %z %Y"), "x_date"),
        (datetime.fromisoformat, "iso_ms" if value.endswith("Z") else "iso"),
    ):
        try:
            return round(read(value).timestamp() * 1000), form
        except ValueError:
            continue
    return None


@dataclass
class _Taking:
    body: dict[str, Any]
    slots: dict[Slot, int] = field(default_factory=dict)
    times: list[int] = field(default_factory=list)
    ids: list[int] = field(default_factory=list)
    words: list[Words] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.persons = set(_person_ids(self.body))
        self.names = {BY_ID[i].screen_name: i for i in self.persons if i in BY_ID}

    def anatomy(self) -> Anatomy:
        marked = orjson.dumps(self._walk(self.body))
        pieces: list[bytes] = []
        gaps: list[tuple[int, int]] = []
        end = 0
        for match in MARK.finditer(marked):
            pieces += (marked[end : match.start()], b"")
            gaps.append((len(pieces) - 1, int(match[1] or match[2])))
            end = match.end()
        pieces.append(marked[end:])
        people = list(dict.fromkeys(str(s.of) for s in self.slots if s.what == "person"))
        reference = max(self.times, default=0) or max(map(id_ms, self.ids), default=0)
        return Anatomy(pieces, gaps, list(self.slots), people, _subject(self.body), reference, self.words)

    def _mark(self, slot: Slot, bare: bool = False) -> str:
        number = self.slots.setdefault(slot, len(self.slots))
        return f"\ue002{number}\ue003" if bare else f"\ue000{number}\ue001"

    def _walk(self, node: Any, key: str = "", voice: str = "") -> Any:
        if isinstance(node, list):
            return [self._walk(item, key, voice) for item in node]
        if not isinstance(node, dict):
            return self._leaf(key, node)
        voice = _voice(node, voice)
        if "screen_name" in node or "username" in node:
            return {k: self._of_person(node, k, v) for k, v in node.items()}
        node = _with_exact_time(node)
        marked = {self._string(k): self._walk(v, k, voice) for k, v in node.items()}
        text_key = "full_text" if "full_text" in node else "text"
        if isinstance(node.get(text_key), str) and isinstance(node.get("entities"), dict):
            self._mark_words(node, marked, text_key, voice)
        return marked

    def _leaf(self, key: str, value: Any) -> Any:
        if isinstance(value, _Moment):
            return self._mark(Slot("time", value.ms, "x_date"))
        if isinstance(value, bool) or not isinstance(value, int | str) or key in KEPT_KEYS:
            return value
        if key in TIME_KEYS and (time := parse_time(value)):
            if key not in FUTURE_KEYS:
                self.times.append(time[0])
            return self._mark(Slot("time", *time), bare=isinstance(value, int))
        if isinstance(value, int):
            return self._id(str(value), bare=True) if value >= 10**14 else value
        return self._word(key, value)

    def _word(self, key: str, value: str) -> str:
        if key == "event_uuid":
            return self._mark(Slot("uuid", value, "-" if value.startswith("-") else ""))
        if key == "id" and HEX_ID.fullmatch(value):
            return self._mark(Slot("hex", value))
        if key == "in_reply_to_screen_name" and value in self.names:
            return self._mark(Slot("person", self.names[value], "screen_name"))
        if value in BY_ID and (key == "for_user_id" or (key == "user_id" and value == _subject(self.body))):
            return self._mark(Slot("for_user", value))
        return self._string(value)

    def _string(self, value: str) -> str:
        value = PROFILE_IN_URL.sub(
            lambda m: (
                m[1] + (self._mark(Slot("person", self.names[m[2]], "screen_name")) if m[2] in self.names else m[2])
            ),
            value,
        )
        return ID.sub(lambda m: str(self._id(m[0])), value)

    def _id(self, value: str, bare: bool = False) -> str | int:
        if value in BY_ID and value in self.persons:
            return self._mark(Slot("person", value, "id"), bare)
        if value in self.persons:
            return int(value) if bare else value
        self.ids.append(int(value))
        return self._mark(Slot("id", value), bare)

    def _of_person(self, node: dict[str, Any], key: str, value: Any) -> Any:
        person = str(node.get("id", ""))
        if person not in BY_ID or isinstance(value, list | dict | None):
            return value
        if key in PERSON_FIELDS:
            return self._mark(Slot("person", person, PERSON_FIELDS[key]), bare=isinstance(value, int))
        if key == "created_at" and (time := parse_time(value)):
            return self._mark(Slot("person", person, f"joined_{time[1]}"))
        if key == "url" and BY_ID[person].is_brand:
            return self._mark(Slot("person", person, "url"))
        return value

    def _mark_words(self, node: dict[str, Any], marked: dict[str, Any], text_key: str, voice: str) -> None:
        """Make slots of a text and of the positions that point into it."""
        language = node.get("lang") or ("en" if node[text_key].isascii() else "")
        free = not (node.get("truncated") or text_key == "full_text" or FITTING & node.keys())
        free = free and "media" not in node["entities"] and (voice, language) in SENTENCES
        words = take_apart(node, text_key, self.names, (voice, language) if free else None)
        number = len(self.words)
        self.words.append(words)
        marked[text_key] = self._mark(Slot("text", number))
        for holder, place, position in words.positions:
            if (boundary := words.boundary(position)) is not None:
                _at(marked, holder)[place] = self._mark(Slot("position", number, boundary), bare=True)


@dataclass(frozen=True)
class _Moment:
    ms: int


def _with_exact_time(node: dict[str, Any]) -> dict[str, Any]:
    """Give `created_at` of a post the milliseconds of its id: moved after it was rounded, it could be a second off."""
    created, x_id = node.get("created_at"), str(node.get("id_str", ""))
    if isinstance(created, str) and x_id.isdigit() and (time := parse_time(created)) and time[1] == "x_date":
        return node | {"created_at": _Moment(id_ms(int(x_id)))}
    return node


def _at(node: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        node = node[step]
    return node


def _voice(node: dict[str, Any], inherited: str) -> str:
    """Who speaks in this object and to whom, as a key of `SENTENCES`; empty: nobody whose words may be changed."""
    author = str(node.get("sender_id") or node.get("author_id") or (node.get("user") or {}).get("id") or "")
    if author not in BY_ID:
        return inherited
    brand = BY_ID[author].is_brand
    if "sender_id" in node:
        return "message_answer" if brand else "message"
    if inherited == "fixed" or "quoted_status" in node:
        return "fixed"  # a quote answers what it quotes: both stay as they are
    if brand:
        return "answer" if node.get("in_reply_to_status_id") else "announce"
    return "praise" if inherited else "ask"


def _person_ids(node: Any, key: str = "") -> list[str]:
    """Ids of users anywhere in the body, ours or not: they must not be taken for ids of posts."""
    if isinstance(node, list):
        return [found for item in node for found in _person_ids(item, key)]
    if isinstance(node, dict):
        own = [str(node["id"])] if "id" in node and ("screen_name" in node or "username" in node) else []
        return own + [found for k, v in node.items() for found in _person_ids(v, k)]
    return [str(node)] if key in PERSON_ID_KEYS and node is not None else []


def _subject(body: dict[str, Any]) -> str:
    data = body.get("data") or {}
    revoke = (body.get("user_event") or {}).get("revoke") or {}
    return str(
        body.get("for_user_id")
        or (data.get("filter") or {}).get("user_id")
        or (data.get("payload") or {}).get("user_id")
        or (revoke.get("source") or {}).get("user_id")
        or ""
    )
