"""What goes wrong on an owner's way, in words for the owner: a closed table, one entry for each thing they can do.

What operators are told of the same failure is in `x_api.known_errors`.
"""

from dataclasses import dataclass

from aaa_dashboard.x_api import errors

from . import sign_in
from .claims import Busy

AGAIN = "To try again, open the page or the link you came from once more."
TELL_THEM = "Please tell the people who sent you here what is written below. You have done nothing wrong."


@dataclass(frozen=True, slots=True)
class Problem:
    """One page."""

    key: str
    title: str
    text: str
    to_do: str
    status: int
    """HTTP status of the page."""


CANCELLED = Problem(
    "cancelled",
    "You did not allow it",
    "X was told no, so nothing is connected and nothing is shared.",
    "If that was a slip, open the link you were sent once more. Otherwise just close this page.",
    200,
)
EXPIRED = Problem(
    "expired",
    "That took too long",
    "X waits a few minutes for an answer, then the sign-in is void. Nothing is connected.",
    AGAIN,
    400,
)
MISMATCHED = Problem(
    "mismatched",
    "This sign-in was not begun here",
    "X sent you back with a sign-in that this browser did not begin, or began anew since. To be safe, it was not used.",
    "Open the link you were sent once more, in one browser and one tab, and go on from there.",
    400,
)
UNUSABLE = Problem(
    "unusable",
    "X did not accept the sign-in",
    "It was finished before, or X has given it up. Nothing is connected.",
    AGAIN,
    400,
)
NOT_PERMITTED = Problem(
    "not-permitted",
    "X does not permit it for your account",
    "You signed in, but X did not let us subscribe your account with that sign-in. Nothing is connected.",
    f"Try once more. If it happens again: {TELL_THEM[0].lower()}{TELL_THEM[1:]}",
    403,
)
LIMIT_REACHED = Problem(
    "limit-reached",
    "There is no room for another account",
    "All places of the contract with X are taken. Nothing is connected.",
    f"{TELL_THEM} Your link stays good until it expires.",
    503,
)
WRONG_CALLBACK = Problem(
    "wrong-callback",
    "This is not set up completely yet",
    "X does not know the address to which it should send you back, so the sign-in cannot begin.",
    TELL_THEM,
    503,
)
DESKTOP_APP = Problem(
    "desktop-app",
    "This is not set up for browsers",
    "At X this app is one for desktops, which cannot send you back here, so the sign-in cannot begin.",
    TELL_THEM,
    503,
)
LATER = Problem(
    "later",
    "X does not answer right now",
    "X is overloaded, out of reach, or was asked too often.",
    "Try again in a few minutes.",
    503,
)
TOO_OFTEN = Problem(
    "too-often",
    "Too many tries",
    "Sign-ins were begun from your address again and again.",
    "Wait a minute, then try again.",
    429,
)
BUSY = Problem(
    "busy",
    "Somebody is at it already",
    "The same is being done in another window right now.",
    "Wait a moment, then try again.",
    409,
)
OTHER = Problem("other", "X refused", "X did not do what was asked. Nothing is connected by it.", TELL_THEM, 503)

INVITE_UNKNOWN = Problem(
    "invite-unknown",
    "This link is not known",
    "It may be cut off, or never have been ours.",
    "Copy the whole link from the message you got, or ask for a new one.",
    404,
)
INVITE_USED = Problem(
    "invite-used",
    "This link has been used",
    "Each link works once.",
    "If that was you, sign in with X to see what is connected. Otherwise ask for a new link, and say so.",
    410,
)
INVITE_EXPIRED = Problem(
    "invite-expired",
    "This link has expired",
    "Links work for a few days only.",
    "Ask the people who sent it for a new one.",
    410,
)
INVITE_WITHDRAWN = Problem(
    "invite-withdrawn",
    "This link was withdrawn",
    "The people who sent it have ended it.",
    "If you do not know why, ask them.",
    410,
)

BY_EXCEPTION: tuple[tuple[tuple[type[Exception], ...], Problem], ...] = (
    ((sign_in.Cancelled,), CANCELLED),
    ((sign_in.Expired,), EXPIRED),
    ((sign_in.NotOurs,), MISMATCHED),
    ((Busy,), BUSY),
    ((errors.SignInFailed,), UNUSABLE),
    ((errors.TokenRevoked,), NOT_PERMITTED),
    ((errors.LimitReached,), LIMIT_REACHED),
    ((errors.CallbackRefused,), WRONG_CALLBACK),
    ((errors.DesktopApp,), DESKTOP_APP),
    ((errors.TemporarilyUnavailable, errors.RateLimited), LATER),
)


def of(error: Exception) -> Problem:
    """The page for what went wrong."""
    return next((problem for kinds, problem in BY_EXCEPTION if isinstance(error, kinds)), OTHER)
