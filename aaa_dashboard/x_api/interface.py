"""What can be asked of X, whatever generation of its API an app is on."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Protocol

from django.conf import settings

from . import bearer_tokens, rate_limits, v1_1
from .bearer_tokens import Bearers
from .credentials import AppCredentials, UserToken
from .rate_limits import Limits
from .results import (
    Profile,
    ReplayJob,
    RequestToken,
    SignedIn,
    SubscriptionCount,
    Subscriptions,
    VerifiedToken,
    Webhook,
)
from .transport import PATIENCE_SECONDS, Transport


class XApi(Protocol):
    """X, asked by one app. Every method may raise any `errors.XError`; `v1_1` says which are particular to which."""

    def register_webhook(self, url: str) -> Webhook: ...
    def webhooks(self) -> tuple[Webhook, ...]: ...
    def validate_webhook(self, webhook_id: str) -> None: ...
    def delete_webhook(self, webhook_id: str) -> None: ...

    def subscribe(self, webhook_id: str, user: UserToken) -> None: ...
    def is_subscribed(self, webhook_id: str, user: UserToken) -> bool: ...
    def subscriptions(self, webhook_id: str) -> Subscriptions: ...
    def count_subscriptions(self) -> SubscriptionCount: ...
    def unsubscribe(self, webhook_id: str, user_id: str) -> None: ...
    def unsubscribe_as_user(self, webhook_id: str, user: UserToken) -> None: ...

    def request_replay(self, webhook_id: str, from_date: datetime, to_date: datetime) -> ReplayJob: ...

    def fetch_bearer_token(self) -> str: ...
    def begin_sign_in(self, callback: str = ...) -> RequestToken: ...
    def sign_in_url(self, begun: RequestToken, *, force_login: bool = ..., screen_name: str = ...) -> str: ...
    def finish_sign_in(self, begun: RequestToken, verifier: str) -> SignedIn: ...
    def end_token(self, user: UserToken) -> None: ...

    def verify_token(self, user: UserToken | None = ...) -> VerifiedToken: ...
    def profiles(self, user_ids: Iterable[str]) -> tuple[Profile, ...]: ...


# A new generation is a new module, and a line here.
GENERATIONS: Mapping[str, Callable[[Transport], XApi]] = MappingProxyType({"1.1": v1_1.Client})


def connect(
    app: AppCredentials,
    api_version: str = "1.1",
    *,
    patience_seconds: float = PATIENCE_SECONDS,
    limits: Limits = rate_limits.shared,
    bearers: Bearers = bearer_tokens.shared,
) -> XApi:
    """The way to ask X for an app. Nothing is sent yet.

    Args:
        app: Its keys and tokens.
        api_version: The generation of X's API that it is on.
        patience_seconds: How long one call may wait for limits and retries, beyond the time X takes to answer.
        limits: What is known of limits.
        bearers: Where fetched bearer tokens are kept.

    Raises:
        ValueError: No such generation, or X_API_BASE_URL is no address.
    """
    if api_version not in GENERATIONS:
        raise ValueError(f"Version {api_version!r} of X's API is not supported; choose {' or '.join(GENERATIONS)}.")
    transport = Transport(
        app, base_url=settings.X_API_BASE_URL, patience_seconds=patience_seconds, limits=limits, bearers=bearers
    )
    return GENERATIONS[api_version](transport)
