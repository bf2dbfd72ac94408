"""Fixtures for every test, and the rules for tests that need more than Python."""

import pytest

from tests import services
from tests.services import REQUIRE_ALL


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="run the tests marked slow as well")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--slow"):
        slow = [item for item in items if item.get_closest_marker("slow")]
        if slow:
            items[:] = [item for item in items if item not in set(slow)]
            config.hook.pytest_deselected(items=slow)


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
def postgresql_url() -> str:
    """Address of a PostgreSQL server where the test may create databases of its own."""
    return _need("PostgreSQL", services.postgresql_url())


@pytest.fixture(scope="session")
def redis_url() -> str:
    """Address of a Redis database for tests alone."""
    return _need("Redis", services.redis_url())
