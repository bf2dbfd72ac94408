"""A text of a post or message in parts, so that other words can take its place and every entity still points right."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

Path = tuple[str | int, ...]
"""Steps from the object that holds the text to one inside it."""


@dataclass(frozen=True)
class Words:
    """The parts of a text. Positions in it count code points, as X counts them."""

    parts: list[str]
    mentions: dict[int, str]
    """Which parts are an @-mention of which of our people (by id)."""
    sentence: int | None
    """Which part may be replaced."""
    pool: tuple[str, str] | None
    """Voice and language of what may replace it."""
    positions: list[tuple[Path, str | int, int]]
    """Where in the object around the text a position stands: path to its holder, key or index in it, and value."""

    def boundary(self, position: int) -> int | None:
        """The number of the part that begins there (the number of parts: the end), or None where no part begins."""
        starts = [0, *accumulate(map(len, self.parts))]
        return starts.index(position) if position in starts else None

    @property
    def original(self) -> str:
        """The sentence as the payload has it; empty where nothing may be replaced."""
        return "" if self.sentence is None else self.parts[self.sentence]


def take_apart(node: dict[str, Any], text_key: str, names: dict[str, str], pool: tuple[str, str] | None) -> Words:
    """Cut a text at its entities.

    Args:
        node: A post, an `extended_tweet` or the data of a message: text, `entities` and what else has `indices`.
        text_key: Where its text is.
        names: Screen names of our people and their ids.
        pool: Voice and language of what may replace its sentence, None to keep it.
    """
    text: str = node[text_key]
    positions = list(_positions(node))
    cuts = {0, len(text), *(p for _, _, p in positions if p <= len(text))}
    edges = sorted(cuts)
    pieces = [text[a:b] for a, b in pairwise(edges)]
    parts = [part for piece in pieces for part in _trim(piece)]
    mentions = {i: names[part[1:]] for i, part in enumerate(parts) if part.startswith("@") and part[1:] in names}
    spoken = [i for i, part in enumerate(parts) if len(part) > 2 and part[0] not in "@#$" and "://" not in part]
    sentence = spoken[0] if pool and len(spoken) == 1 and len(parts[spoken[0]]) > 11 else None
    return Words(parts, mentions, sentence, pool, positions)


def _trim(piece: str) -> list[str]:
    """Set the blanks around a piece, and the colon after a reposted name, apart from what is said."""
    core = piece.lstrip(": ")
    body = core.rstrip()
    return [part for part in (piece[: len(piece) - len(core)], body, core[len(body) :]) if part]


def _positions(node: Any, path: Path = ()) -> Iterator[tuple[Path, str | int, int]]:
    """Positions that point into the text of this object, not into the text of a post inside it."""
    if isinstance(node, list):
        for i, item in enumerate(node):
            yield from _positions(item, (*path, i))
    if not isinstance(node, dict) or (path and "entities" in node and {"text", "full_text"} & node.keys()):
        return
    for key, value in node.items():
        if key in ("indices", "display_text_range"):
            yield from (((*path, key), i, position) for i, position in enumerate(value))
        elif key in ("start", "end") and isinstance(value, int):
            yield path, key, value
        else:
            yield from _positions(value, (*path, key))
