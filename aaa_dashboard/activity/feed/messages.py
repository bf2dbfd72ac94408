"""Server-Sent Events as pages read them (`static/js/live.js`). See WHATWG HTML, section 9.2.

`id` is a watermark, not the id of an event: everything at or below it was shown. The browser returns it after a lost
connection, and what lies above is sent again; a page drops the rows that it has.
"""

from typing import NamedTuple

import orjson


class Message(NamedTuple):
    """Bytes for the wire, and the position of a page that was sent them; None where they move nothing."""

    watermark: int | None
    data: bytes


RETRY = b"retry: 1000\n\n"
"""How long a browser waits before it connects again, in milliseconds."""

TROUBLE = Message(None, b"event: trouble\ndata: {}\n\n")
"""The database does not answer; the stream goes on when it does."""


def rows(html: str, watermark: int, left_out: int = 0) -> Message:
    """Rows for the top of the list, newest first; `left_out` older ones were too many to send."""
    return _message(b"rows", watermark, {"html": html, "left_out": left_out})


def replacement(html: str, watermark: int) -> Message:
    """The newest page, in place of a list that has missed too much."""
    return _message(b"replace", watermark, {"html": html})


def beat(watermark: int) -> Message:
    """A sign of life."""
    return _message(b"beat", watermark, {})


def _message(name: bytes, watermark: int, data: dict[str, object]) -> Message:
    return Message(watermark, b"event: %b\nid: %d\ndata: %b\n\n" % (name, watermark, orjson.dumps(data)))
