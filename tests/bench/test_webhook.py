"""The webhook that the sandbox is measured against tells a replay from live traffic, and notices what comes twice."""

import urllib.request
from collections.abc import Iterator

import pytest

from bench.webhook import Arrivals, Webhook

pytestmark = pytest.mark.any_database


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with Webhook("secret") as webhook:
        yield webhook


def post(webhook: Webhook, *bodies: bytes) -> None:
    for body in bodies:
        with urllib.request.urlopen(webhook.url, body, timeout=30) as answer:
            assert answer.status == 200


def counts(arrivals: Arrivals) -> tuple[int, int, int]:
    return arrivals.first, arrivals.again, arrivals.doubled


def test_what_has_arrived_before_arrives_again(webhook: Webhook) -> None:
    post(webhook, b"1", b"2", b"3")
    assert counts(webhook.start_over()) == (3, 0, 0)

    post(webhook, b"2", b"4", b"3", b"5")

    arrivals = webhook.start_over()
    assert counts(arrivals) == (2, 2, 0)
    assert arrivals.live_meanwhile == 1
    assert arrivals.replay_seconds > 0


def test_a_delivery_that_comes_twice_is_doubled_live_or_replayed(webhook: Webhook) -> None:
    post(webhook, b"1")
    webhook.start_over()

    post(webhook, b"1", b"1", b"2", b"2", b"2")

    assert counts(webhook.arrivals()) == (1, 1, 3)


def test_how_a_replay_ended_is_no_delivery(webhook: Webhook) -> None:
    post(webhook, b'{"replay_job_status":{"job_state":"Complete"}}')

    assert counts(webhook.arrivals()) == (0, 0, 0)
    assert webhook.arrivals().ended == ["Complete"]


def test_it_answers_challenges(webhook: Webhook) -> None:
    with urllib.request.urlopen(f"{webhook.url}?crc_token=token&nonce=n", timeout=30) as answer:
        assert answer.read() == b'{"response_token": "sha256=6UERDj0r/oJiHw4+FDRzDXMF0QbF9oyHFl0LJ6RhGko="}'
