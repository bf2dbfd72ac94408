"""After subscribing, X needs a moment before activity arrives."""

import json

import pytest

from tests.sandbox.client import AAA, NORTHWIND, OWNER, X
from tests.sandbox.control import Control
from tests.sandbox.wire import Receiver, StartSandbox, eventually

pytestmark = pytest.mark.any_database


def texts(receiver: Receiver) -> list[str]:
    return [json.loads(arrived.body)["tweet_create_events"][0]["text"] for arrived in receiver.deliveries]


def test_what_happens_before_is_not_delivered(receiver: Receiver, start_sandbox: StartSandbox) -> None:
    x = X(
        start_sandbox(ACCESS_TOKEN=OWNER.token, ACCESS_TOKEN_SECRET=OWNER.secret, ALLOW_LOOPBACK=1, WARM_UP_SECONDS=600)
    )
    control, webhook_id = Control(x.sandbox), x.register(receiver.url)
    subscriptions = f"{AAA}/webhooks/{webhook_id}/subscriptions/all.json"
    user = x.signed(x.token_of(NORTHWIND))
    assert user.post(subscriptions).status_code == 204
    control.do("post", "northwind", text="Too early")
    control.advance(seconds=590)
    control.do("post", "northwind", text="Still too early")
    assert user.get(subscriptions).status_code == 204

    control.advance(seconds=15)
    control.do("post", "northwind", text="Here we are")

    eventually(lambda: len(receiver.deliveries) > 0)
    assert texts(receiver) == ["Here we are"]
