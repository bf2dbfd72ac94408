"""A replay delivers everything once more whose delivery was attempted in its window, as X does."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.sandbox.client import AAA, X
from tests.sandbox.control import Control
from tests.sandbox.wire import Receiver, StartSandbox, eventually, signature

pytestmark = pytest.mark.any_database


def replay(control: Control, begins: float = 180.0, ends: float = 30.0) -> str:
    """Ask for the minutes from … to … before now: the job."""
    state = control.state()
    now = datetime.fromisoformat(state["now"])
    params = {
        name: f"{now.astimezone(UTC) - timedelta(minutes=age):%Y%m%d%H%M}"
        for name, age in (("from_date", begins), ("to_date", ends))
    }
    path = f"{AAA}/replay/webhooks/{state['webhooks'][0]['id']}/subscriptions/all.json"
    answer = X(control.sandbox).with_bearer(state["apps"][0]["bearer_token"]).post(path, params=params)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["job_id"])


def ended(control: Control, job: str) -> Any:
    """What is known of a job when it has ended."""

    def found() -> Any:
        [replay] = [one for one in control.state()["replays"] if one["id"] == job]
        return replay

    eventually(lambda: found()["state"] != "Running")
    return found()


def status(webhook: Receiver) -> dict[str, Any]:
    """How the webhook was told that it ended."""
    eventually(lambda: any("replay_job_status" in one.json() for one in webhook.deliveries))
    [found] = [one.json() for one in webhook.deliveries if "replay_job_status" in one.json()]
    return dict(found["replay_job_status"])


def post_ids(webhook: Receiver) -> list[str]:
    return [post["id_str"] for arrived in webhook.deliveries for post in arrived.json().get("tweet_create_events", [])]


def test_it_delivers_the_window_once_more_and_nothing_else(control: Control, webhook: Receiver) -> None:
    before = control.do("post", "acme", text="Before")
    control.advance(hours=1)
    inside = [control.do("post", "acme", text=f"Number {number}") for number in range(5)]
    control.advance(hours=1)
    after = control.do("post", "acme", text="After")
    eventually(lambda: len(webhook.deliveries) == 7)
    webhook.deliveries.clear()
    control.advance(minutes=31)

    job = replay(control, begins=120, ends=60)

    assert ended(control, job)["delivered"] == 5
    assert status(webhook)["job_state"] == "Complete"
    assert sorted(post_ids(webhook)) == inside
    assert not {before, after} & set(post_ids(webhook))
    assert all(
        arrived.headers["x-twitter-webhooks-signature"] == signature(arrived.body) for arrived in webhook.deliveries
    )


def test_it_begins_with_the_oldest_minute(control: Control, webhook: Receiver) -> None:
    made = []
    for number in range(4):
        made.append(control.do("post", "acme", text=f"Number {number}"))
        control.advance(minutes=2)
    eventually(lambda: len(webhook.deliveries) == 4)
    webhook.deliveries.clear()
    control.advance(minutes=31)

    ended(control, replay(control, begins=60, ends=10))

    assert post_ids(webhook) == made


def test_what_was_lost_comes_back(control: Control, webhook: Receiver) -> None:
    webhook.statuses = [503] * 4
    made = control.do("post", "acme", text="Hello")
    eventually(lambda: control.deliveries()[0]["state"] == "lost")
    webhook.deliveries.clear()
    control.advance(minutes=40)

    job = replay(control)

    ended(control, job)
    assert post_ids(webhook) == [made]
    [lost, _] = control.deliveries()
    assert lost["state"] == "lost"
    assert [(one["number"], one["status"], one["replay"]) for one in lost["attempts"]] == [
        *((number, 503, None) for number in (1, 2, 3, 4)),
        (0, 200, job),
    ]


def test_what_was_only_repeated_in_the_window_comes_as_well_and_first(
    receiver: Receiver, start_sandbox: StartSandbox
) -> None:
    settings = {"WEBHOOK_URL": receiver.url, "WARM_UP_SECONDS": 0, "BACKLOG": 0, "REPLAY_PER_SECOND": 25}
    # It repeats after 20 minutes.
    control = Control(start_sandbox(**settings, RETRY_SCALE=400))
    eventually(lambda: [hook["valid"] for hook in control.state()["webhooks"]] == [True])
    receiver.statuses = [503]
    repeated = control.do("post", "acme", text="Hello")
    eventually(lambda: len(control.deliveries()[0]["attempts"]) == 1)
    control.advance(minutes=30)
    eventually(lambda: control.deliveries()[0]["state"] == "delivered")
    new = control.do("post", "acme", text="Hello again")
    eventually(lambda: len(receiver.deliveries) == 3)
    control.advance(minutes=40)

    for begins, ends, expected in ((60, 31, [repeated, new]), (90, 60, [repeated]), (31, 10, [])):
        receiver.deliveries.clear()
        found = ended(control, replay(control, begins, ends))

        assert (found["state"], found["delivered"]) == ("Complete", len(expected))
        assert status(receiver)["job_state"] == "Complete"
        assert post_ids(receiver) == expected


def test_it_does_not_repeat_what_fails_and_says_that_it_is_incomplete(control: Control, webhook: Receiver) -> None:
    for number in range(3):
        control.do("post", "acme", text=f"Number {number}")
    eventually(lambda: len(webhook.deliveries) == 3)
    webhook.deliveries.clear()
    control.advance(minutes=40)
    webhook.statuses = [500]

    found = ended(control, replay(control))

    assert (found["state"], found["delivered"], found["failed"]) == ("Incomplete", 2, 1)
    assert status(webhook)["job_state"] == "Incomplete"
    assert len(webhook.deliveries) == 4


def test_a_fault_makes_it_break_off(control: Control, webhook: Receiver) -> None:
    for number in range(10):
        control.do("post", "acme", text=f"Number {number}")
    eventually(lambda: len(webhook.deliveries) == 10)
    webhook.deliveries.clear()
    control.advance(minutes=40)
    control.fault("replay_incomplete")

    found = ended(control, replay(control))

    assert (found["state"], found["delivered"]) == ("Incomplete", 5)


def test_how_earlier_replays_ended_is_not_replayed(control: Control, webhook: Receiver) -> None:
    control.do("post", "acme", text="Hello")
    control.advance(minutes=40)
    ended(control, replay(control))
    status(webhook)
    control.advance(minutes=40)

    found = ended(control, replay(control))

    assert found["delivered"] == 1


def test_at_full_rate_beside_live_traffic_everything_comes_once_more(
    receiver: Receiver, start_sandbox: StartSandbox
) -> None:
    control = Control(start_sandbox(WEBHOOK_URL=receiver.url, WARM_UP_SECONDS=0, BACKLOG=300, TRAFFIC_PER_SECOND=0.001))
    eventually(lambda: len(receiver.deliveries) >= 300 and control.state()["deliveries"]["waiting"] == 0)
    control.advance(minutes=40)
    window = {arrived.body for arrived in receiver.deliveries}
    receiver.deliveries.clear()
    control.json("PUT", "traffic", {"per_second": 200})
    eventually(lambda: bool(receiver.deliveries))

    found = ended(control, replay(control))
    assert status(receiver)["job_state"] == "Complete"
    control.json("PUT", "traffic", {"per_second": 0})
    eventually(lambda: control.state()["deliveries"]["waiting"] == 0)

    came = Counter(arrived.body for arrived in receiver.deliveries)
    assert found["delivered"] == len(window)
    assert came.keys() > window
    assert set(came.values()) == {1}


def test_one_that_a_stop_interrupts_is_incomplete(receiver: Receiver, start_sandbox: StartSandbox) -> None:
    settings = {"WEBHOOK_URL": receiver.url, "WARM_UP_SECONDS": 0}
    first = Control(start_sandbox(**settings, REPLAY_PER_SECOND=1))
    eventually(lambda: [hook["valid"] for hook in first.state()["webhooks"]] == [True])
    for number in range(10):
        first.do("post", "acme", text=f"Number {number}")
    eventually(lambda: len(receiver.deliveries) == 10)
    first.advance(minutes=40)
    replay(first)
    eventually(lambda: len(receiver.deliveries) > 10)
    first.sandbox.stop()
    assert len(receiver.deliveries) < 20

    second = Control(start_sandbox(**settings))

    assert status(receiver)["job_state"] == "Incomplete"
    assert second.state()["replays"][0]["state"] == "Incomplete"
