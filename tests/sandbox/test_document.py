"""docs/sandbox.md says what is, and all of it."""

import re

import pytest

from aaa_dashboard.sandbox import faults, mix
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


def test_it_names_every_fault_with_its_effect() -> None:
    for kind in faults.FAULTS.values():
        assert f"| `{kind.key}` | {kind.effect} |" in DOCUMENT


def test_it_names_everything_that_can_be_asked_and_done() -> None:
    sources = ROOT / "aaa_dashboard" / "sandbox"
    addresses = re.findall(r'^    "(.*)": \{(.*)\},$', (sources / "control/urls.py").read_text("utf-8"), re.MULTILINE)
    deeds = re.findall(r'^    "(\w+)": (?:lambda|_)', (sources / "activity/doing.py").read_text("utf-8"), re.MULTILINE)
    assert len(addresses) > 10
    assert len(deeds) > 10

    for route, methods in addresses:
        shown = re.sub(r"<str:(.*?)>", r":\1", route)
        for method in re.findall(r"[A-Z]{3,}", methods):
            assert f"| `{method} /control/{shown}` |" in DOCUMENT
    for deed in deeds:
        assert f"`{deed}`" in DOCUMENT
