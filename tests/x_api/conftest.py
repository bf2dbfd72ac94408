"""A server that says what it is told in X's stead, and clients that ask it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from aaa_dashboard.x_api.bearer_tokens import BearerTokens
from aaa_dashboard.x_api.credentials import AppCredentials, UserToken
from aaa_dashboard.x_api.rate_limits import RateLimits
from aaa_dashboard.x_api.transport import Transport
from aaa_dashboard.x_api.v1_1 import Client
from tests.x_api.literal import Literal, serve

OWNER = UserToken("12-owners-token", "owners-token-secret")
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
    """Make clients that remember nothing of other tests and do not wait."""

    def make(app: AppCredentials = APP, *, patience_seconds: float = 10.0, base_url: str = "") -> Asker:
        pauses: list[float] = []
        limits, bearers = RateLimits(), BearerTokens()
        transport = Transport(
            app,
            base_url=base_url or x.url,
            patience_seconds=patience_seconds,
            limits=limits,
            bearers=bearers,
            pause=pauses.append,
        )
        return Asker(Client(transport), limits, bearers, pauses)

    return make


@pytest.fixture
def api(ask: MakeAsker) -> Client:
    """A client of the usual app."""
    return ask().client
