"""A webhook to deliver to, and sandboxes that deliver to it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sandbox.client import CALLBACKS, OWNER, X
from tests.sandbox.control import Control
from tests.sandbox.wire import Receiver, Sandbox, StartSandbox, eventually, sandboxes, serving_webhook


@pytest.fixture
def start_sandbox(tmp_path: Path) -> Iterator[StartSandbox]:
    """Start sandboxes with settings by name, without `SANDBOX_`; they share a database unless told otherwise."""
    with sandboxes(tmp_path) as start:
        yield start


@pytest.fixture(scope="module")
def shared_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One for all tests of a module, without limits of requests."""
    with sandboxes(tmp_path_factory.mktemp("sandbox")) as start:
        yield start(
            ALLOW_LOOPBACK=1,
            RATE_LIMIT_SCALE=0,
            WARM_UP_SECONDS=0,
            ACCESS_TOKEN=OWNER.token,
            ACCESS_TOKEN_SECRET=OWNER.secret,
            CALLBACK_URLS=",".join(CALLBACKS),
            CHALLENGE_SECONDS=3600,
        )


@pytest.fixture
def x(shared_sandbox: Sandbox) -> Iterator[X]:
    """X, as nobody has used it yet."""
    x = X(shared_sandbox)
    yield x
    x.clear()


@pytest.fixture(scope="module")
def listening(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Control, Receiver]]:
    """A sandbox and the webhook of its settings, to which the brands are subscribed."""
    with serving_webhook() as receiver, sandboxes(tmp_path_factory.mktemp("sandbox")) as start:
        # A replay that is slow enough to arrive in its order at a webhook of many threads.
        settings = {"ALLOW_LOOPBACK": 1, "RATE_LIMIT_SCALE": 0, "WARM_UP_SECONDS": 0, "REPLAY_PER_SECOND": 25}
        yield Control(start(WEBHOOK_URL=receiver.url, **settings)), receiver


@pytest.fixture
def control(listening: tuple[Control, Receiver]) -> Control:
    """The control API of a sandbox in which nothing has happened yet."""
    control, receiver = listening
    control.reset()
    # The last test may have left it invalid.
    eventually(lambda: [hook["valid"] for hook in control.state()["webhooks"]] == [True])
    receiver.deliveries.clear()
    receiver.statuses.clear()
    return control


@pytest.fixture
def webhook(listening: tuple[Control, Receiver]) -> Receiver:
    """The webhook that hears of what happens through `control`."""
    return listening[1]
