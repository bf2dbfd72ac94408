"""Fixtures for every test, and the rules for tests that need more than Python."""

import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.test import Client
from playwright.sync_api import Browser, Playwright, expect
from pytest_django import DjangoDbBlocker

from tests import emptying, secrecy, services
from tests.services import REQUIRE_ALL

pytest_plugins = ["tests.sandboxes"]

# A password costs half a second, and every second test has somebody sign in. Processes of a test take such a one too.
PBKDF2PasswordHasher.iterations = 1

if TYPE_CHECKING:  # models cannot be imported before Django is set up
    from django.contrib.auth.models import User


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="run the tests marked slow as well")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--slow"):
        slow = [item for item in items if item.get_closest_marker("slow")]
        if slow:
            items[:] = [item for item in items if item not in set(slow)]
            config.hook.pytest_deselected(items=slow)
    for item in items:
        if not secrecy.asks_for_database(item):
            item.add_marker("any_database")
    # Playwright keeps an event loop running in the thread of the tests, in which later ones could not start their own.
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


def _need(what: str, found: str | None) -> str:
    """Skip the test when the machine lacks something; fail it when everything is required."""
    if found:
        return found
    if REQUIRE_ALL:
        pytest.fail(f"{what} is required (REQUIRE_ALL) and none was found.")
    pytest.skip(f"no {what}")


@pytest.fixture(autouse=True)
def _browser_or_skip(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("browser"):
        _need("Chromium", services.chromium())


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the browser."""
    return _need("Chromium", services.chromium())


@pytest.fixture(scope="session")
def browser(playwright: Playwright, chromium: str) -> Iterator[Browser]:
    """The one browser of the run, from the system's packages in place of a download."""
    options = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
               "--disable-background-networking", "--disable-component-update"]  # fmt: skip
    # Playwright keeps an event loop in this thread, and Django would take every query for one from a coroutine.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    expect.set_options(timeout=30_000)
    browser = playwright.chromium.launch(executable_path=chromium, args=options)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def postgresql_url() -> str:
    """Address of a PostgreSQL server where the test may create databases of its own."""
    return _need("PostgreSQL", services.postgresql_url())


@pytest.fixture(scope="session")
def redis_url() -> str:
    """Address of a Redis database for tests alone."""
    return _need("Redis", services.redis_url())


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Have tests that commit leave the database as it was migrated."""
    with django_db_blocker.unblock():
        emptying.install()
        secrecy.remember_migrations()
    yield
    with django_db_blocker.unblock():
        emptying.let_go()


@pytest.fixture
def person(db: None) -> Callable[..., "User"]:
    """Makes a member of staff with the named permissions."""
    from django.contrib.auth.models import Permission, User

    def make(name: str, *permissions: str) -> User:
        user = User.objects.create_user(name, password="correct horse battery")
        user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
        return user

    return make


@pytest.fixture
def agent(person: Callable[..., "User"]) -> Client:
    """Somebody signed in who may look."""
    client = Client()
    client.force_login(person("sam"))
    return client
