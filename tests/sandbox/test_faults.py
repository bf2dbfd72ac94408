"""Faults on the way of deliveries: each does what it says, and the log tells which it was."""

import json
from collections import Counter

import pytest

from tests.sandbox.client import ACME
from tests.sandbox.control import Control
from tests.sandbox.wire import Receiver, eventually, signature

pytestmark = pytest.mark.any_database


def test_wrong_signatures(control: Control, webhook: Receiver) -> None:
    control.fault("wrong_signature")
    control.do("post", "acme", text="Hello")

    eventually(lambda: len(webhook.deliveries) == 1)

    [arrived] = webhook.deliveries
    assert arrived.headers["x-twitter-webhooks-signature"] != signature(arrived.body)
    eventually(lambda: bool(control.deliveries()[0]["attempts"]))
    assert control.deliveries()[0]["attempts"][0]["fault"] == "wrong_signature"


def test_malformed_bodies_are_signed_rightly(control: Control, webhook: Receiver) -> None:
    control.fault("malformed")
    control.do("post", "acme", text="Hello")

    eventually(lambda: len(webhook.deliveries) == 1)

    [arrived] = webhook.deliveries
    assert arrived.headers["x-twitter-webhooks-signature"] == signature(arrived.body)
    with pytest.raises(json.JSONDecodeError):
        json.loads(arrived.body)


def test_duplicates(control: Control, webhook: Receiver) -> None:
    control.fault("duplicated")
    control.do("post", "acme", text="Hello")

    eventually(lambda: len(webhook.deliveries) == 2)

    assert webhook.deliveries[0].body == webhook.deliveries[1].body
    eventually(lambda: [a["fault"] for a in control.deliveries()[0]["attempts"]] == ["", "duplicated"])
    assert control.deliveries()[0]["state"] == "delivered"


def test_delays_by_the_clock(control: Control, webhook: Receiver) -> None:
    control.fault("delayed", seconds=600)
    control.do("post", "acme", text="Hello")
    [waiting] = control.deliveries()
    assert waiting["state"] == "waiting"
    assert webhook.deliveries == []

    control.advance(seconds=601)

    eventually(lambda: len(webhook.deliveries) == 1)


def test_deliveries_out_of_order(control: Control, webhook: Receiver) -> None:
    control.fault("reordered", seconds=0.5)
    made = [control.do("post", "acme", text=f"Number {number}") for number in range(12)]

    eventually(lambda: len(webhook.deliveries) == 12)

    arrived = [arrived.json()["tweet_create_events"][0]["id_str"] for arrived in webhook.deliveries]
    assert sorted(arrived) == sorted(made)
    assert arrived != made


def test_batches_hold_what_came_for_one_account(control: Control, webhook: Receiver) -> None:
    control.fault("batched", seconds=0.4)
    made = [control.do("post", "acme", text=f"Number {number}") for number in range(3)]
    control.do("follow", "acme", **{"with": "mirakeller"})
    control.do("post", "mirakeller", text="@acme hello")  # says something about itself alone
    control.do("post", "northwind", text="Not for the same account")

    eventually(lambda: len(webhook.deliveries) == 3)

    [batch] = [one.json() for one in webhook.deliveries if len(one.json().get("tweet_create_events", [])) > 1]
    assert batch["for_user_id"] == ACME
    assert [post["id_str"] for post in batch["tweet_create_events"]] == made
    assert len(batch["follow_events"]) == 1
    assert "user_has_blocked" not in batch


def test_unknown_kinds_come_beside_what_is_known(control: Control, webhook: Receiver) -> None:
    control.fault("unknown_kinds")
    control.do("post", "acme", text="Hello")

    eventually(lambda: len(webhook.deliveries) == 2)

    kinds = Counter(key for arrived in webhook.deliveries for key in arrived.json())
    assert kinds == {"for_user_id": 2, "tweet_create_events": 1, "community_note_events": 1}
    assert {arrived.json()["for_user_id"] for arrived in webhook.deliveries} == {ACME}


def test_an_invalid_webhook_gets_nothing_until_it_is_valid_again(control: Control, webhook: Receiver) -> None:
    control.fault("webhook_invalid")
    control.do("post", "acme", text="Nobody hears this.")
    [hook] = control.state()["webhooks"]
    assert hook["valid"] is False

    control.json("DELETE", "faults/webhook_invalid")
    eventually(lambda: control.state()["webhooks"][0]["valid"] is True)
    control.do("post", "acme", text="Somebody hears this.")

    eventually(lambda: len(webhook.deliveries) == 1)
    assert webhook.deliveries[0].json()["tweet_create_events"][0]["text"] == "Somebody hears this."


def test_a_webhook_that_was_marked_invalid_is_left_to_its_owner(control: Control, webhook: Receiver) -> None:
    [hook] = control.state()["webhooks"]
    control.json("POST", f"webhooks/{hook['id']}/invalidate", {})
    asked = len(webhook.challenges)
    control.advance(hours=1)
    control.do("post", "acme", text="Nobody hears this.")
    assert control.state()["webhooks"][0]["valid"] is False
    assert len(webhook.challenges) == asked


def test_what_waits_for_its_repetition_is_lost_when_the_webhook_becomes_invalid(
    control: Control, webhook: Receiver
) -> None:
    control.fault("delayed", seconds=300)
    control.do("post", "acme", text="Hello")
    control.fault("webhook_invalid")

    control.advance(seconds=301)

    eventually(lambda: control.deliveries()[0]["state"] == "lost")
    assert webhook.deliveries == []


def test_a_part_of_them_goes_wrong(control: Control, webhook: Receiver) -> None:
    control.fault("duplicated", percent=50)
    for number in range(40):
        control.do("post", "acme", text=f"Number {number}")

    eventually(lambda: len(webhook.deliveries) > 40 and control.state()["deliveries"]["waiting"] == 0)

    assert 40 < len(webhook.deliveries) < 80


@pytest.mark.parametrize(
    ("key", "setting", "said"),
    [
        ("nonsense", {}, "There is no fault “nonsense”."),
        ("delayed", {"percent": 0}, "percent lies above 0"),
        ("delayed", {"percent": 101}, "percent lies above 0"),
        ("delayed", {"seconds": -1}, "seconds go from 0"),
    ],
)
def test_nonsense_is_refused(control: Control, key: str, setting: dict[str, float], said: str) -> None:
    answer = control.ask("PUT", f"faults/{key}", setting)

    assert answer.status_code == 400
    assert answer.json()["error"].startswith(said)
    assert control.json("GET", "faults") == {}
