"""From the bytes of a verified delivery to rows: one for each item, none lost, whatever X sends.

Facts from X's documentation of activity payloads: `for_user_id` is a string; each kind is a key that holds an array
(`user_event` and `replay_job_status` hold an object); `users` and `apps` are maps shared by the messages of a body;
`user_has_blocked` speaks of every item. What else is there is kept and shown, not understood.
"""

from datetime import UTC, datetime
from hashlib import blake2b
from json import dumps as exact_dumps
from json import loads as exact_loads
from typing import Any, NamedTuple

import orjson
import structlog

from .kinds import (
    UNKNOWN,
    Identity,
    Kind,
    activity_kind_of,
    category_of,
    kind_of,
    member,
    ms_of_snowflake,
    text_of,
)

log = structlog.get_logger(__name__)


class Row(NamedTuple):
    """What is stored of one item, in the order of the columns in `store`."""

    key: bytes
    """16 bytes: 6 of time where the identity has one, so that neighbours in time are neighbours in the index, and 10
    of BLAKE2b."""
    for_user_id: str
    kind: str
    category: str
    actor_id: str
    occurred_at: datetime
    received_at: datetime
    text: str
    payload: str


TEXT_LIMIT = 100_000
"""Characters kept for search: four times X's longest post, and a tenth of what a word list of PostgreSQL takes."""


class NotAnObject(Exception):
    """The body is no JSON object: nothing of X's."""


class CannotSplit(Exception):
    """The body is X's, as its signature shows, but not what we can take apart. Says why, without quoting it."""


def split(body: bytes, received_at: datetime) -> list[Row]:
    """Take a delivery apart.

    Args:
        body: The raw bytes, already verified.
        received_at: Our clock, in UTC; it stands in for X's where an item carries no time.

    Raises:
        NotAnObject: The sender is to be told so.
        CannotSplit: The body is to be kept as it is.
    """
    if not body.lstrip(b" \t\r\n\xef\xbb\xbf")[:1] == b"{":
        raise NotAnObject
    try:
        return _split(body, received_at)
    except CannotSplit:
        raise
    except (Exception, RecursionError) as error:
        # A defect of ours must not cost a delivery: the body is kept, and split again after a fix.
        log.exception("splitting failed", size=len(body))
        raise CannotSplit(f"our splitter failed: {type(error).__name__}") from error


def _split(body: bytes, received_at: datetime) -> list[Row]:
    document = parse(body)
    data = document.get("data")
    if isinstance(data, dict) and isinstance(data.get("event_type"), str):
        kind = activity_kind_of(data["event_type"])
        for_user_id = text_of(member(data, "filter", "user_id"))
        return [_row(kind, data["event_type"], data, for_user_id, received_at, _verbatim(body) or dump(document))]

    for_user_id = text_of(document.get("for_user_id"))
    items, shared, rest = _take_apart(document)
    if not items:
        raise CannotSplit("no items in it")
    if len(items) == 1:
        key, item, _ = items[0]
        payload = _verbatim(body) or dump(document)
        return [_row(kind_of(key), key, item, for_user_id, received_at, payload)]

    payloads = _reduced_payloads(items, document, shared, rest)
    return [
        _row(kind_of(key), key, item, for_user_id, received_at, payload)
        for (key, item, _), payload in zip(items, payloads, strict=True)
    ]


# --- Parsing -----------------------------------------------------------------------------------

# The fast parser turns whole numbers beyond 64 bits into floats; bodies that could hold one are parsed exactly instead.
# (Translating and looking for constants takes a tenth of the time of a regular expression.)
_SHAPE = bytes(1 if byte in b"0123456789" else 2 if byte in b"-" else 0 for byte in range(256))
_BEYOND_POSITIVE = b"\x01" * 20
_BEYOND_NEGATIVE = b"\x02" + b"\x01" * 19


def _may_exceed_64_bits(body: bytes) -> bool:
    shape = body.translate(_SHAPE)
    return _BEYOND_POSITIVE in shape or _BEYOND_NEGATIVE in shape


def parse(body: bytes) -> dict[str, Any]:
    """Read JSON exactly: no id loses digits. Raises `CannotSplit`."""
    if not _may_exceed_64_bits(body):
        try:
            return orjson.loads(body)  # type: ignore[no-any-return]
        except orjson.JSONDecodeError:
            pass  # half an emoji (a lone surrogate) is no JSON to the fast parser, but it is to X
    try:
        return exact_loads(body, parse_constant=_refuse_constant)  # type: ignore[no-any-return]
    except (ValueError, RecursionError) as error:
        raise CannotSplit("not JSON") from error


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)  # NaN and Infinity are no JSON


def _verbatim(body: bytes) -> str | None:
    """The body as text: the best payload, because it is exactly what X sent."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    return None if text.startswith("\ufeff") else text


def dump(value: Any) -> str:
    """Write JSON that any database takes as text: ASCII where characters are unpaired."""
    try:
        return orjson.dumps(value).decode()
    except orjson.JSONEncodeError:  # integers beyond 64 bits, lone surrogates, depth
        return exact_dumps(value, separators=(",", ":"))


# --- Several items in one body -----------------------------------------------------------------

_Items = list[tuple[str, Any, bool]]  # kind, item, whether it stood in an array
_SHARED_MAPS = ("users", "apps")
_ABOUT_ALL = ("for_user_id", "user_has_blocked")


def _take_apart(document: dict[str, Any]) -> tuple[_Items, dict[str, dict[str, Any]], dict[str, Any]]:
    """Sort the top-level keys into items, shared maps and the rest (single values we do not know)."""
    items: _Items = []
    shared: dict[str, dict[str, Any]] = {}
    rest: dict[str, Any] = {}
    for key, value in document.items():
        if key in _ABOUT_ALL:
            continue
        if key in _SHARED_MAPS and isinstance(value, dict):
            shared[key] = value
        elif isinstance(value, list) and value:
            items += [(key, item, True) for item in value]
        elif isinstance(value, dict):
            items.append((key, value, False))
        else:
            rest[key] = value
    return items, shared, rest


def _reduced_payloads(
    items: _Items, document: dict[str, Any], shared: dict[str, dict[str, Any]], rest: dict[str, Any]
) -> list[str]:
    """Write for each item the delivery that X would have sent for it alone.

    Each gets those members of the shared maps that it refers to. What belongs to no item in particular goes with the
    first, so that nothing of the body is lost and its size is not multiplied.
    """
    about_all = {key: document[key] for key in _ABOUT_ALL if key in document}
    referred = [{name: _members_referred_to(item, map_) for name, map_ in shared.items()} for _, item, _ in items]
    payloads = []
    for position, (key, item, in_array) in enumerate(items):
        maps = referred[position]
        if position == 0:
            claimed = {name: {id_ for other in referred for id_ in other[name]} for name in shared}
            maps = {
                name: {id_: map_[id_] for id_ in map_ if id_ in maps[name] or id_ not in claimed[name]}
                for name, map_ in shared.items()
            }
        payload = about_all | {key: [item] if in_array else item} | {name: map_ for name, map_ in maps.items() if map_}
        payloads.append(dump(payload | rest if position == 0 else payload))
    return payloads


def _members_referred_to(item: Any, map_: dict[str, Any]) -> dict[str, Any]:
    """Return those members of an id-keyed map whose id occurs as a value somewhere in the item."""
    found: dict[str, Any] = {}
    waiting = [item]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
        elif (id_ := text_of(value)) in map_:
            found[id_] = map_[id_]
    return found


# --- Rows --------------------------------------------------------------------------------------


def _row(kind: Kind, key: str, item: Any, for_user_id: str, received_at: datetime, payload: str) -> Row:
    if not isinstance(item, dict):  # an array of plain values: kept, not understood
        kind = UNKNOWN
        identity: Identity = ()
        item = {"": item}
    else:
        identity = kind.identity(item)
    ms = kind.ms(item)
    actor_id = kind.actor_id(item)
    return Row(
        _key(key, for_user_id, identity or _content_identity(item)),
        storable(for_user_id)[:32],
        storable(key)[:64],
        category_of(kind, actor_id, for_user_id),
        storable(actor_id)[:32],
        received_at if ms is None else datetime.fromtimestamp(ms / 1000, UTC),
        received_at,
        storable(unescape(kind.text(item)))[:TEXT_LIMIT],
        payload,
    )


def _key(kind: str, for_user_id: str, identity: Identity) -> bytes:
    """Hash an identity. The leading time may come from the identity alone: all else may differ in a redelivery."""
    last = identity[-1]
    ms = ms_of_snowflake(last) or (int(last) if len(last) == 13 and last.isascii() and last.isdigit() else 0)
    words = "\x1f".join((kind, for_user_id, *identity))
    return ms.to_bytes(6, "big") + blake2b(words.encode("utf-8", "surrogatepass"), digest_size=10).digest()


def _content_identity(item: Any) -> Identity:
    try:
        canonical = orjson.dumps(item, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        canonical = exact_dumps(item, separators=(",", ":"), sort_keys=True).encode()
    return ("content", blake2b(canonical, digest_size=32).hexdigest())


def unescape(text: str) -> str:
    """Undo the three characters that X escapes in text, once; what else looks like an entity a person wrote."""
    if "&" not in text:
        return text
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def storable(text: str) -> str:
    """Text that any database takes: without NUL, which PostgreSQL refuses, and without unpaired surrogates."""
    if text.isascii():
        return text.replace("\x00", "\ufffd") if "\x00" in text else text
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
