"""What can go wrong with a call to X: exceptions named by what the caller does about them.

Each carries a `Failure`, which a page, a table or a log line can show as it is: it holds no token, secret or signature.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Failure:
    """What became of one call, for people."""

    key: str
    """Row of the table in `known_errors`; `unknown` when X answered what is not in it."""
    intent: str
    """What we wanted: “register a webhook”."""
    said: str
    """X's own words, shortened to a line; empty when X said nothing."""
    meaning: str
    remedy: str
    status: int | None = None
    """HTTP status; None when there was no answer."""
    code: int | None = None
    """X's code."""
    resets_at: datetime | None = None
    """When X may be asked again, for rate limits."""

    def __str__(self) -> str:
        when = f" That is at {self.resets_at:%H:%M:%S} UTC." if self.resets_at else ""
        return f"Could not {self.intent}. {self.answer} {self.meaning} {self.remedy}{when}"

    @property
    def answer(self) -> str:
        """What X answered, as a sentence."""
        if self.status is None:
            return "X was not asked." if not self.said else f"There was no answer: {self.said}."
        code = f" with code {self.code}" if self.code is not None else ""
        said = f": “{self.said}”" if self.said else ""
        stop = "" if self.said.endswith((".", "!", "?")) else "."
        return f"X answered {self.status}{code}{said}{stop}"


class XError(Exception):
    """A call to X failed."""

    follows_unsure = False
    """Whether an earlier request of the same call may have been worked on, so that “exists already” means “done”."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure)
        self.failure = failure

    def __str__(self) -> str:
        return str(self.failure)


class UnknownAnswer(XError):
    """X answered what is not in the table: show it as it came."""


class UnreadableAnswer(XError):
    """X says it worked, in a form that cannot be read: look at X's state before asking again."""


# --- Mend the app ---------------------------------------------------------------


class MissingCredentials(XError):
    """A key or token is needed that is not configured. X was not asked."""


class CredentialsRejected(XError):
    """Check the app's keys."""


class BearerTokenRejected(CredentialsRejected):
    """The bearer token is wrong; a new one is fetched before anybody sees this."""


class ClockWrong(XError):
    """Set the clock of this machine."""


class AppSuspended(XError):
    """Settle it with X."""


class NotEntitled(XError):
    """Ask the account manager at X to enable it."""


class PermissionTooLow(XError):
    """Raise the app's permission and generate its tokens anew."""


class WrongAddress(XError):
    """Correct the address of X's API."""


class CallbackRefused(XError):
    """Add the callback URL to the app at X."""


class DesktopApp(XError):
    """Use the PIN, or change the type of the app at X."""


# --- Mend the webhook -----------------------------------------------------------


class WebhookNotFound(XError):
    """Read X's list anew."""


class WebhookUrlRefused(XError):
    """Choose another address."""


class ChallengeFailed(XError):
    """Mend the receiver or the way to it, then try again."""


class WebhookInvalid(XError):
    """Validate the webhook first."""


class LimitReached(XError):
    """Delete something, or buy more."""


# --- Subscriptions and replays ----------------------------------------------------


class SignInFailed(XError):
    """Begin the sign-in again."""


class TokenRevoked(XError):
    """Wipe the token and ask its owner to sign in again."""


class AlreadySubscribed(XError):
    """Nothing to do: it is as it should be."""


class NotSubscribed(XError):
    """Nothing to remove."""


class NoSuchUser(XError):
    """None of the users exists any more."""


class ReplayInProgress(XError):
    """Wait for the end of the other job."""


class ParametersRefused(XError):
    """Change what was asked for."""


# --- Try later --------------------------------------------------------------------


class RateLimited(XError):
    """Wait until `resets_at`."""

    @property
    def resets_at(self) -> datetime:
        """When X may be asked again; at the latest a quarter of an hour from now."""
        assert self.failure.resets_at is not None
        return self.failure.resets_at


class TemporarilyUnavailable(XError):
    """Try again in a while; retries have been made already."""


class Unreachable(TemporarilyUnavailable):
    """No connection: X has not seen the request."""


class NoAnswer(TemporarilyUnavailable):
    """The connection ended without an answer: X may have done what it was asked."""


class CertificateRefused(XError):
    """Whoever answers at X's address cannot prove to be X. Nothing was sent."""
