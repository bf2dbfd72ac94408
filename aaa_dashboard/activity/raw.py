"""Raw JSON for reading: indented and coloured, every character of it as X sent it.

It is laid out from its text and never parsed into numbers: an id larger than 2^53, `1.10` and `1e400` stay as they are.
"""

import re

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

_PART = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+|"', re.DOTALL)
_DEEPEST = 40


def indented(text: str) -> list[tuple[str, str]]:
    """Return JSON as pieces of (style, text), line breaks included; joined, they are the same JSON.

    Styles: `key`, `string`, `other` (numbers and words) and the empty string for punctuation.
    """
    parts = _PART.findall(text)
    pieces: list[tuple[str, str]] = []
    depth = 0
    for at, part in enumerate(parts):
        following = parts[at + 1] if at + 1 < len(parts) else ""
        if part in "{[":
            depth += 1
            pieces.append(("", part if following in ("}", "]") else part + _line(depth)))
        elif part in "}]":
            depth -= 1
            pieces.append(("", part if at and parts[at - 1] in ("{", "[") else _line(depth) + part))
        elif part == ",":
            pieces.append(("", part + _line(depth)))
        elif part == ":":
            pieces.append(("", ": "))
        elif part.startswith('"'):
            pieces.append(("key" if following == ":" else "string", part))
        else:
            pieces.append(("other", part))
    return pieces


def _line(depth: int) -> str:
    # Bounded: a body of nothing but brackets must not grow with the square of its length.
    return "\n" + "  " * min(depth, _DEEPEST)


def pretty(text: str) -> SafeString:
    """Return the same as HTML for a `pre`."""
    return mark_safe(  # noqa: S308 - each piece is escaped here
        "".join(
            f'<span class="json-{style}">{escape(piece)}</span>' if style else escape(piece)
            for style, piece in indented(text)
        )
    )
