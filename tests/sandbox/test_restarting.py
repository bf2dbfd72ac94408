"""What a sandbox remembers over a restart: deliveries that wait, faults, its clock."""

import pytest

from tests.sandbox.client import X
from tests.sandbox.control import Control
from tests.sandbox.wire import Receiver, StartSandbox, eventually

pytestmark = pytest.mark.any_database


def start(start_sandbox: StartSandbox, receiver: Receiver, **settings: object) -> Control:
    control = Control(start_sandbox(WEBHOOK_URL=receiver.url, WARM_UP_SECONDS=0, **settings))
    eventually(lambda: [hook["valid"] for hook in control.state()["webhooks"]] == [True])
    return control


def test_repetitions_go_on_where_they_were(receiver: Receiver, start_sandbox: StartSandbox) -> None:
    receiver.statuses = [503, 503]
    first = start(start_sandbox, receiver, RETRY_SCALE=1)
    made = first.do("post", "acme", text="Hello")
    eventually(lambda: len(receiver.deliveries) == 1)
    first.sandbox.stop()

    second = start(start_sandbox, receiver, RETRY_SCALE=1)
    second.advance(seconds=3)
    eventually(lambda: len(receiver.deliveries) == 2)
    second.advance(seconds=26)
    assert second.deliveries()[0]["state"] == "waiting"
    second.advance(seconds=2)
    eventually(lambda: len(receiver.deliveries) == 3)

    assert {arrived.json()["tweet_create_events"][0]["id_str"] for arrived in receiver.deliveries} == {made}
    eventually(lambda: second.deliveries()[0]["state"] == "delivered")
    assert [attempt["number"] for attempt in second.deliveries()[0]["attempts"]] == [1, 2, 3]


def test_a_clock_that_was_once_further_ahead_than_it_may_be_is_a_year_ahead(start_sandbox: StartSandbox) -> None:
    first = Control(start_sandbox())
    first.advance(seconds=1)
    first.sandbox.stop()
    X(first.sandbox).change("UPDATE sandbox_kept SET value = ? WHERE name = 'clock_ahead_ms'", "1795227000000")

    second = Control(start_sandbox())

    assert second.state()["clock_ahead_seconds"] == 365 * 86_400


def test_what_was_delivered_is_not_delivered_again(receiver: Receiver, start_sandbox: StartSandbox) -> None:
    first = start(start_sandbox, receiver)
    first.do("post", "acme", text="Hello")
    eventually(lambda: len(receiver.deliveries) == 1)
    first.sandbox.stop()

    second = start(start_sandbox, receiver)
    second.do("post", "acme", text="And again")
    eventually(lambda: len(receiver.deliveries) == 2)

    texts = [arrived.json()["tweet_create_events"][0]["text"] for arrived in receiver.deliveries]
    assert texts == ["Hello", "And again"]


def test_faults_and_the_clock_stay_as_they_were_set(receiver: Receiver, start_sandbox: StartSandbox) -> None:
    first = start(start_sandbox, receiver)
    first.fault("wrong_signature", percent=20)
    first.advance(days=2)
    first.sandbox.stop()

    second = start(start_sandbox, receiver)

    assert second.json("GET", "faults") == {"wrong_signature": {"percent": 20.0, "seconds": 0.0}}
    assert second.state()["clock_ahead_seconds"] == 2 * 86_400
