"""`docs/x-api.md` shows the calls and errors that the code has."""

import pytest

from aaa_dashboard.webhooks.management.commands import credentials
from aaa_dashboard.x_api import network, retries, transport
from tests.x_api.document import DOCUMENT, with_tables

pytestmark = pytest.mark.any_database


@pytest.fixture
def text() -> str:
    return DOCUMENT.read_text(encoding="utf-8")


def test_its_tables_are_those_of_the_code(text: str) -> None:
    assert with_tables(text) == text, "run: python -m tests.x_api.document"


def test_its_figures_are_those_of_the_code(text: str) -> None:
    for said in (
        f"{network.CONNECT_SECONDS:g} s to connect, {network.READ_SECONDS:g} s for an answer",
        f"up to {retries.MAX_ATTEMPTS} times",
        f"{transport.PATIENCE_SECONDS:g} s at most",
    ):
        assert said in text


def test_its_exit_codes_are_those_of_the_command(text: str) -> None:
    for code, meaning in (
        (0, "X takes everything"),
        (credentials.REFUSED, "X refuses something"),
        (credentials.MISUSED, "the command was misused"),
        (credentials.UNKNOWN, "X could not be asked"),
    ):
        assert f"| {code} | {meaning}" in text
