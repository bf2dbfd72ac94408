"""What X answers when it is X that has a problem, switched on for a while."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import requests

from tests.sandbox.client import AAA, LIMIT_HEADERS, X, error, message
from tests.sandbox.wire import Receiver

pytestmark = pytest.mark.any_database

WEBHOOKS = f"{AAA}/webhooks.json"


@pytest.fixture(autouse=True)
def _faults_end(x: X) -> Iterator[None]:
    yield
    requests.delete(x.url("/control/faults"), timeout=30).raise_for_status()


@pytest.mark.parametrize(
    ("fault", "code"),
    [("api_503", (503, 67)), ("api_130", (503, 130)), ("api_131", (500, 131)), ("api_429", (429, 88))],
)
def test_x_has_a_problem(x: X, fault: str, code: tuple[int, int]) -> None:
    app, owner = x.bearing(), x.signed()
    requests.put(x.url(f"/control/faults/{fault}"), json={}, timeout=30).raise_for_status()

    for answer in (app.get(WEBHOOKS), owner.post(WEBHOOKS, data={"url": "x"}), owner.get("/1.1/users/lookup.json")):
        assert error(answer) == code

    requests.delete(x.url(f"/control/faults/{fault}"), timeout=30).raise_for_status()
    assert app.get(WEBHOOKS).status_code == 200


@pytest.mark.parametrize("fault", ["api_503", "api_130", "api_131", "api_429"])
def test_the_limits_are_told_all_the_same(x: X, fault: str) -> None:
    app, owner = x.bearing(), x.signed()
    requests.put(x.url(f"/control/faults/{fault}"), json={}, timeout=30).raise_for_status()

    answers = {
        15: app.get(WEBHOOKS),
        5: app.post(f"{AAA}/replay/webhooks/1/subscriptions/all.json"),
        500: owner.post(f"{AAA}/webhooks/1/subscriptions/all.json"),
        900: x.anonymous().get("/1.1/users/lookup.json"),
    }

    for limit, answer in answers.items():
        assert answer.headers["x-rate-limit-limit"] == str(limit)
        assert 0 < int(answer.headers["x-rate-limit-reset"]) - datetime.now(UTC).timestamp() <= 901
        assert (answer.headers["x-rate-limit-remaining"] == "0") == (fault == "api_429")


def test_what_has_no_limit_tells_none(x: X) -> None:
    requests.put(x.url("/control/faults/api_503"), json={}, timeout=30).raise_for_status()

    for answer in (x.anonymous().get("/1.1/statuses.json"), x.anonymous().post("/oauth/request_token")):
        assert error(answer) == (503, 67)
        assert not set(LIMIT_HEADERS) & {name.lower() for name in answer.headers}


def test_no_challenge_is_passed_while_webhooks_are_invalid(x: X, receiver: Receiver) -> None:
    webhook_id = x.register(receiver.url)
    requests.put(x.url("/control/faults/webhook_invalid"), json={}, timeout=30).raise_for_status()

    for answer in (
        x.signed().put(f"{AAA}/webhooks/{webhook_id}.json"),
        x.signed().post(WEBHOOKS, data={"url": f"{receiver.url}/2"}),
    ):
        assert error(answer) == (403, 214)
        assert message(answer).startswith("Non-200 response code during CRC GET request")
    assert [(hook["id"], hook["valid"]) for hook in x.bearing().get(WEBHOOKS).json()] == [(webhook_id, False)]

    requests.delete(x.url("/control/faults/webhook_invalid"), timeout=30).raise_for_status()
    assert x.signed().put(f"{AAA}/webhooks/{webhook_id}.json").status_code == 204


@pytest.mark.parametrize(("fault", "code"), [("bearer_89", (403, 89)), ("bearer_99", (403, 99))])
def test_bearer_tokens_are_refused_and_new_ones_as_well(x: X, fault: str, code: tuple[int, int]) -> None:
    requests.put(x.url(f"/control/faults/{fault}"), json={}, timeout=30).raise_for_status()

    assert error(x.bearing().get(WEBHOOKS)) == code
    assert x.signed().get("/1.1/account/verify_credentials.json").status_code == 200


def test_refusals_have_words_and_no_code(x: X) -> None:
    requests.put(x.url("/control/faults/api_no_code"), json={}, timeout=30).raise_for_status()

    answer = x.bearing().get(f"{AAA}/webhooks/1234/subscriptions/all/list.json")

    assert answer.status_code == 404
    assert answer.json()["title"].startswith("Webhook does not exist")
    assert "errors" not in answer.json()
    assert answer.headers["x-rate-limit-limit"] == "50"
    assert x.bearing().get(WEBHOOKS).status_code == 200
