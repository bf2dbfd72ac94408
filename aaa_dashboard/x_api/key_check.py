"""Test the keys of an app: each of them by the call that needs it, with the remedy for what does not work."""

from collections.abc import Iterator
from dataclasses import dataclass

from . import errors
from .credentials import AppCredentials
from .errors import Failure, XError
from .interface import XApi
from .results import VerifiedToken

# The only level with which webhooks and subscriptions work. Source: X, “App permissions”.
NEEDED_ACCESS_LEVEL = "read-write-directmessages"
ACCESS_LEVELS = {
    "read": "Read",
    "read-write": "Read and write",
    NEEDED_ACCESS_LEVEL: "Read, write and Direct Messages",
}
PERMISSION_REMEDY = (
    "In X’s developer portal, set the app’s permission to “Read, Write and Direct Messages”, generate its access token "
    "and secret anew and enter the new ones."
)


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of one test."""

    name: str
    is_good: bool
    detail: str
    """What was found, for people; free of secrets."""
    remedy: str = ""
    failure: Failure | None = None
    """What X said, where the test failed by an answer of X."""
    is_temporary: bool = False
    """Whether nothing is known, since X could not be asked."""


def check(app: AppCredentials, api: XApi) -> Iterator[Finding]:
    """Test consumer keys, bearer token, entitlement, owner's token and permission, in this order.

    What depends on something that failed is not tested. Costs one call each of `oauth2/token`, the list of webhooks and
    `verify_credentials`.
    """
    try:
        token = api.fetch_bearer_token()
    except XError as error:
        yield _failed("Consumer key and secret", error)
        return
    yield Finding("Consumer key and secret", True, "X knows them.")
    if app.bearer_token and app.bearer_token != token:
        yield Finding(
            "Bearer token",
            True,
            "The configured one is out of date; the one that X gave just now is used.",
            "Leave it out of the configuration: it is fetched when it is needed.",
        )
    try:
        count = len(api.webhooks())
    except XError as error:
        yield _failed("Account Activity API", error)
    else:
        yield Finding("Account Activity API", True, f"Enabled; {count} webhook{'' if count == 1 else 's'}.")
    yield from _check_owner(api)


def _check_owner(api: XApi) -> Iterator[Finding]:
    try:
        verified = api.verify_token()
    except XError as error:
        yield _failed("Access token and secret", error)
        return
    yield Finding("Access token and secret", True, f"They are @{verified.profile.screen_name}’s.")
    yield _permission(verified)


def _permission(verified: VerifiedToken) -> Finding:
    level = verified.access_level
    if not level:
        return Finding("Permission", True, "X does not say; registering a webhook will show.")
    is_enough = level == NEEDED_ACCESS_LEVEL
    return Finding(
        "Permission", is_enough, f"{ACCESS_LEVELS.get(level, level)}.", "" if is_enough else PERMISSION_REMEDY
    )


def _failed(name: str, error: XError) -> Finding:
    failure = error.failure
    is_temporary = isinstance(error, errors.TemporarilyUnavailable | errors.RateLimited)
    return Finding(name, False, f"{failure.answer} {failure.meaning}", failure.remedy, failure, is_temporary)
