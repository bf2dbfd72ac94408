"""Every endpoint of X that we call: address, who asks, how often, and whether asking twice is safe.

Sources: X, “Enterprise Account Activity API” (reference), “Replay API” (reference), “Authentication” (reference of
OAuth 1.0a and OAuth 2.0), “Users” (v1.1 reference).
"""

import re
from dataclasses import dataclass
from enum import Enum

WINDOW_SECONDS = 15 * 60
ID = re.compile(r"[0-9A-Za-z_-]{1,64}")


class Asker(Enum):
    """Who asks, and so what the request is signed with. The values are for people."""

    OWNER = "the app for its owner (OAuth 1.0a)"
    USER = "the app for a user (OAuth 1.0a)"
    APP = "the app alone (bearer token)"
    CONSUMER = "the app, no user yet (OAuth 1.0a)"
    PASSWORD = "the app, by consumer key and secret (HTTP basic)"  # noqa: S105 - a word for people


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address of X and what is known of it."""

    intent: str
    """What we want with it, as people say it: “register a webhook”."""
    method: str
    path: str
    asker: Asker
    limit: int | None = None
    """Requests in 15 minutes, by user token or by app; None where the Account Activity API sets none."""
    is_repeatable: bool = True
    """Whether it may be asked again when nobody knows what became of the first time."""

    def __str__(self) -> str:
        return self.intent

    def path_of(self, **ids: str) -> str:
        """The path with ids filled in.

        Raises:
            ValueError: An id holds what no id of X holds; it could lead to another path.
        """
        for name, value in ids.items():
            if not ID.fullmatch(value):
                raise ValueError(f"{name} is not an id of X: {value!r}")
        return self.path.format_map(ids)


_ACTIVITY = "/1.1/account_activity"
_WEBHOOK = f"{_ACTIVITY}/webhooks/{{webhook_id}}"

# Not repeatable: a second webhook, or a refusal of the second that hides the success of the first.
REGISTER_WEBHOOK = Endpoint(
    "register a webhook", "POST", f"{_ACTIVITY}/webhooks.json", Asker.OWNER, 15, is_repeatable=False
)
LIST_WEBHOOKS = Endpoint("list the webhooks", "GET", f"{_ACTIVITY}/webhooks.json", Asker.APP, 15)
VALIDATE_WEBHOOK = Endpoint("validate a webhook", "PUT", f"{_WEBHOOK}.json", Asker.OWNER, 15)
DELETE_WEBHOOK = Endpoint("delete a webhook", "DELETE", f"{_WEBHOOK}.json", Asker.OWNER, 15)
SUBSCRIBE = Endpoint("subscribe an account", "POST", f"{_WEBHOOK}/subscriptions/all.json", Asker.USER, 500)
CHECK_SUBSCRIPTION = Endpoint("check a subscription", "GET", f"{_WEBHOOK}/subscriptions/all.json", Asker.USER, 500)
LIST_SUBSCRIPTIONS = Endpoint("list the subscriptions", "GET", f"{_WEBHOOK}/subscriptions/all/list.json", Asker.APP, 50)
COUNT_SUBSCRIPTIONS = Endpoint("count the subscriptions", "GET", f"{_ACTIVITY}/subscriptions/count.json", Asker.APP, 15)
UNSUBSCRIBE = Endpoint(
    "remove a subscription", "DELETE", f"{_WEBHOOK}/subscriptions/{{user_id}}/all.json", Asker.APP, 500
)
UNSUBSCRIBE_AS_USER = Endpoint(
    "remove a subscription as the user (deprecated)",
    "DELETE",
    f"{_WEBHOOK}/subscriptions/all.json",
    Asker.USER,
    500,
)
# Not repeatable: one job at a time, five requests in 15 minutes.
REPLAY = Endpoint(
    "ask for a replay",
    "POST",
    f"{_ACTIVITY}/replay/webhooks/{{webhook_id}}/subscriptions/all.json",
    Asker.APP,
    5,
    is_repeatable=False,
)
FETCH_BEARER_TOKEN = Endpoint("fetch a bearer token", "POST", "/oauth2/token", Asker.PASSWORD)
REQUEST_TOKEN = Endpoint("begin a sign-in", "POST", "/oauth/request_token", Asker.CONSUMER)
# Not repeatable: the verifier works once.
ACCESS_TOKEN = Endpoint("finish a sign-in", "POST", "/oauth/access_token", Asker.USER, is_repeatable=False)
INVALIDATE_TOKEN = Endpoint("end a token", "POST", "/1.1/oauth/invalidate_token", Asker.USER)
VERIFY_CREDENTIALS = Endpoint("verify a token", "GET", "/1.1/account/verify_credentials.json", Asker.USER)
LOOK_UP_USERS = Endpoint("look up profiles", "GET", "/1.1/users/lookup.json", Asker.APP)

# Where people are sent; nothing is asked there by us.
AUTHORIZE_PATH = "/oauth/authorize"

ALL: tuple[Endpoint, ...] = (
    REGISTER_WEBHOOK,
    LIST_WEBHOOKS,
    VALIDATE_WEBHOOK,
    DELETE_WEBHOOK,
    SUBSCRIBE,
    CHECK_SUBSCRIPTION,
    LIST_SUBSCRIPTIONS,
    COUNT_SUBSCRIPTIONS,
    UNSUBSCRIBE,
    UNSUBSCRIBE_AS_USER,
    REPLAY,
    FETCH_BEARER_TOKEN,
    REQUEST_TOKEN,
    ACCESS_TOKEN,
    INVALIDATE_TOKEN,
    VERIFY_CREDENTIALS,
    LOOK_UP_USERS,
)
