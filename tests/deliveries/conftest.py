"""A receiver that really serves, on the test's database."""

from collections.abc import Iterator

import pytest
from django.conf import LazySettings
from hypothesis import settings as hypothesis_settings

from aaa_dashboard.asgi import Entry
from tests.deliveries.serving import PREVIOUS_SECRET, SECRET, Sender, serving

# The machine may be busy: how long an example takes says nothing about what it shows.
hypothesis_settings.register_profile("project", deadline=None)
hypothesis_settings.load_profile("project")


@pytest.fixture(autouse=True)
def _secrets(settings: LazySettings) -> None:
    settings.X_CONSUMER_SECRET = SECRET
    settings.X_CONSUMER_SECRET_PREVIOUS = PREVIOUS_SECRET


@pytest.fixture
def entry(transactional_db: None) -> Entry:
    """The hot path alone, not yet serving."""
    return Entry(None)


@pytest.fixture
def server(entry: Entry) -> Iterator[str]:
    """Address of a serving receiver."""
    with serving(entry) as url:
        yield url


@pytest.fixture
def sender(server: str) -> Sender:
    """X, posting to the default app."""
    return Sender(f"{server}/webhook/twitter")
