"""What strangers may cost us is bounded: slow bodies, cut bodies, unknown paths, floods of forgeries."""

import contextlib
import socket
from urllib.parse import urlsplit

import pytest
import requests
from django.conf import LazySettings

from aaa_dashboard.asgi import Entry
from aaa_dashboard.deliveries import http
from aaa_dashboard.deliveries.models import Event, Refusal, TrafficMinute
from tests.deliveries.serving import Sender, serving, signature

BODY = b'{"for_user_id":"1","tweet_create_events":[{"id_str":"1924464219999999999"}]}'
HEAD = (
    f"POST /webhook/twitter HTTP/1.1\r\nhost: x\r\ncontent-length: {len(BODY)}\r\n"
    f"x-twitter-webhooks-signature: {signature(BODY)}\r\n\r\n"
).encode()


def _connect(url: str) -> socket.socket:
    address = urlsplit(url)
    assert address.hostname
    assert address.port
    return socket.create_connection((address.hostname, address.port), timeout=30)


@pytest.mark.parametrize("sent", [b"", BODY[:10]], ids=["nothing", "a part"])
def test_a_body_that_does_not_come_is_given_up(server: str, monkeypatch: pytest.MonkeyPatch, sent: bytes) -> None:
    monkeypatch.setattr(http, "BODY_SECONDS", 0.2)
    with _connect(server) as connection:
        connection.sendall(HEAD + sent)
        answer = connection.recv(4096)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in answer


def test_a_body_in_pieces_is_put_together(server: str) -> None:
    with _connect(server) as connection:
        for byte in HEAD + BODY:
            connection.send(bytes([byte]))
        assert connection.recv(4096).startswith(b"HTTP/1.1 200 ")
    assert Event.objects.count() == 1


def test_a_sender_that_hangs_up_leaves_nothing_but_a_refusal(transactional_db: None) -> None:
    with serving(Entry(None)) as url:
        with _connect(url) as connection:
            connection.sendall(HEAD + BODY[:10])
        assert Sender(f"{url}/webhook/twitter").post(BODY).status_code == 200
    assert Event.objects.count() == 1
    assert list(Refusal.objects.values_list("reason", flat=True)) == ["sender hung up"]


@pytest.mark.parametrize("path", ["/", "/webhook/", "/webhook/unknown", "/webhook/twitter/more", "/webhook//twitter"])
def test_an_unknown_path_is_not_found(server: str, path: str) -> None:
    answer = requests.post(server + path, data=BODY, timeout=30, allow_redirects=False)
    assert answer.status_code == 404


def test_a_path_is_recorded_without_what_could_disturb_a_terminal(transactional_db: None) -> None:
    with serving(Entry(None)) as url:
        requests.get(url + "/webhook/%1b%5b2J" + "x" * 300, timeout=30)
    path = Refusal.objects.get().path
    assert path.startswith("/webhook/\ufffd[2J")
    assert len(path) == 200


def test_a_flood_of_forgeries_is_counted_but_kept_only_in_part(transactional_db: None, settings: LazySettings) -> None:
    settings.RECEIVER_REFUSALS_PER_MINUTE = 5
    with serving(Entry(None)) as url:
        sender = Sender(f"{url}/webhook/twitter")
        for _ in range(30):
            assert sender.post(BODY, x_twitter_webhooks_signature="sha256=forged").status_code == 401
    # A minute may have turned meanwhile, and each has its own number.
    assert Refusal.objects.count() <= 10
    counted = sum(minute.refusals.get("wrong signature", 0) for minute in TrafficMinute.objects.all())
    assert counted == 30


def test_noise_does_not_take_the_place_of_what_matters(transactional_db: None, settings: LazySettings) -> None:
    settings.RECEIVER_REFUSALS_PER_MINUTE = 3
    with serving(Entry(None)) as url:
        for number in range(20):
            requests.get(f"{url}/webhook/scan{number}", timeout=30)
        Sender(f"{url}/webhook/twitter").post(BODY, x_twitter_webhooks_signature="sha256=forged")
    assert Refusal.objects.filter(reason="wrong signature").count() == 1
    assert Refusal.objects.filter(reason="unknown path").count() <= 6


@pytest.mark.parametrize("length", [3_000_000_000, 2**64 - 2])
def test_a_length_that_is_a_lie_stops_no_bookkeeping(transactional_db: None, length: int) -> None:
    with serving(Entry(None)) as url:
        with _connect(url) as connection:
            connection.sendall(b"POST /webhook/twitter HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % length)
            assert connection.recv(4096).startswith(b"HTTP/1.1 4")
        assert requests.get(f"{url}/readyz", timeout=30).status_code == 200
    assert Refusal.objects.get().size == 2**31 - 1
    assert TrafficMinute.objects.exists()


def test_a_body_without_a_signature_is_not_waited_for(server: str) -> None:
    with _connect(server) as connection:
        connection.sendall(b"POST /webhook/twitter HTTP/1.1\r\nhost: x\r\ncontent-length: 500000\r\n\r\n{")
        answer = connection.recv(4096)
    assert answer.startswith(b"HTTP/1.1 401 ")
    assert b"connection: close" in answer


def test_slow_bodies_fill_their_own_room_and_not_that_of_x(transactional_db: None, settings: LazySettings) -> None:
    settings.RECEIVER_QUEUE_BYTES = 150_000
    head = (
        b"POST /webhook/twitter HTTP/1.1\r\nhost: x\r\ncontent-length: 500000\r\n"
        b"x-twitter-webhooks-signature: sha256=whatever\r\n\r\n"
    )
    with serving(Entry(None)) as url, contextlib.ExitStack() as stack:
        answers = []
        for _ in range(5):
            connection = stack.enter_context(_connect(url))
            connection.sendall(head + b" " * 60_000)
            connection.settimeout(0.5)
            with contextlib.suppress(TimeoutError):
                answers.append(connection.recv(4096).split(b"\r\n")[0])
            assert Sender(f"{url}/webhook/twitter").post(BODY).status_code == 200
    assert b"HTTP/1.1 503 Service Unavailable" in answers


def test_without_a_secret_the_sender_is_asked_to_come_again(transactional_db: None, settings: LazySettings) -> None:
    settings.X_CONSUMER_SECRET = settings.X_CONSUMER_SECRET_PREVIOUS = ""
    with serving(Entry(None)) as url:
        sender = Sender(f"{url}/webhook/twitter")
        for answer in (sender.post(BODY), sender.request("GET", params={"crc_token": "t"})):
            assert answer.status_code == 503
            assert answer.headers["retry-after"] == "3"
            assert answer.text == "no usable secret"


def test_an_empty_secret_never_signs(transactional_db: None, settings: LazySettings) -> None:
    settings.X_CONSUMER_SECRET, settings.X_CONSUMER_SECRET_PREVIOUS = "", ""
    with serving(Entry(None)) as url:
        assert Sender(f"{url}/webhook/twitter", secret="").post(BODY).status_code == 503
    assert not Event.objects.exists()


def test_a_full_queue_asks_the_sender_to_come_again(transactional_db: None, settings: LazySettings) -> None:
    settings.RECEIVER_QUEUE_BYTES = len(BODY) - 1
    with serving(Entry(None)) as url:
        answer = Sender(f"{url}/webhook/twitter").post(BODY)
    assert (answer.status_code, answer.text, answer.headers["retry-after"]) == (503, "queue full", "3")
