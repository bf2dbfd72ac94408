"""A log line says what happened and nothing of what was in hand: no local variable, however pretty."""

import json
import logging
import sys

import pytest

from aaa_dashboard.logs import formatter


def _record() -> logging.LogRecord:
    token = "a token that nobody may read"
    try:
        raise RuntimeError(f"failed with {len(token)} characters")
    except RuntimeError:
        return logging.LogRecord("test", logging.ERROR, __file__, 1, "it broke", (), sys.exc_info())


@pytest.mark.any_database
@pytest.mark.parametrize("as_json", [False, True])
def test_a_traceback_holds_no_local_variable(as_json: bool) -> None:
    line = formatter(as_json).format(_record())
    assert "RuntimeError: failed with 28 characters" in line
    assert "a token that nobody may read" not in line


@pytest.mark.any_database
def test_json_is_one_object_a_line() -> None:
    line = formatter(as_json=True).format(_record())
    assert "\n" not in line
    assert json.loads(line)["event"] == "it broke"
