"""What owners agree to before they are sent to X. Whoever changes these words changes the version with them.

X asks for it in words of our own, beyond its sign-in page, wherever direct messages are stored (X, “Developer policy”).
"""

from dataclasses import dataclass

from django.conf import settings

from aaa_dashboard.webhooks.models import App

from .models import Subscription

VERSION = "2026-11.2"
ERASES = "-erase"
"""Ends the version of those who were told that their events go when they leave."""


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


def is_erasing() -> bool:
    """Whether this installation erases what it received of an account when its owner leaves."""
    return bool(settings.EVENTS_WHEN_OWNERS_LEAVE == "erase")


def version() -> str:
    """Return what is agreed to today: the words, and what they say of events when an owner leaves."""
    return VERSION + ERASES if is_erasing() else VERSION


def erases_events(app: App, x_user_id: str) -> bool:
    """Tell whether an owner's events go when they leave: as it is set now, or as it was when they agreed."""
    agreed = Subscription.objects.filter(webhook__app=app, account__x_user_id=x_user_id)
    return is_erasing() or agreed.filter(consent_version__endswith=ERASES).exists()
