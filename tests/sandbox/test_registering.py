"""The sandbox registers the webhook it is given, keeps asking until that works, and shows how it stands."""

import sqlite3

import pytest

from tests.sandbox.wire import Receiver, Sandbox, StartSandbox, eventually, free_port, serve_webhook

pytestmark = pytest.mark.any_database


def webhooks(sandbox: Sandbox) -> list[tuple[str, str, int]]:
    """X's id, URL and validity of each webhook it knows."""
    with sqlite3.connect(sandbox.database) as database:
        found = database.execute("SELECT x_webhook_id, url, valid FROM sandbox_webhook").fetchall()
    database.close()
    return found


def is_valid(sandbox: Sandbox) -> bool:
    return [valid for _, _, valid in webhooks(sandbox)] == [1]


def test_it_registers_the_webhook_and_subscribes_the_brand_accounts(
    receiver: Receiver, start_sandbox: StartSandbox
) -> None:
    sandbox = start_sandbox(WEBHOOK_URL=receiver.url)
    eventually(lambda: is_valid(sandbox))

    page = sandbox.page()
    assert len(receiver.challenges) == 1
    assert receiver.url in page
    assert ">Valid<" in page
    assert page.count('class="pill good" href="/people/') == 3


def test_it_asks_again_until_the_receiver_is_there(start_sandbox: StartSandbox) -> None:
    receiver = Receiver(f"http://127.0.0.1:{free_port()}/webhook/twitter")
    sandbox = start_sandbox(WEBHOOK_URL=receiver.url)
    eventually(lambda: "Connection refused" in sandbox.page())
    assert ">Not valid<" in sandbox.page()
    assert "Nobody is subscribed to it." in sandbox.page()

    server = serve_webhook(receiver)
    eventually(lambda: is_valid(sandbox))

    assert "Connection refused" not in sandbox.page()
    server.shutdown()
    server.server_close()


def test_a_receiver_with_another_secret_is_told_so_on_the_page(receiver: Receiver, start_sandbox: StartSandbox) -> None:
    receiver.secret = "another-secret"
    sandbox = start_sandbox(WEBHOOK_URL=receiver.url, TRAFFIC_PER_SECOND=50)

    eventually(lambda: "both sides need the same consumer secret" in sandbox.page())

    assert ">Not valid<" in sandbox.page()
    assert receiver.deliveries == []


def test_a_wrong_answer_later_invalidates_the_webhook_and_stops_the_traffic(
    receiver: Receiver, start_sandbox: StartSandbox
) -> None:
    often = {"CHALLENGE_SECONDS": 0.1, "TRAFFIC_PER_SECOND": 200, "CONCURRENCY": 3}
    sandbox = start_sandbox(WEBHOOK_URL=receiver.url, BACKLOG=0, **often)
    eventually(lambda: len(receiver.deliveries) > 5)

    receiver.secret = "another-secret"
    eventually(lambda: not is_valid(sandbox))
    asked, arrived = len(receiver.challenges), len(receiver.deliveries)
    eventually(lambda: len(receiver.challenges) > asked + 3)
    assert len(receiver.deliveries) <= arrived + 3  # what was under way

    receiver.secret = "the-consumer-secret"
    eventually(lambda: is_valid(sandbox) and len(receiver.deliveries) > arrived + 10)


def test_a_receiver_that_fails_for_a_moment_stays_valid(receiver: Receiver, start_sandbox: StartSandbox) -> None:
    sandbox = start_sandbox(WEBHOOK_URL=receiver.url, CHALLENGE_SECONDS=0.1)
    eventually(lambda: is_valid(sandbox))

    receiver.challenge_answer = lambda _token: (503, {}, b"")
    eventually(lambda: "answered 503" in sandbox.page())

    assert is_valid(sandbox)


def test_it_keeps_the_webhook_over_a_restart(receiver: Receiver, start_sandbox: StartSandbox) -> None:
    first = start_sandbox(WEBHOOK_URL=receiver.url)
    eventually(lambda: is_valid(first))
    before = webhooks(first)
    first.stop()

    second = start_sandbox(WEBHOOK_URL=receiver.url)
    eventually(lambda: len(receiver.challenges) == 2)

    assert webhooks(second) == before


def test_another_url_is_another_webhook(receiver: Receiver, start_sandbox: StartSandbox) -> None:
    first = start_sandbox(WEBHOOK_URL=receiver.url)
    eventually(lambda: is_valid(first))
    [(before, _, _)] = webhooks(first)
    first.stop()

    second = start_sandbox(WEBHOOK_URL=receiver.url + "/")
    eventually(lambda: [url for _, url, _ in webhooks(second)] == [receiver.url + "/"] and is_valid(second))

    [(now, url, _)] = webhooks(second)
    assert now != before
    assert url == receiver.url + "/"
