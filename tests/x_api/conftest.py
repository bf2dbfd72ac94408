"""A server that says what it is told in X's stead, the sandbox, and clients that ask them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from aaa_dashboard.x_api.bearer_tokens import BearerTokens
from aaa_dashboard.x_api.credentials import AppCredentials, UserToken
from aaa_dashboard.x_api.rate_limits import RateLimits
from aaa_dashboard.x_api.transport import Transport
from aaa_dashboard.x_api.v1_1 import Client
from tests.sandbox.control import Control
from tests.sandbox.wire import Receiver, sandboxes, serving_webhook
from tests.x_api.literal import Literal, serve

OWNER = UserToken("613278910244360193-owners-token", "owners-token-secret")
USER = UserToken("34-users-token", "users-token-secret")
VERIFIER = "the-sign-in-verifier"
APP = AppCredentials("the-consumer-key", "the-consumer-secret", OWNER, "the-bearer-token%3D")


@dataclass
class Asker:
    """A client, and what it did beside asking."""

    client: Client
    limits: RateLimits
    bearers: BearerTokens
    pauses: list[float] = field(default_factory=list)
    """Seconds that it would have waited."""


MakeAsker = Callable[..., Asker]


def _asker(app: AppCredentials, base_url: str, patience_seconds: float) -> Asker:
    """A client that remembers nothing of other tests and does not wait."""
    pauses: list[float] = []
    limits, bearers = RateLimits(), BearerTokens()
    transport = Transport(
        app,
        base_url=base_url,
        patience_seconds=patience_seconds,
        limits=limits,
        bearers=bearers,
        pause=pauses.append,
    )
    return Asker(Client(transport), limits, bearers, pauses)


@pytest.fixture(scope="session")
def _server() -> Iterator[Literal]:
    with serve() as literal:
        yield literal


@pytest.fixture
def x(_server: Literal) -> Literal:
    """X, saying what the test tells it to."""
    _server.forget()
    return _server


@pytest.fixture
def ask(x: Literal) -> MakeAsker:
    """Make clients that ask it."""

    def make(app: AppCredentials = APP, *, patience_seconds: float = 10.0, base_url: str = "") -> Asker:
        return _asker(app, base_url or x.url, patience_seconds)

    return make


@pytest.fixture
def api(ask: MakeAsker) -> Client:
    """A client of the usual app."""
    return ask().client


# --- The sandbox -------------------------------------------------------------------

SANDBOX_CALLBACK = "https://dashboard.example.org/callback?of=1"


@dataclass
class World:
    """A sandbox in which nothing has happened yet, and an app of it."""

    control: Control
    app: AppCredentials
    ask: Callable[..., Asker]
    """Make a client: of the app, or of other credentials."""
    receiver: Receiver
    """A webhook that answers challenges."""

    @property
    def url(self) -> str:
        return self.control.sandbox.url

    @property
    def api(self) -> Client:
        return self.ask().client

    def token(self, screen_name: str, app: str = "") -> UserToken:
        """What the consent of a user would bring."""
        given = self.control.json("POST", "tokens", {"user": screen_name} | ({"app": app} if app else {}))
        return UserToken(given["oauth_token"], given["oauth_token_secret"])

    def another_app(self, **described: object) -> AppCredentials:
        """An app of the same contract."""
        made = self.control.json("POST", "apps", {"name": "Another app", **described})
        owner = UserToken(made["owner"]["oauth_token"], made["owner"]["oauth_token_secret"])
        return AppCredentials(made["consumer_key"], made["consumer_secret"], owner)


@pytest.fixture(scope="session")
def _sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Control]:
    with sandboxes(tmp_path_factory.mktemp("x-api-sandbox")) as start:
        yield Control(
            start(
                CONSUMER_KEY=APP.consumer_key,
                CONSUMER_SECRET=APP.consumer_secret,
                ACCESS_TOKEN=OWNER.token,
                ACCESS_TOKEN_SECRET=OWNER.secret,
                CALLBACK_URLS=SANDBOX_CALLBACK,
                ALLOW_LOOPBACK=1,
                WEBHOOKS_ALLOWED=2,
                SUBSCRIPTIONS_ALLOWED=3,
                CHALLENGE_SECONDS=3600,
            )
        )


@pytest.fixture(scope="session")
def _receiver() -> Iterator[Receiver]:
    with serving_webhook(APP.consumer_secret) as receiver:
        yield receiver


@pytest.fixture
def world(_sandbox: Control, _receiver: Receiver) -> World:
    _sandbox.reset()
    _receiver.challenge_answer = None
    app = AppCredentials(APP.consumer_key, APP.consumer_secret, OWNER)

    def make(credentials: AppCredentials = app, *, patience_seconds: float = 10.0) -> Asker:
        return _asker(credentials, _sandbox.sandbox.url, patience_seconds)

    return World(_sandbox, app, make, _receiver)
