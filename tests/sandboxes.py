"""Both sides of X for tests of our own code: the sandbox, and a receiver as it meets it. Loaded by `conftest.py`."""

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from pytest_django.fixtures import Settings

from tests.sandbox.client import OWNER, X
from tests.sandbox.control import Control
from tests.sandbox.wire import CONSUMER_KEY, SECRET, Receiver, Sandbox, sandboxes, serving_webhook

if TYPE_CHECKING:  # models cannot be imported before Django is set up
    from aaa_dashboard.webhooks.models import App

PUBLIC_URL = "http://127.0.0.1:8000"
CALLBACK = f"{PUBLIC_URL}/x/callback"
# Nobody is challenged unasked, and nothing is held back.
USUAL = {
    "ALLOW_LOOPBACK": 1, "RATE_LIMIT_SCALE": 0, "WARM_UP_SECONDS": 0, "CHALLENGE_SECONDS": 36000, "BACKLOG": 0,
    "ANSWER_SECONDS": 2, "ACCESS_TOKEN": OWNER.token, "ACCESS_TOKEN_SECRET": OWNER.secret, "CALLBACK_URLS": CALLBACK,
}  # fmt: skip


def as_a_process_that_has_just_begun() -> None:
    """Forget what this process has learnt of X's limits and tokens."""
    from aaa_dashboard.x_api import bearer_tokens, rate_limits

    rate_limits.shared.__init__()  # type: ignore[misc]
    bearer_tokens.shared.__init__()  # type: ignore[misc]


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One for all tests that do not move its clock, without limits of requests."""
    with sandboxes(tmp_path_factory.mktemp("sandbox")) as start:
        yield start(**USUAL)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """What answers at the address of the first app."""
    with serving_webhook() as receiver:
        yield receiver


@pytest.fixture
def elsewhere() -> Iterator[Receiver]:
    """The same at another address."""
    with serving_webhook() as receiver:
        yield receiver


@pytest.fixture
def x(sandbox: Sandbox, receiver: Receiver, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[X]:
    """X, as nobody has used it yet, and the settings that go with it. It may be asked without a second in between."""
    from aaa_dashboard.webhooks import limits

    monkeypatch.setattr(limits, "SPACING", timedelta())
    settings.X_API_BASE_URL = sandbox.url
    settings.PUBLIC_URL = receiver.url.removesuffix("/webhook/twitter")
    settings.X_CONSUMER_KEY, settings.X_CONSUMER_SECRET = CONSUMER_KEY, SECRET
    settings.X_ACCESS_TOKEN, settings.X_ACCESS_TOKEN_SECRET = OWNER.token, OWNER.secret
    yield X(sandbox)
    Control(sandbox).reset()


@pytest.fixture(autouse=True)
def _what_one_test_used_up_is_not_the_next_ones() -> Iterator[None]:
    yield
    as_a_process_that_has_just_begun()


@pytest.fixture
def app(db: None) -> "App":
    """The first app."""
    from aaa_dashboard.webhooks.models import DEFAULT_SLUG, App

    return App.objects.get_or_create(slug=DEFAULT_SLUG, defaults={"name": "Acme Care"})[0]
