"""A text as somebody types it, and as X passes it on: escaped, links shortened, with the places of its entities."""

import html
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..models import User

_ENTITY = re.compile(r"(?P<url>https?://\S+)|(?<!\w)@(?P<mention>\w{1,15})\b|(?<!\w)#(?P<hashtag>\w+)", re.IGNORECASE)
_SCRIPTS = (
    ("ja", re.compile("[\u3040-\u30ff\u4e00-\u9fff]")),
    ("ar", re.compile("[\u0600-\u06ff]")),
    ("uk", re.compile("[\u0400-\u04ff]")),
    ("en", re.compile("[A-Za-z]")),
)
# Older clients get so much of a text; the whole of it is in `extended_tweet`.
CLASSIC_LENGTH = 140
SHORT_LINK_LENGTH = 23


@dataclass
class Wording:
    """What X makes of a text."""

    text: str
    mentioned: list[User]
    hashtags: list[dict[str, Any]] = field(default_factory=list)
    urls: list[dict[str, Any]] = field(default_factory=list)
    user_mentions: list[dict[str, Any]] = field(default_factory=list)

    @property
    def entities(self) -> dict[str, Any]:
        """As they stand in a post."""
        return {
            "hashtags": self.hashtags, "urls": self.urls, "user_mentions": self.user_mentions, "symbols": [],
        }  # fmt: skip


def mentions(text: str) -> set[str]:
    """Screen names that a text mentions, in lower case, whether there is such a user or not."""
    return {match["mention"].lower() for match in _ENTITY.finditer(text) if match["mention"]}


def word(text: str, users: Mapping[str, User]) -> Wording:
    """Write a text as X does.

    Args:
        text: As it was typed.
        users: Who is there, by screen name in lower case; only they are mentioned.
    """
    wording = Wording("", [])
    end = 0
    for match in _ENTITY.finditer(text):
        wording.text += html.escape(text[end : match.start()], quote=False)
        _add(wording, match, users)
        end = match.end()
    wording.text += html.escape(text[end:], quote=False)
    return wording


def _add(wording: Wording, match: re.Match[str], users: Mapping[str, User]) -> None:
    start = len(wording.text)
    if match["url"]:
        wording.text += short_link(match["url"])
        wording.urls.append(link(match["url"], start))
        return
    wording.text += match[0]
    indices = [start, len(wording.text)]
    if match["hashtag"]:
        wording.hashtags.append({"text": match["hashtag"], "indices": indices})
    elif user := users.get(match["mention"].lower()):
        wording.mentioned.append(user)
        wording.user_mentions.append(
            {
                "screen_name": user.screen_name,
                "name": user.name,
                "id": int(user.x_user_id),
                "id_str": user.x_user_id,
                "indices": indices,
            }
        )


def short_link(url: str) -> str:
    """The t.co address that stands in a text in place of another; the same each time."""
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    number = zlib.crc32(url.encode()) << 28 | zlib.adler32(url.encode())
    name = ""
    for _ in range(SHORT_LINK_LENGTH - len("https://t.co/")):
        number, digit = divmod(number, len(digits))
        name += digits[digit]
    return f"https://t.co/{name}"


def link(url: str, start: int) -> dict[str, Any]:
    """An entity of a link that begins there."""
    bare = re.sub(r"^https?://(www\.)?", "", url)
    return {
        "url": short_link(url),
        "expanded_url": url,
        "display_url": bare if len(bare) <= 27 else bare[:26] + "…",
        "indices": [start, start + SHORT_LINK_LENGTH],
    }


def language(text: str) -> str:
    """The language X would guess, judged by the script alone; `und` where there is none."""
    return next((name for name, script in _SCRIPTS if script.search(text)), "und")
