"""One call of each endpoint, by its intent."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from aaa_dashboard.x_api import endpoints as at
from aaa_dashboard.x_api.endpoints import Endpoint
from aaa_dashboard.x_api.results import RequestToken
from aaa_dashboard.x_api.v1_1 import Client
from tests.x_api.conftest import USER, VERIFIER

WEBHOOK_URL = "https://dashboard.example.org/webhook/twitter"
CALLBACK = "https://dashboard.example.org/invites/callback?from=x&to=us"
BEGUN = RequestToken("the-request-token", "the-request-token-secret")
FROM, TO = datetime(2026, 11, 20, 8, 15, tzinfo=UTC), datetime(2026, 11, 20, 9, 0, 30, tzinfo=UTC)

CALLS: dict[Endpoint, Callable[[Client], Any]] = {
    at.REGISTER_WEBHOOK: lambda api: api.register_webhook(WEBHOOK_URL),
    at.LIST_WEBHOOKS: lambda api: api.webhooks(),
    at.VALIDATE_WEBHOOK: lambda api: api.validate_webhook("1234"),
    at.DELETE_WEBHOOK: lambda api: api.delete_webhook("1234"),
    at.SUBSCRIBE: lambda api: api.subscribe("1234", USER),
    at.CHECK_SUBSCRIPTION: lambda api: api.is_subscribed("1234", USER),
    at.LIST_SUBSCRIPTIONS: lambda api: api.subscriptions("1234"),
    at.COUNT_SUBSCRIPTIONS: lambda api: api.count_subscriptions(),
    at.UNSUBSCRIBE: lambda api: api.unsubscribe("1234", "34"),
    at.UNSUBSCRIBE_AS_USER: lambda api: api.unsubscribe_as_user("1234", USER),
    at.REPLAY: lambda api: api.request_replay("1234", FROM, TO),
    at.FETCH_BEARER_TOKEN: lambda api: api.fetch_bearer_token(),
    at.REQUEST_TOKEN: lambda api: api.begin_sign_in(CALLBACK),
    at.ACCESS_TOKEN: lambda api: api.finish_sign_in(BEGUN, VERIFIER),
    at.INVALIDATE_TOKEN: lambda api: api.end_token(USER),
    at.VERIFY_CREDENTIALS: lambda api: api.verify_token(USER),
    at.LOOK_UP_USERS: lambda api: api.profiles(["34", "56"]),
}
