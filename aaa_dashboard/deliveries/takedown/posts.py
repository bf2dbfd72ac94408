"""Which posts a payload holds, and how one is taken out of it. No database, no clock.

A post is an object with an id of digits and a text, wherever it stands: the item itself, `retweeted_status`,
`quoted_status`, `favorited_status`, the `includes` of the X Activity API, a `status` inside a user. A repost is a copy
of its original through and through, so it goes with it; who reposted and when stays.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ..kinds import Kind, activity_kind_of, id_of, kind_of, member, text_of
from ..split import TEXT_LIMIT, CannotSplit, dump, parse, storable, unescape

ERASED = "erased"
"""The key of what is left of a post; its value says why."""

_TEXTS = ("text", "full_text", "extended_tweet", "note_tweet")
_ORIGINAL = "retweeted_status"
_KEPT = ("id", "id_str", "author_id", "created_at", "timestamp_ms")
_PLACES = {
    _ORIGINAL: "reposts",
    "quoted_status": "quotes",
    "favorited_status": "likes",
    "tweet_create_events": "posts",
    "payload": "posts",
}


class Redacted(NamedTuple):
    """What is left of an event."""

    payload: str
    text: str
    """For search."""
    places: dict[str, str]
    """By the id of each post that was taken out: whether it stood there as `posts`, `quotes`, `reposts`, `likes`,
    or as `other copies`."""


def posts_in(payload: str) -> dict[str, str]:
    """Return the ids of the posts that a payload holds, each with its author's id (empty where it does not say)."""
    try:
        document = parse(payload.encode("utf-8", "replace"))
    except CannotSplit:
        return {}
    found: dict[str, str] = {}
    waiting: list[Any] = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += [each for each in value if isinstance(each, dict | list)]
        elif isinstance(value, dict):
            for id_, author in _posts_of(value):
                found[id_] = author or found.get(id_, "")
            waiting += [each for each in value.values() if isinstance(each, dict | list)]
    return found


def redacted(kind: str, payload: str, whys: Mapping[str, str]) -> Redacted:
    """Take posts out of a payload and leave ids.

    Args:
        kind: Of the event.
        payload: As stored. What cannot be read leaves as a whole.
        whys: Why each is to leave, by its id.
    """
    try:
        document: Any = parse(payload.encode("utf-8", "replace"))
    except CannotSplit:
        return Redacted(dump({ERASED: next(iter(whys.values()))}), "", dict.fromkeys(whys, "other copies"))
    places: dict[str, str] = {}
    document = _without(document, whys, places, "")
    return Redacted(dump(document), _text(kind, document), places)


def _posts_of(value: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the post that an object is, and the one that it repeats (XAA names it by id alone)."""
    id_ = _post_id(value)
    if not id_:
        return
    yield id_, id_of(value.get("user")) or text_of(value.get("author_id"))
    if original := _original_id(value):
        yield original, id_of(member(value, _ORIGINAL, "user"))


def _post_id(value: dict[str, Any]) -> str:
    if ERASED in value or not any(name in value for name in _TEXTS):
        return ""
    id_ = id_of(value)
    return id_ if id_.isascii() and id_.isdigit() and len(id_) <= 32 else ""


def _original_id(value: dict[str, Any]) -> str:
    if isinstance(original := value.get(_ORIGINAL), dict):
        return id_of(original)
    referenced = value.get("referenced_tweets")
    for each in referenced if isinstance(referenced, list) else ():
        if isinstance(each, dict) and each.get("type") == "retweeted":
            return id_of(each)
    return ""


def _without(value: Any, whys: Mapping[str, str], places: dict[str, str], key: str) -> Any:
    if isinstance(value, list):
        return [_without(each, whys, places, key) for each in value]
    if not isinstance(value, dict):
        return value
    if id_ := _post_id(value):
        original = _original_id(value)
        if id_ in whys:
            places.setdefault(id_, _PLACES.get(key, "other copies"))
            return _left_of(value, whys[id_], names=False)
        if original in whys:
            places[original] = "reposts"
            return _left_of(value, whys[original], names=True)
    return {name: _without(each, whys, places, name) for name, each in value.items()}


def _left_of(post: dict[str, Any], why: str, *, names: bool) -> dict[str, Any]:
    """Reduce a post to ids and times, and to the name of who repeated it."""
    left = {name: post[name] for name in _KEPT if name in post}
    user = post.get("user")
    if isinstance(user, dict):
        kept = ("id", "id_str", "name", "screen_name") if names else ("id", "id_str")
        left["user"] = {name: user[name] for name in kept if name in user}
    if isinstance(original := post.get(_ORIGINAL), dict):
        left[_ORIGINAL] = _left_of(original, why, names=False)
    return left | {ERASED: why}


def _text(kind: str, document: dict[str, Any]) -> str:
    data = document.get("data")
    if kind not in document and isinstance(data, dict):
        return _text_of(activity_kind_of(kind), data)
    item = document.get(kind)
    return _text_of(kind_of(kind), item[0] if isinstance(item, list) and item else item)


def _text_of(entry: Kind, item: Any) -> str:
    return storable(unescape(entry.text(item)))[:TEXT_LIMIT] if isinstance(item, dict) else ""
