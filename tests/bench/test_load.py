"""The load generator believes nothing but a whole answer with status 200, and measures from when a request was due."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bench.bodies import Deliveries, Numbers
from bench.load import LoadProcess, Outcome, Plan

pytestmark = pytest.mark.any_database

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
LAST = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nConnection: close\r\n\r\n"
BUSY = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n"


@contextmanager
def server(*answers: bytes) -> Iterator[int]:
    """Serve one connection: each request gets the next answer, in two pieces."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener, answers))
        thread.start()
        yield listener.getsockname()[1]
        thread.join(timeout=30)
        assert not thread.is_alive()


def serve(listener: socket.socket, answers: tuple[bytes, ...]) -> None:
    connection, _ = listener.accept()
    with connection:
        for answer in answers:
            read_request(connection)
            head, tail = answer[:30], answer[30:]
            connection.sendall(head)
            time.sleep(0.02)  # so that the two arrive apart
            connection.sendall(tail)


def read_request(connection: socket.socket) -> None:
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(65536)
    head, _, body = received.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
    while len(body) < length:
        body += connection.recv(65536)


def carry_out(port: int, numbers: range, **options: float) -> Outcome:
    plan = Plan(port, "secret", numbers, connections=1, **options)  # type: ignore[arg-type]
    with LoadProcess(plan) as load:
        load.wait_until_sending()
        return load.outcome()


def test_only_answers_with_status_200_are_acknowledgements() -> None:
    numbers = Numbers().take(3)
    with server(OK, BUSY, OK) as port:
        outcome = carry_out(port, numbers)

    assert outcome.statuses == {200: 2, 503: 1}
    assert outcome.acknowledged == [numbers[0], numbers[2]]
    assert outcome.unanswered == 0


def test_half_an_answer_is_no_acknowledgement() -> None:
    numbers = Numbers().take(3)
    with server(OK, OK[:-1]) as port:
        outcome = carry_out(port, numbers)

    assert outcome.acknowledged == [numbers[0]]
    assert outcome.unanswered == 1


def test_nothing_is_sent_on_a_connection_that_the_answer_closes() -> None:
    with server(LAST) as port:
        outcome = carry_out(port, Numbers().take(3))

    assert (outcome.sent, outcome.unanswered) == (1, 0)


def test_at_an_offered_rate_a_request_that_had_to_wait_was_late() -> None:
    with server(OK, OK, OK) as port:
        outcome = carry_out(port, Numbers().take(3), per_second=1_000)

    # One connection and 20 ms an answer: the third was due after 2 ms and answered after 60.
    assert outcome.latencies[2] > 0.05


def test_the_same_number_gives_the_same_bytes_and_another_number_another_event() -> None:
    one, other = Numbers().take(2)

    assert Deliveries(b"secret").request(one, "/p", "h") == Deliveries(b"secret").request(one, "/p", "h")
    assert Deliveries(b"secret").body(one) != Deliveries(b"secret").body(other)
