"""What X answers when it is X that has a problem, switched on for a while."""

from collections.abc import Iterator

import pytest
import requests

from tests.sandbox.client import AAA, LIMIT_HEADERS, X, error, message
from tests.sandbox.wire import Receiver

pytestmark = pytest.mark.any_database

WEBHOOKS = f"{AAA}/webhooks.json"


@pytest.fixture(autouse=True)
def _faults_end(x: X) -> Iterator[None]:
    yield
    requests.delete(x.url("/control/faults"), timeout=10).raise_for_status()


@pytest.mark.parametrize(
    ("fault", "code"),
    [("api_503", (503, 67)), ("api_130", (503, 130)), ("api_131", (500, 131)), ("api_429", (429, 88))],
)
def test_x_has_a_problem(x: X, fault: str, code: tuple[int, int]) -> None:
    app, owner = x.bearing(), x.signed()
    requests.put(x.url(f"/control/faults/{fault}"), json={}, timeout=10).raise_for_status()

    for answer in (app.get(WEBHOOKS), owner.post(WEBHOOKS, data={"url": "x"}), owner.get("/1.1/users/lookup.json")):
        assert error(answer) == code

    requests.delete(x.url(f"/control/faults/{fault}"), timeout=10).raise_for_status()
    assert app.get(WEBHOOKS).status_code == 200


def test_a_limit_that_is_used_up_says_until_when(x: X) -> None:
    app = x.bearing()
    requests.put(x.url("/control/faults/api_429"), json={}, timeout=10).raise_for_status()

    answer = app.get(WEBHOOKS)

    assert {name for name in LIMIT_HEADERS if name in answer.headers} == set(LIMIT_HEADERS)
    assert answer.headers["x-rate-limit-remaining"] == "0"


def test_no_challenge_is_passed_while_webhooks_are_invalid(x: X, receiver: Receiver) -> None:
    webhook_id = x.register(receiver.url)
    requests.put(x.url("/control/faults/webhook_invalid"), json={}, timeout=10).raise_for_status()

    for answer in (
        x.signed().put(f"{AAA}/webhooks/{webhook_id}.json"),
        x.signed().post(WEBHOOKS, data={"url": f"{receiver.url}/2"}),
    ):
        assert error(answer) == (403, 214)
        assert message(answer).startswith("Non-200 response code during CRC GET request")
    assert [(hook["id"], hook["valid"]) for hook in x.bearing().get(WEBHOOKS).json()] == [(webhook_id, False)]

    requests.delete(x.url("/control/faults/webhook_invalid"), timeout=10).raise_for_status()
    assert x.signed().put(f"{AAA}/webhooks/{webhook_id}.json").status_code == 204
