"""What owners agree to before they are sent to X. Whoever changes these words changes the version with them.

X asks for it in words of our own, beyond its sign-in page, wherever direct messages are stored (X, “Developer policy”).
"""

from dataclasses import dataclass

VERSION = "2026-11"


@dataclass(frozen=True, slots=True)
class Shared:
    """One thing that is shared, and what that means."""

    what: str
    means: str


SHARED: tuple[Shared, ...] = (
    Shared("Direct messages", "that you send and receive, with their text and pictures, as soon as they are sent."),
    Shared("Posts", "of yours, and those of others that mention, answer, quote or repost you; also what you delete."),
    Shared("Likes, follows, blocks and mutes", "by you and of you."),
    Shared("Signs", "in your conversations that somebody types or has read."),
)

NOT_SHARED = (
    "Your password stays with X.",
    "Nothing from before today is fetched.",
    "Nothing is posted, liked, followed or sent in your name.",
)
