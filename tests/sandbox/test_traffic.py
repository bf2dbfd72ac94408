"""Traffic: some hours of it when a webhook is new, then events at the rate, whatever the receiver does."""

import json

import pytest

from aaa_dashboard.sandbox import mix
from aaa_dashboard.sandbox.anatomy import id_ms
from aaa_dashboard.sandbox.mint import Mint
from tests.sandbox.bodies import ALL
from tests.sandbox.client import AAA, ACME, Token, X
from tests.sandbox.control import Control
from tests.sandbox.wire import Receiver, StartSandbox, eventually, free_port, serve_webhook, signature

pytestmark = pytest.mark.any_database


def test_a_new_webhook_gets_some_hours_at_once_and_then_the_rate(
    receiver: Receiver, start_sandbox: StartSandbox
) -> None:
    start_sandbox(WEBHOOK_URL=receiver.url, TRAFFIC_PER_SECOND=100, BACKLOG=60)

    eventually(lambda: len(receiver.deliveries) >= 100)

    for arrived in receiver.deliveries:
        assert arrived.headers["x-twitter-webhooks-signature"] == signature(arrived.body)
    assert len({arrived.body for arrived in receiver.deliveries}) == len(receiver.deliveries)


def test_a_webhook_that_had_its_hours_does_not_get_them_again(receiver: Receiver, start_sandbox: StartSandbox) -> None:
    first = start_sandbox(WEBHOOK_URL=receiver.url, TRAFFIC_PER_SECOND=0.001, BACKLOG=30)
    eventually(lambda: len(receiver.deliveries) >= 30 and ">0 waiting" in first.page())
    first.stop()
    receiver.deliveries.clear()
    receiver.challenges.clear()

    start_sandbox(WEBHOOK_URL=receiver.url, TRAFFIC_PER_SECOND=0.001, BACKLOG=30, CHALLENGE_SECONDS=0.05)
    eventually(lambda: len(receiver.challenges) > 10)

    assert receiver.deliveries == []


def test_each_new_webhook_gets_its_own_hours(receiver: Receiver, start_sandbox: StartSandbox) -> None:
    control = Control(
        start_sandbox(
            ALLOW_LOOPBACK=1, WARM_UP_SECONDS=0, TRAFFIC_PER_SECOND=0.001, BACKLOG=40, WEBHOOK_URL=receiver.url
        )
    )
    eventually(lambda: len(receiver.deliveries) >= 40 and control.state()["deliveries"]["waiting"] == 0)
    second = Receiver(f"http://127.0.0.1:{free_port()}/second")
    server = serve_webhook(second)
    made = control.json("POST", "tokens", {"user": "acme"})
    owner = X(control.sandbox).signed(Token(made["oauth_token"], made["oauth_token_secret"]))
    before = len(receiver.deliveries)

    webhook = owner.post(f"{AAA}/webhooks.json", data={"url": second.url}).json()["id"]
    assert owner.post(f"{AAA}/webhooks/{webhook}/subscriptions/all.json").status_code == 204

    eventually(lambda: len(second.deliveries) >= 1)
    assert {arrived.json()["for_user_id"] for arrived in second.deliveries} == {ACME}
    assert len(receiver.deliveries) <= before + 1
    server.shutdown()
    server.server_close()


def test_without_a_rate_nothing_is_sent(receiver: Receiver, start_sandbox: StartSandbox) -> None:
    sandbox = start_sandbox(WEBHOOK_URL=receiver.url, CHALLENGE_SECONDS=0.05)

    eventually(lambda: len(receiver.challenges) > 5)

    assert receiver.deliveries == []
    assert "The traffic is off." in sandbox.page()


def test_it_flows_on_while_the_receiver_refuses_everything(receiver: Receiver, start_sandbox: StartSandbox) -> None:
    receiver.statuses = [503] * 100_000
    sandbox = start_sandbox(WEBHOOK_URL=receiver.url, TRAFFIC_PER_SECOND=100, BACKLOG=0, RETRY_SCALE=1)

    eventually(lambda: len({arrived.body for arrived in receiver.deliveries}) > 100)

    receiver.statuses.clear()
    eventually(lambda: ">200<" in sandbox.page())


def test_the_hours_before_hold_something_of_everything_oldest_first(
    receiver: Receiver, start_sandbox: StartSandbox
) -> None:
    start_sandbox(WEBHOOK_URL=receiver.url, TRAFFIC_PER_SECOND=0.001, BACKLOG=60, CONCURRENCY=1)
    eventually(lambda: len(receiver.deliveries) >= 60)

    bodies = [json.loads(arrived.body) for arrived in receiver.deliveries]
    kinds = {key for body in bodies for key in body}
    assert {
        "tweet_create_events", "direct_message_events", "favorite_events", "follow_events", "block_events",
        "tweet_delete_events",
    } <= kinds  # fmt: skip
    ids = [id_ms(body["tweet_create_events"][-1]["id"]) for body in bodies if "tweet_create_events" in body]
    assert ids == sorted(ids)
    assert ids[-1] - ids[0] > 3_600_000


def test_accounts_delete_posts_that_were_delivered(receiver: Receiver, start_sandbox: StartSandbox) -> None:
    start_sandbox(WEBHOOK_URL=receiver.url, TRAFFIC_PER_SECOND=300, BACKLOG=0, SEED=14)

    def deleted() -> list[dict[str, str]]:
        bodies = [arrived.json() for arrived in list(receiver.deliveries) if b"tweet_delete_events" in arrived.body]
        return [event["status"] for body in bodies for event in body.get("tweet_delete_events", [])]

    eventually(lambda: bool(deleted()))

    posted = {
        (post["id_str"], post["user"]["id_str"])
        for arrived in receiver.deliveries
        for post in arrived.json().get("tweet_create_events", [])
    }
    assert {(status["id"], status["user_id"]) for status in deleted()} <= posted


def test_the_everyday_mix_names_payloads_that_exist() -> None:
    chooser = mix.Chooser(mix.EVERYDAY, Mint().random)

    assert set(chooser.names) <= set(ALL)
    assert "user_event__revoke" not in chooser.names  # nobody is disconnected by chance
