"""X as the sandbox plays it, our receiver as X meets it, an app, and staff at their browsers."""

from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.fixtures import Settings

from aaa_dashboard.audit import Actor
from aaa_dashboard.webhooks.models import DEFAULT_SLUG, App, Webhook
from aaa_dashboard.webhooks.registering import register
from aaa_dashboard.x_api import bearer_tokens, rate_limits
from tests.sandbox.client import OWNER, X
from tests.sandbox.control import Control
from tests.sandbox.wire import CONSUMER_KEY, SECRET, Receiver, Sandbox, free_port, sandboxes, serve_webhook

BY = Actor("a test")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """What answers at the address of the first app."""
    receiver = Receiver(f"http://127.0.0.1:{free_port()}/webhook/twitter")
    server = serve_webhook(receiver)
    yield receiver
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One for all tests of a module, without limits of requests."""
    with sandboxes(tmp_path_factory.mktemp("sandbox")) as start:
        yield start(
            ALLOW_LOOPBACK=1, RATE_LIMIT_SCALE=0, CHALLENGE_SECONDS=3600, BACKLOG=0, ANSWER_SECONDS=1,
            ACCESS_TOKEN=OWNER.token, ACCESS_TOKEN_SECRET=OWNER.secret,
        )  # fmt: skip


@pytest.fixture(autouse=True)
def _a_process_that_has_just_begun() -> Iterator[None]:
    yield
    rate_limits.shared.__init__()  # type: ignore[misc] # what one test used up is not the next one's
    bearer_tokens.shared.__init__()  # type: ignore[misc]


@pytest.fixture
def x(sandbox: Sandbox, receiver: Receiver, settings: Settings) -> Iterator[X]:
    """X, as nobody has used it yet, and the settings that go with it."""
    settings.X_API_BASE_URL = sandbox.url
    settings.PUBLIC_URL = receiver.url.removesuffix("/webhook/twitter")
    settings.X_CONSUMER_KEY, settings.X_CONSUMER_SECRET = CONSUMER_KEY, SECRET
    settings.X_ACCESS_TOKEN, settings.X_ACCESS_TOKEN_SECRET = OWNER.token, OWNER.secret
    x = X(sandbox)
    yield x
    Control(sandbox).ask("DELETE", "faults")
    x.clear()


@pytest.fixture
def app(db: None) -> App:
    """The first app."""
    return App.objects.get_or_create(slug=DEFAULT_SLUG, defaults={"name": "Acme Care"})[0]


@pytest.fixture
def webhook(app: App, x: X) -> Webhook:
    """A webhook that was registered from here."""
    return register(app, app.receive_url, by=BY)


@pytest.fixture
def operator(person: Callable[..., User]) -> Client:
    """Somebody signed in who may manage webhooks."""
    client = Client()
    client.force_login(person("olga", "manage_webhooks"))
    return client


def timeline(webhook: Webhook) -> list[str]:
    """Kinds of what became of a webhook, oldest first."""
    return list(webhook.changes.order_by("at", "pk").values_list("kind", flat=True))
