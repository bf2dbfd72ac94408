"""The log tells what goes wrong in the sandbox itself, and nothing of what X is made to answer."""

import pytest
import requests

from tests.sandbox.client import AAA, X
from tests.sandbox.control import Control
from tests.sandbox.wire import StartSandbox, eventually

pytestmark = pytest.mark.any_database


def test_an_answer_of_a_fault_is_no_error(control: Control) -> None:
    control.fault("api_503")

    assert X(control.sandbox).anonymous().get(f"{AAA}/webhooks.json").status_code == 503

    assert "django.request" not in control.sandbox.output()


def test_an_exception_is_one(start_sandbox: StartSandbox) -> None:
    sandbox = start_sandbox()
    X(sandbox).change("DROP TABLE sandbox_relation")

    assert requests.get(f"{sandbox.url}/people/acme", timeout=30).status_code == 500

    eventually(lambda: "ERROR django.request" in sandbox.output() and "Traceback" in sandbox.output())
