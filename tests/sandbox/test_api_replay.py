"""Asking X for a replay: what it takes, and every way of asking wrongly."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import requests

from tests.sandbox.client import AAA, STRANGER, X, error, message
from tests.sandbox.wire import Receiver, eventually

pytestmark = pytest.mark.any_database


@pytest.fixture
def webhook_id(x: X, receiver: Receiver) -> str:
    return x.register(receiver.url)


def path(webhook_id: str) -> str:
    return f"{AAA}/replay/webhooks/{webhook_id}/subscriptions/all.json"


def ago(**age: float) -> str:
    return f"{datetime.now(UTC) - timedelta(**age):%Y%m%d%H%M}"


def window(begins: str = "", ends: str = "") -> dict[str, str]:
    return {"from_date": begins or ago(hours=2), "to_date": ends or ago(hours=1)}


def ask(x: X, webhook_id: str, params: dict[str, str]) -> requests.Response:
    return x.bearing().post(path(webhook_id), params=params)


def test_a_replay_is_accepted_and_ends_with_a_status(x: X, receiver: Receiver, webhook_id: str) -> None:
    answer = ask(x, webhook_id, window())

    assert answer.status_code == 202
    assert set(answer.json()) == {"job_id", "created_at"}
    datetime.strptime(answer.json()["created_at"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    eventually(lambda: len(receiver.deliveries) == 1)
    status = json.loads(receiver.deliveries[0].body)["replay_job_status"]
    assert status["job_id"] == answer.json()["job_id"]
    assert status["webhook_id"] == webhook_id
    assert status["job_state"] == "Complete"


def test_a_challenge_comes_first(x: X, receiver: Receiver, webhook_id: str) -> None:
    ask(x, webhook_id, window())

    assert len(receiver.challenges) == 2


def test_the_oldest_and_the_youngest_window_are_accepted(x: X, receiver: Receiver, webhook_id: str) -> None:
    assert ask(x, webhook_id, window(ago(days=5, minutes=-2), ago(days=4))).status_code == 202
    eventually(lambda: len(receiver.deliveries) == 1)
    assert ask(x, webhook_id, window(ago(minutes=31), ago(minutes=10))).status_code == 202


@pytest.mark.parametrize(
    ("params", "code", "said"),
    [
        ({"to_date": ago(hours=1)}, (400, 357), "from_date: queryParam is required."),
        ({"from_date": ago(hours=1)}, (400, 357), "to_date: queryParam is required."),
        (window("yesterday"), (400, 358), "Unable to parse from_date parameter."),
        (window(ends="2026-11-20"), (400, 358), "Unable to parse to_date parameter."),
        (window("202613010000"), (400, 358), "Unable to parse from_date parameter."),
        (window("20261101000000"), (400, 358), "Unable to parse from_date parameter."),
        (window("205001010000"), (400, 368), "from_date: [205001010000] is not in the past."),
        (window(ends="205001010000"), (400, 368), "to_date: [205001010000] is not in the past."),
        (window(ago(hours=1), ago(hours=2)), (400, 356), "from_date must be before to_date."),
        (window(ago(hours=1), ago(hours=1)), (400, 356), "from_date must be before to_date."),
        (window(ago(days=5, minutes=5)), (400, 356), "from_date must be within the past 5 days."),
    ],
)
def test_a_wrong_window_is_explained(
    x: X, webhook_id: str, params: dict[str, str], code: tuple[int, int], said: str
) -> None:
    answer = ask(x, webhook_id, params)

    assert error(answer) == code
    assert message(answer) == said


def test_what_is_too_young_is_not_past_yet(x: X, webhook_id: str) -> None:
    assert error(ask(x, webhook_id, window(ago(minutes=28), ago(minutes=15)))) == (400, 368)
    assert error(ask(x, webhook_id, window(ends=ago(minutes=8)))) == (400, 368)


@pytest.mark.parametrize(
    ("webhook_id", "code", "said"),
    [
        ("1", (404, 34), "Webhook does not exist or is associated with a different twitter application."),
        ("-5", (400, 360), "webhook_id: [-5] is not greater than or equal to 0."),
        ("five", (400, 358), "Unable to parse webhook_id parameter."),
    ],
)
def test_a_wrong_webhook_is_explained(x: X, webhook_id: str, code: tuple[int, int], said: str) -> None:
    answer = ask(x, webhook_id, window())

    assert error(answer) == code
    assert message(answer) == said


def test_a_webhook_of_another_app_is_not_found(x: X, webhook_id: str) -> None:
    x.another_app()

    assert error(x.bearing(STRANGER).post(path(webhook_id), params=window())) == (404, 34)


def test_an_invalid_webhook_has_to_be_validated_first(x: X, webhook_id: str) -> None:
    x.change("UPDATE sandbox_webhook SET valid = 0")

    answer = ask(x, webhook_id, window())

    assert error(answer) == (400, 214)
    assert message(answer) == "Webhook is marked invalid and requires a CRC check."


def test_a_webhook_that_answers_wrongly_becomes_invalid(x: X, receiver: Receiver, webhook_id: str) -> None:
    receiver.secret = "another-secret"

    assert error(ask(x, webhook_id, window())) == (400, 214)
    assert [found["valid"] for found in x.bearing().get(f"{AAA}/webhooks.json").json()] == [False]


def test_a_webhook_that_fails_for_once_stays_valid_and_gets_no_replay(
    x: X, receiver: Receiver, webhook_id: str
) -> None:
    receiver.challenge_answer = lambda _token: (500, {}, b"")

    answer = ask(x, webhook_id, window())

    assert error(answer) == (403, 214)
    assert message(answer).startswith("Non-200 response code during CRC GET request")
    assert [found["valid"] for found in x.bearing().get(f"{AAA}/webhooks.json").json()] == [True]
    receiver.challenge_answer = None
    assert ask(x, webhook_id, window()).status_code == 202


def test_one_replay_at_a_time(x: X, webhook_id: str) -> None:
    x.change(
        "INSERT INTO sandbox_replay (id, webhook_id, from_date, to_date, created_at, state, delivered, failed)"
        " SELECT 1, id, created_at, created_at, created_at, 'running', 0, 0 FROM sandbox_webhook"
    )

    answer = ask(x, webhook_id, window())

    assert error(answer) == (409, 355)
    assert message(answer) == "A replay job is already in progress for this webhook."


def test_a_user_cannot_ask_for_it(x: X, webhook_id: str) -> None:
    answer = x.signed().post(path(webhook_id), params=window())

    assert error(answer) == (401, 32)
    assert message(answer) == "Invalid authentication method. Please use application-only authentication."


def test_it_has_to_be_bought(x: X, webhook_id: str) -> None:
    with x.app_is(may_replay=0):
        answer = ask(x, webhook_id, window())

    assert error(answer) == (403, 200)
    assert "replay is required" in message(answer)


def test_without_a_contract_the_client_is_not_permitted(x: X, webhook_id: str) -> None:
    with x.app_is(contract_id=None):
        answer = ask(x, webhook_id, window())

    assert error(answer) == (401, 61)
    assert message(answer) == "Client is not permitted to request this method."


def test_five_in_a_quarter_of_an_hour_are_announced(x: X, webhook_id: str) -> None:
    assert ask(x, webhook_id, window()).headers["x-rate-limit-limit"] == "5"
