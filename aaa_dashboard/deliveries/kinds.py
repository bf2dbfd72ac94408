"""Every kind of event in one table: its name for people, its identity, its time, its actor, its text, its card.

A new kind is a row here, a payload file and a test. A kind that has no row is an ordinary member too: `UNKNOWN`.

The functions take an item as X sent it and never fail: X's documents and X's practice differ, so every field may be
missing or of another type. Identities follow X's documentation of the activity payloads; ids are strings throughout,
because they are larger than the 2^53 that other languages can hold.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from .models import Category

Item = dict[str, Any]
Identity = tuple[str, ...]
"""What makes an item the same item when it comes again. Empty: the item does not say."""


def text_of(value: Any) -> str:
    """Return strings as they are and whole numbers as digits; anything else is no text."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def member(value: Any, *path: str) -> Any:
    """Follow keys into nested objects; None where one is missing."""
    for key in path:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def id_of(value: Any) -> str:
    """Return the id of a Tweet or User object: `id_str` where there is one, else `id`, which may be a string."""
    if not isinstance(value, dict):
        return ""
    return text_of(value.get("id_str")) or text_of(value.get("id"))


# --- Times, in milliseconds since 1970 ---------------------------------------------------------

_EARLIEST_MS = 1_142_899_200_000  # 21 March 2006: the first post
_LATEST_MS = 253_402_300_799_000  # the end of the year 9999: what a datetime can hold
_SNOWFLAKE_EPOCH_MS = 1_288_834_974_657
_MONTHS = {name: number for number, name in enumerate("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)}


def ms_of_snowflake(id_: str) -> int | None:
    """Return the time that an id of X carries in its upper bits."""
    # 17 digits: younger than January 2011, before which ids carried no time.
    if 17 <= len(id_) <= 20 and id_.isascii() and id_.isdigit():
        return (int(id_) >> 22) + _SNOWFLAKE_EPOCH_MS
    return None


def ms_of(value: Any) -> int | None:
    """Read a time in any of the forms X uses: epoch milliseconds, ISO 8601, or `Mon May 19 14:01:46 +0000 2025`."""
    digits = text_of(value)
    if not digits:
        return None
    if len(digits) <= 15 and digits.isascii() and digits.isdigit():
        ms = int(digits)
        return ms if _EARLIEST_MS <= ms <= _LATEST_MS else None
    try:
        if digits[:1].isdigit():
            moment = datetime.fromisoformat(digits)
        else:
            _, month, day, clock, _, year = digits.split()
            hour, minute, second = clock.split(":")
            moment = datetime(int(year), _MONTHS[month], int(day), int(hour), int(minute), int(second), tzinfo=UTC)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        ms = int(moment.timestamp() * 1000)
    except (ValueError, KeyError, OverflowError):
        return None
    return ms if _EARLIEST_MS <= ms <= _LATEST_MS else None


# --- Tweets ------------------------------------------------------------------------------------


def tweet_text(tweet: Any) -> str:
    """Return the whole text of a post; of a repost the original's, of a quote both. Entities stay escaped as sent."""
    original = member(tweet, "retweeted_status")
    if isinstance(original, dict):
        return own_text(original)
    quoted = member(tweet, "quoted_status")
    if isinstance(quoted, dict):
        return f"{own_text(tweet)}\n{own_text(quoted)}".strip()
    return own_text(tweet)


def own_text(tweet: Any) -> str:
    """Return the whole text of one post, entities escaped as sent."""
    # `text` ends in "…" where `truncated` is set; the whole is in the extended form.
    for value in (member(tweet, "extended_tweet", "full_text"), member(tweet, "full_text"), member(tweet, "text")):
        if isinstance(value, str) and value:
            return value
    return ""


def _tweet_identity(tweet: Item) -> Identity:
    id_ = id_of(tweet)
    return (id_,) if id_ else ()


def _tweet_ms(tweet: Item) -> int | None:
    return ms_of(tweet.get("timestamp_ms")) or ms_of(tweet.get("created_at")) or ms_of_snowflake(id_of(tweet))


def _user_id(item: Item) -> str:
    return id_of(item.get("user"))


# --- The others --------------------------------------------------------------------------------


def _delete_identity(item: Item) -> Identity:
    id_ = text_of(member(item, "status", "id_str")) or text_of(member(item, "status", "id"))
    return (id_, text_of(item.get("timestamp_ms"))) if id_ else ()


def _timestamp_ms(item: Item) -> int | None:
    return ms_of(item.get("timestamp_ms")) or ms_of(item.get("created_at"))


def _relation_identity(item: Item) -> Identity:
    source, target = id_of(item.get("source")), id_of(item.get("target"))
    if not (source and target):
        return ()
    return (text_of(item.get("type")), source, target, text_of(item.get("created_timestamp")))


def _created_ms(item: Item) -> int | None:
    return ms_of(item.get("created_timestamp"))


def _message_identity(item: Item) -> Identity:
    id_ = text_of(item.get("id"))
    return (id_,) if id_ else ()


def _message_ms(item: Item) -> int | None:
    return _created_ms(item) or ms_of_snowflake(text_of(item.get("id")))


def _signal_identity(item: Item) -> Identity:
    sender, recipient = text_of(item.get("sender_id")), text_of(member(item, "target", "recipient_id"))
    if not (sender and recipient):
        return ()
    return (sender, recipient, text_of(item.get("last_read_event_id")), text_of(item.get("created_timestamp")))


def _sender_id(item: Item) -> str:
    return text_of(member(item, "message_create", "sender_id")) or text_of(item.get("sender_id"))


def _revoke_identity(item: Item) -> Identity:
    user_id, moment = _revoking_user_id(item), text_of(member(item, "revoke", "date_time"))
    return (user_id, moment) if user_id and moment else ()


def _revoking_user_id(item: Item) -> str:
    return text_of(member(item, "revoke", "source", "user_id"))


def _replay_identity(item: Item) -> Identity:
    job, state = text_of(item.get("job_id")), text_of(item.get("job_state"))
    return (job, state) if job and state else ()


# --- The successor's envelope (X Activity API) -------------------------------------------------


def _activity_identity(data: Item) -> Identity:
    uuid = text_of(data.get("event_uuid"))
    return (text_of(member(data, "filter", "user_id")), uuid) if uuid else ()


def _activity_ms(data: Item) -> int | None:
    payload = data.get("payload")
    for name in ("created_at", "timestamp_ms", "created_timestamp", "date_time"):
        if moment := ms_of(member(payload, name)):
            return moment
    return ms_of(data.get("created_at")) or ms_of_snowflake(id_of(payload))


def activity_actor_id(data: Item) -> str:
    """Return who did it: XAA names that person differently from type to type."""
    payload = data.get("payload")
    for path in (
        ("author_id",),
        ("sender_id",),
        ("source", "id"),
        ("source", "user_id"),
        ("user", "id"),
        ("user_id",),
        ("revoke", "source", "user_id"),
    ):
        if id_ := text_of(member(payload, *path)):
            return id_
    return ""


def _activity_text(data: Item) -> str:
    payload = data.get("payload")
    for path in (("note_tweet", "text"), ("text",), ("message", "text"), ("new",)):
        value = member(payload, *path)
        if isinstance(value, str):
            return value
    return ""


# --- The table ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Kind:
    """One row of the table. The functions take the item; see the module's docstring."""

    key: str
    """X's word: a top-level key of the body, or an XAA event type or its first part."""
    label: str
    """For people. Finer distinctions (reply, repost, unfollow …) are made by the card."""
    category: Category
    card: str
    """Which function of `activity.cards` draws it."""
    identity: Callable[[Item], Identity] = lambda item: ()
    ms: Callable[[Item], int | None] = lambda item: None
    actor_id: Callable[[Item], str] = lambda item: ""
    text: Callable[[Item], str] = lambda item: ""


def _relation(key: str, label: str, category: Category, card: str) -> Kind:
    return Kind(key, label, category, card, _relation_identity, _created_ms, lambda item: id_of(item.get("source")))


def _signal(key: str, label: str, card: str) -> Kind:
    return Kind(key, label, Category.SIGNALS, card, _signal_identity, _created_ms, _sender_id)


def _activity(key: str, label: str, category: Category) -> Kind:
    return Kind(key, label, category, "activity", _activity_identity, _activity_ms, activity_actor_id, _activity_text)


UNKNOWN = Kind("", "Unknown kind", Category.OTHER, "unknown")

POST = Kind(
    "tweet_create_events",
    "Post",
    Category.MENTIONS,  # of the account itself: POSTS, see `category_of`
    "post",
    _tweet_identity,
    _tweet_ms,
    _user_id,
    tweet_text,
)

KINDS: dict[str, Kind] = {
    kind.key: kind
    for kind in (
        POST,
        Kind(
            "tweet_delete_events",
            "Deletion",
            Category.DELETIONS,
            "delete",
            _delete_identity,
            _timestamp_ms,
            lambda item: text_of(member(item, "status", "user_id")),
        ),
        Kind(
            "favorite_events",
            "Like",
            Category.LIKES,
            "like",
            _tweet_identity,
            _timestamp_ms,
            _user_id,
            lambda item: tweet_text(item.get("favorited_status")),
        ),
        _relation("follow_events", "Follow", Category.FOLLOWS, "follow"),
        _relation("unfollow_events", "Unfollow", Category.FOLLOWS, "follow"),
        _relation("block_events", "Block", Category.BLOCKS, "block"),
        _relation("unblock_events", "Unblock", Category.BLOCKS, "block"),
        _relation("mute_events", "Mute", Category.BLOCKS, "mute"),
        _relation("unmute_events", "Unmute", Category.BLOCKS, "mute"),
        Kind(
            "direct_message_events",
            "Message",
            Category.MESSAGES,
            "message",
            _message_identity,
            _message_ms,
            _sender_id,
            lambda item: text_of(member(item, "message_create", "message_data", "text")),
        ),
        _signal("direct_message_indicate_typing_events", "Typing", "typing"),
        _signal("direct_message_mark_read_events", "Read", "read"),
        Kind(
            "user_event",
            "Account",
            Category.SYSTEM,
            "revoke",
            _revoke_identity,
            lambda item: ms_of(member(item, "revoke", "date_time")),
            _revoking_user_id,
        ),
        Kind("replay_job_status", "Replay", Category.SYSTEM, "replay", _replay_identity),
    )
}

# By the first part of a dotted event type: X adds types more often than families.
ACTIVITIES: dict[str, Kind] = {
    kind.key: kind
    for kind in (
        _activity("post", "Post", Category.POSTS),
        _activity("post.delete", "Deletion", Category.DELETIONS),
        _activity("post.mention", "Mention", Category.MENTIONS),
        _activity("post.reply", "Reply", Category.MENTIONS),
        _activity("post.quote", "Quote", Category.MENTIONS),
        _activity("post.repost", "Repost", Category.MENTIONS),
        _activity("like", "Like", Category.LIKES),
        _activity("follow", "Follow", Category.FOLLOWS),
        _activity("dm", "Message", Category.MESSAGES),
        _activity("dm.read", "Read", Category.SIGNALS),
        _activity("dm.indicate_typing", "Typing", Category.SIGNALS),
        _activity("mute", "Mute", Category.BLOCKS),
        _activity("block", "Block", Category.BLOCKS),
        _activity("profile", "Profile", Category.SYSTEM),
        _activity("oauth", "Account", Category.SYSTEM),
    )
}
UNKNOWN_ACTIVITY = _activity("", "Unknown kind", Category.OTHER)


def kind_of(key: str) -> Kind:
    """Return the row for what X calls it, `UNKNOWN` where there is none."""
    return KINDS.get(key, UNKNOWN)


def activity_kind_of(event_type: str) -> Kind:
    """Return the row for an XAA event type: the longest of its leading parts that the table has."""
    parts = event_type.split(".")
    for length in range(len(parts), 0, -1):
        if kind := ACTIVITIES.get(".".join(parts[:length])):
            return kind
    return UNKNOWN_ACTIVITY


def category_of(kind: Kind, actor_id: str, for_user_id: str) -> str:
    """Return the category of an item: what the account posts itself is no mention of it."""
    if kind is POST and actor_id == for_user_id:
        return Category.POSTS.value
    return kind.category.value
