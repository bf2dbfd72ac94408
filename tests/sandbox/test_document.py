"""docs/sandbox.md says what is, and all of it."""

import re

import pytest

from aaa_dashboard.sandbox import mix
from tests.sandbox.wire import ROOT

pytestmark = pytest.mark.any_database

DOCUMENT = (ROOT / "docs" / "sandbox.md").read_text(encoding="utf-8")
SETTINGS = (ROOT / "aaa_dashboard" / "sandbox" / "settings.py").read_text(encoding="utf-8")


def test_it_explains_every_setting_and_no_other() -> None:
    read = set(re.findall(r'"(SANDBOX_[A-Z_]+)"', SETTINGS))

    assert set(re.findall(r"\b(SANDBOX_[A-Z_]+)", DOCUMENT)) == read


def test_it_names_the_defaults_that_are() -> None:
    for name, default in re.findall(r'"(SANDBOX_[A-Z_]+)", default=([\d_.]+)\)', SETTINGS):
        [row] = [line for line in DOCUMENT.splitlines() if line.startswith(f"| `{name}`")]
        assert f"`{float(default):g}`" in row, name


def test_the_mix_that_it_shows_can_be_sent() -> None:
    [shown] = re.findall(r'--mix "([^"]+)"', DOCUMENT)

    assert mix.parse(shown) == {"tweet_create_events": 5.0, "direct_message_events__text": 1.0}
