"""Server-Sent Events as pages read them (`static/js/live.js`). See WHATWG HTML, section 9.2.

`id` is a watermark, not the id of an event: everything at or below it was shown. The page returns it when it connects
again, and what lies above is sent again; a page drops the rows that it has.
"""

from collections.abc import Iterable
from typing import NamedTuple

import orjson

from .erasures import Erased


class Message(NamedTuple):
    """Bytes for the wire, and what is so of a page that was sent them."""

    watermark: int | None
    """Its position; None where they move nothing."""
    data: bytes
    shown: frozenset[int] = frozenset()
    """Events whose rows it was given."""
    erased: frozenset[int] = frozenset()
    """Events whose rows it was told to take away, or to draw anew."""


RETRY = b"retry: 1000\n\n"
"""How long a browser waits that connects again by itself, in milliseconds. Our page does so with what it holds."""

TROUBLE = Message(None, b"event: trouble\ndata: {}\n\n")
"""The database does not answer; the stream goes on when it does."""


def rows(html: str, ids: Iterable[int], watermark: int, left_out: int = 0) -> Message:
    """Rows of events for the top of the list, newest first; `left_out` older ones were too many to send."""
    message = _message(b"rows", watermark, {"html": html, "left_out": left_out})
    return message._replace(shown=frozenset(ids))


def replacement(html: str, ids: Iterable[int], watermark: int) -> Message:
    """The newest page, in place of a list that has missed too much."""
    return _message(b"replace", watermark, {"html": html})._replace(shown=frozenset(ids))


def erased(html: str, erased: Erased, watermark: int) -> Message:
    """Rows to be drawn anew, and the ids of those and of the events whose rows leave."""
    ids = erased.gone | erased.redacted.keys()
    message = _message(b"erased", watermark, {"ids": sorted(ids), "html": html})
    return message._replace(shown=frozenset(erased.redacted), erased=ids)


def beat(watermark: int) -> Message:
    """A sign of life."""
    return _message(b"beat", watermark, {})


def _message(name: bytes, watermark: int, data: dict[str, object]) -> Message:
    return Message(watermark, b"event: %b\nid: %d\ndata: %b\n\n" % (name, watermark, orjson.dumps(data)))
