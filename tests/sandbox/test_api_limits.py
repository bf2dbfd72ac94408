"""How often X may be asked."""

from datetime import UTC, datetime

import pytest
import requests

from tests.sandbox.client import AAA, ACME, NORTHWIND, OWNER, X, error, message
from tests.sandbox.wire import Receiver, StartSandbox

pytestmark = pytest.mark.any_database

WEBHOOKS = f"{AAA}/webhooks.json"
COUNT = f"{AAA}/subscriptions/count.json"


@pytest.fixture
def limited(start_sandbox: StartSandbox) -> X:
    """X with its own limits."""
    return X(start_sandbox(ACCESS_TOKEN=OWNER.token, ACCESS_TOKEN_SECRET=OWNER.secret, ALLOW_LOOPBACK=1))


def remaining(answer: requests.Response) -> int:
    return int(answer.headers["x-rate-limit-remaining"])


def test_each_request_counts_until_none_is_left(limited: X) -> None:
    app = limited.bearing()

    answers = [app.get(WEBHOOKS) for _ in range(16)]

    assert [remaining(answer) for answer in answers] == [*range(14, -1, -1), 0]
    assert [answer.status_code for answer in answers[:15]] == [200] * 15
    assert error(answers[15]) == (429, 88)
    assert message(answers[15]) == "Rate limit exceeded."
    resets = {answer.headers["x-rate-limit-reset"] for answer in answers}
    assert len(resets) == 1
    assert 870 < int(resets.pop()) - datetime.now(UTC).timestamp() <= 901


def test_after_a_quarter_of_an_hour_there_are_as_many_again(limited: X) -> None:
    app = limited.bearing()
    while app.get(WEBHOOKS).status_code == 200:
        pass

    requests.post(limited.url("/control/clock"), json={"advance": 901}, timeout=30).raise_for_status()

    answer = app.get(WEBHOOKS)
    assert remaining(answer) == 14
    # The sandbox's clock is ahead now; whoever waits does it by the machine's.
    assert 870 < int(answer.headers["x-rate-limit-reset"]) - datetime.now(UTC).timestamp() <= 901


def test_apps_and_users_and_endpoints_are_counted_apart(limited: X) -> None:
    app, owner = limited.bearing(), limited.signed()
    for _ in range(16):
        app.get(WEBHOOKS)

    assert remaining(owner.get(WEBHOOKS)) == 14
    assert remaining(app.get(f"{AAA}/webhooks/1/subscriptions/all/list.json")) == 49
    assert remaining(app.get(COUNT)) == 14
    assert remaining(limited.signed(limited.token_of(NORTHWIND)).get("/1.1/account/verify_credentials.json")) == 74
    assert remaining(owner.get("/1.1/account/verify_credentials.json")) == 74


def test_refusals_count_as_well(limited: X) -> None:
    owner = limited.signed()
    owner.post(WEBHOOKS, data={"url": "http://example.com/"})

    assert remaining(owner.post(WEBHOOKS, data={"url": "http://example.com/"})) == 13


def test_what_x_itself_does_wrong_counts_as_well(limited: X) -> None:
    app = limited.bearing()
    requests.put(limited.url("/control/faults/api_503"), json={}, timeout=30).raise_for_status()

    assert [remaining(app.get(WEBHOOKS)) for _ in range(2)] == [14, 13]


def test_a_wrong_method_is_told_the_limits_and_does_not_count(limited: X) -> None:
    app = limited.bearing()

    answers = [app.put(WEBHOOKS), app.delete(COUNT), app.get(f"{AAA}/replay/webhooks/1/subscriptions/all.json")]

    assert [error(answer) for answer in answers] == [(404, 34)] * 3
    assert [answer.headers["x-rate-limit-limit"] for answer in answers] == ["15", "15", "5"]
    assert [remaining(answer) for answer in answers] == [15, 15, 5]


def test_five_replays_may_be_asked_for(limited: X) -> None:
    app = limited.bearing()

    answers = [app.post(f"{AAA}/replay/webhooks/1/subscriptions/all.json") for _ in range(6)]

    assert [answer.status_code for answer in answers] == [404] * 5 + [429]


def test_who_is_not_known_is_not_counted(limited: X) -> None:
    answers = [limited.with_bearer("AAAA-wrong").get(WEBHOOKS) for _ in range(17)]

    assert {answer.status_code for answer in answers} == {403}


def test_limits_can_be_scaled(start_sandbox: StartSandbox) -> None:
    app = X(start_sandbox(RATE_LIMIT_SCALE=0.2)).bearing()

    answers = [app.get(WEBHOOKS) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[0].headers["x-rate-limit-limit"] == "3"


def test_strict_is_the_default(start_sandbox: StartSandbox) -> None:
    owner = X(start_sandbox(ACCESS_TOKEN=OWNER.token, ACCESS_TOKEN_SECRET=OWNER.secret)).signed()

    answer = owner.post(WEBHOOKS, data={"url": "http://127.0.0.1:8000/webhook/twitter"})

    assert error(answer) == (403, 214)
    assert message(answer) == "Webhook URL does not meet the requirements."


def test_answers_can_be_those_that_were_seen(start_sandbox: StartSandbox, receiver: Receiver) -> None:
    x = X(
        start_sandbox(ACCESS_TOKEN=OWNER.token, ACCESS_TOKEN_SECRET=OWNER.secret, ALLOW_LOOPBACK=1, ANSWERS_AS_SEEN=1)
    )
    x.register(receiver.url)

    [hook] = x.bearing().get(WEBHOOKS).json()
    assert "created_at" not in hook
    datetime.strptime(hook["created_timestamp"], "%Y-%m-%d %H:%M:%S %z").astimezone(UTC)
    assert x.bearing().get(COUNT).json()["provisioned_count"] == 50
    assert x.signed().get("/1.1/users/lookup.json", params={"user_id": ACME}).status_code == 200
