"""What X tells, as types. Read liberally: forms differ between X's documents and what X has been seen to send.

Ids are text whatever they came as. What a result cannot do without raises `ValueError`; the rest may be missing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

from .credentials import UserToken

# As documented, as v2 writes it, as seen, and as v1.1 writes it in profiles.
TIME_FORMATS = ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S.%fZ", "%Y-%m-%d %H:%M:%S %z", "%a %b %d %H:%M:%S %z %Y")


@dataclass(frozen=True, slots=True)
class Webhook:
    """A webhook as X has it. Source: X, “Enterprise Account Activity API” (reference, `GET webhooks`)."""

    id: str
    url: str
    is_valid: bool
    created_at: datetime | None

    @classmethod
    def read(cls, body: Any) -> Self:
        item = _object(body)
        created = item.get("created_at", item.get("created_timestamp"))
        return cls(_id(item, "id"), _text(item, "url"), _truth(item.get("valid")), _time(created))


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """Who is subscribed to a webhook. Source: as above, `GET subscriptions/all/list`."""

    webhook_id: str
    webhook_url: str
    application_id: str
    user_ids: tuple[str, ...]

    @classmethod
    def read(cls, body: Any) -> Self:
        item = _object(body)
        # Somebody who cannot be read must not look like somebody who is not subscribed.
        user_ids = tuple(_id(_object(one), "user_id") for one in _list(item.get("subscriptions")))
        return cls(
            _optional_id(item.get("webhook_id")),
            str(item.get("webhook_url") or ""),
            _optional_id(item.get("application_id")),
            user_ids,
        )


@dataclass(frozen=True, slots=True)
class SubscriptionCount:
    """What is used of the contract, by all apps together. Source: as above, `GET subscriptions/count`."""

    account_name: str
    used: int
    direct_messages: int | None
    provisioned: int | None
    """How many the contract allows; None when X does not say."""

    @classmethod
    def read(cls, body: Any) -> Self:
        item = _object(body)
        used = _number(item.get("subscriptions_count_all", item.get("subscriptions_count")))
        if used is None:
            raise ValueError("no count")
        return cls(
            str(item.get("account_name") or ""),
            used,
            _number(item.get("subscriptions_count_direct_messages")),
            _number(item.get("provisioned_count")),
        )


@dataclass(frozen=True, slots=True)
class ReplayJob:
    """A replay that X has taken on. Source: X, “Replay API” (reference)."""

    id: str
    created_at: datetime | None

    @classmethod
    def read(cls, body: Any) -> Self:
        item = _object(body)
        return cls(_id(item, "job_id"), _time(item.get("created_at")))


@dataclass(frozen=True, slots=True)
class Profile:
    """An X user, as people know one. Source: X, “User object” (v1.1 data dictionary)."""

    id: str
    screen_name: str
    """Without @."""
    name: str
    picture_url: str
    is_protected: bool
    is_verified: bool

    @classmethod
    def read(cls, body: Any) -> Self:
        item = _object(body)
        return cls(
            _id(item, "id_str" if item.get("id_str") else "id"),
            _text(item, "screen_name"),
            str(item.get("name") or ""),
            str(item.get("profile_image_url_https") or ""),
            _truth(item.get("protected")),
            _truth(item.get("verified")),
        )


@dataclass(frozen=True, slots=True)
class VerifiedToken:
    """Whose token it is and what it may do. Source: X, “GET account/verify_credentials”, “App permissions”."""

    profile: Profile
    access_level: str
    """`read`, `read-write` or `read-write-directmessages`; empty when X does not say."""


@dataclass(frozen=True, slots=True)
class RequestToken:
    """A sign-in that has begun. Keep it where only the browser that began it comes back to."""

    token: str = field(repr=False)
    secret: str = field(repr=False)

    @classmethod
    def read(cls, form: Mapping[str, str]) -> Self:
        if form.get("oauth_callback_confirmed") != "true":
            # RFC 5849, 2.1: without it, the server knows a version of OAuth in which sign-ins can be stolen.
            raise ValueError("the callback is not confirmed")
        return cls(_text(form, "oauth_token"), _text(form, "oauth_token_secret"))


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A sign-in that is finished: who it was, and the token that acts for them."""

    user_id: str
    screen_name: str
    token: UserToken

    @classmethod
    def read(cls, form: Mapping[str, str]) -> Self:
        token = UserToken(_text(form, "oauth_token"), _text(form, "oauth_token_secret"))
        return cls(_id(form, "user_id"), form.get("screen_name", ""), token)


def read_webhooks(body: Any) -> tuple[Webhook, ...]:
    """A list of webhooks."""
    return tuple(Webhook.read(one) for one in _list(body))


def read_profiles(body: Any) -> tuple[Profile, ...]:
    """A list of users."""
    return tuple(Profile.read(one) for one in _list(body))


def _object(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("not an object")  # noqa: TRY004 - what is wrong is the answer, not the call
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError("not a list")  # noqa: TRY004 - as above
    return value


def _text(item: Mapping[str, Any], name: str) -> str:
    value = item.get(name)
    if not isinstance(value, str) or not value:
        raise ValueError(f"no {name}")
    return value


def _id(item: Mapping[str, Any], name: str) -> str:
    value = _optional_id(item.get(name))
    if not value:
        raise ValueError(f"no {name}")
    return value


def _optional_id(value: Any) -> str:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _number(value: Any) -> int | None:
    if isinstance(value, str) and value.strip().isdecimal() and len(value) < 19:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _truth(value: Any) -> bool:
    return value is True or (isinstance(value, str) and value.lower() == "true")


def _time(value: Any) -> datetime | None:
    """A time in any of X's forms; None when it is missing or new to us."""
    if not isinstance(value, str):
        return None
    for form in TIME_FORMATS:
        try:
            at = datetime.strptime(value, form)  # noqa: DTZ007 - the forms without a zone are UTC by their Z
        except ValueError:
            continue
        return at if at.tzinfo else at.replace(tzinfo=UTC)
    return None
