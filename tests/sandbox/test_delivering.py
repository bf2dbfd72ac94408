"""Deliveries are signed, and repeated on X's timetable until they are answered 200."""

import asyncio
import sqlite3
from itertools import pairwise

import pytest

from aaa_dashboard.sandbox.delivery.deliverer import RETRY_AFTER_SECONDS, Attempted, Deliverer, Errand, Target
from aaa_dashboard.sandbox.delivery.posting import Answer, session
from aaa_dashboard.sandbox.mint import Delivery
from tests.sandbox.client import AAA, Token, X
from tests.sandbox.control import Control
from tests.sandbox.wire import SECRET, Receiver, StartSandbox, eventually, free_port, serve_webhook, signature

pytestmark = pytest.mark.any_database

BODY = Delivery("tweet_create_events__post", "1", b'{"for_user_id":"1"}')


class Notes:
    def __init__(self) -> None:
        self.attempts: list[Attempted] = []
        self._noted = asyncio.Event()

    def made(self, errand: Errand) -> None:
        """Nothing was attempted yet."""

    def lost(self, errand: Errand) -> None:
        raise AssertionError(errand)

    def note(self, attempted: Attempted) -> None:
        self.attempts.append(attempted)
        self._noted.set()

    async def settled(self, deliveries: int) -> None:
        """Wait until so many are answered 200 or given up, and counted."""
        while sum(attempted.next_ms is None for attempted in self.attempts) < deliveries:
            await self._noted.wait()
            self._noted.clear()
        await asyncio.sleep(0)


def deliver(
    url: str, deliveries: int = 1, retry_scale: float = 0.001, answer_seconds: float = 3.0
) -> tuple[list[Attempted], Deliverer]:
    """Offer deliveries and wait until each is answered 200 or given up."""
    notes = Notes()

    async def run() -> Deliverer:
        async with session(8, answer_seconds) as client:
            deliverer = Deliverer(Target(1, url, SECRET), client, notes, retry_scale, concurrency=8)
            for _ in range(deliveries):
                assert deliverer.offer(BODY)
            task = asyncio.create_task(deliverer.run())
            async with asyncio.timeout(60):
                await notes.settled(deliveries)
            task.cancel()
            await asyncio.wait([task])
            return deliverer

    return notes.attempts, asyncio.run(run())


def test_it_signs_the_bytes_that_it_sends(receiver: Receiver) -> None:
    deliver(receiver.url)

    [arrived] = receiver.deliveries
    assert arrived.body == BODY.body
    assert arrived.headers["x-twitter-webhooks-signature"] == signature(BODY.body)
    assert arrived.headers["Content-Type"] == "application/json"


def test_what_is_answered_200_is_sent_once(receiver: Receiver) -> None:
    attempts, deliverer = deliver(receiver.url, deliveries=20)

    assert len(receiver.deliveries) == len(attempts) == deliverer.delivered == 20
    assert deliverer.waiting == deliverer.gone == 0


def test_what_fails_is_sent_again_until_it_is_answered_200(receiver: Receiver) -> None:
    receiver.statuses = [503, 401]

    attempts, deliverer = deliver(receiver.url)

    assert [attempted.answer.status for attempted in attempts] == [503, 401, 200]
    assert [attempted.number for attempted in attempts] == [1, 2, 3]
    assert {arrived.body for arrived in receiver.deliveries} == {BODY.body}
    assert deliverer.delivered == 1


def test_after_three_repetitions_it_is_lost(receiver: Receiver) -> None:
    receiver.statuses = [500] * 10

    attempts, deliverer = deliver(receiver.url)

    assert [attempted.next_ms is None for attempted in attempts] == [False, False, False, True]
    assert (deliverer.delivered, deliverer.gone) == (0, 1)


def test_the_timetable_is_that_of_x_times_the_scale(receiver: Receiver) -> None:
    assert RETRY_AFTER_SECONDS == (3.0, 27.0, 242.0)
    receiver.statuses = [500] * 4

    deliver(receiver.url, retry_scale=0.002)

    times = [arrived.at for arrived in receiver.deliveries]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert gaps[0] >= 0.005
    assert gaps[1] >= 0.05
    assert gaps[2] >= 0.48
    assert sum(gaps) < 30


@pytest.mark.parametrize("status", [201, 204, 301, 302, 400, 404])
def test_nothing_but_200_counts_as_received(status: int) -> None:
    assert not Answer(status, 1.0).is_received


def test_a_redirect_is_not_followed(receiver: Receiver) -> None:
    receiver.statuses = [302, 200]

    attempts, _ = deliver(receiver.url)

    assert [attempted.answer.status for attempted in attempts] == [302, 200]


def test_nobody_there_is_noted_as_such() -> None:
    attempts, deliverer = deliver(f"http://127.0.0.1:{free_port()}/", retry_scale=0.0001)

    assert {(a.answer.status, a.answer.problem) for a in attempts} == {(None, "Connection refused")}
    assert deliverer.gone == 1


def test_every_attempt_is_on_the_page(receiver: Receiver, start_sandbox: StartSandbox) -> None:
    receiver.statuses = [503] * 30
    sandbox = start_sandbox(WEBHOOK_URL=receiver.url, TRAFFIC_PER_SECOND=0.001, BACKLOG=20, RETRY_SCALE=0.05)
    eventually(lambda: "503 · again soon" in sandbox.page())

    eventually(lambda: sandbox.page().count(">200<") >= 20)

    with sqlite3.connect(sandbox.database) as database:
        [(first, repeated)] = database.execute(
            "SELECT sum(number = 1), sum(number > 1) FROM sandbox_attempt"
        ).fetchall()
    database.close()
    assert first >= 20
    assert repeated == 30


def test_a_webhook_that_does_not_answer_holds_up_no_other(receiver: Receiver, start_sandbox: StartSandbox) -> None:
    silent = Receiver(f"http://127.0.0.1:{free_port()}/silent")
    server = serve_webhook(silent)
    control = Control(
        start_sandbox(ALLOW_LOOPBACK=1, WARM_UP_SECONDS=0, CONCURRENCY=1, RETRY_SCALE=1, ANSWER_SECONDS=60)
    )
    x = X(control.sandbox)
    made = control.json("POST", "tokens", {"user": "acme"})
    owner = x.signed(Token(made["oauth_token"], made["oauth_token_secret"]))
    for url in (silent.url, receiver.url):
        webhook = owner.post(f"{AAA}/webhooks.json", data={"url": url}).json()["id"]
        assert owner.post(f"{AAA}/webhooks/{webhook}/subscriptions/all.json").status_code == 204
    silent.holds = True

    for number in range(5):
        control.do("post", "acme", text=f"Number {number}")
    eventually(lambda: len(receiver.deliveries) == 5)

    assert len(silent.deliveries) == 1
    silent.released.set()
    server.shutdown()
    server.server_close()


def test_the_oldest_deliveries_are_forgotten(receiver: Receiver, start_sandbox: StartSandbox) -> None:
    sandbox = start_sandbox(WEBHOOK_URL=receiver.url, TRAFFIC_PER_SECOND=0.001, BACKLOG=60, LOG_DELIVERIES=10)
    eventually(lambda: len(receiver.deliveries) >= 60)
    sandbox.stop()

    with sqlite3.connect(sandbox.database) as database:
        [(deliveries, attempts)] = database.execute(
            "SELECT (SELECT count(*) FROM sandbox_delivery), (SELECT count(*) FROM sandbox_attempt)"
        ).fetchall()
    database.close()
    assert deliveries == attempts == 10
