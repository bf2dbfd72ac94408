"""Webhooks at X: register, list, validate, delete, and everything that X does not let pass."""

import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.sandbox.client import AAA, LIMIT_HEADERS, NORTHWIND, STRANGER, X, error, message
from tests.sandbox.wire import Receiver, free_port, signature

pytestmark = pytest.mark.any_database

WEBHOOKS = f"{AAA}/webhooks.json"


def webhook(webhook_id: str) -> str:
    return f"{AAA}/webhooks/{webhook_id}.json"


def test_a_webhook_is_registered_after_a_challenge(x: X, receiver: Receiver) -> None:
    answer = x.signed().post(WEBHOOKS, data={"url": receiver.url})

    assert answer.status_code == 200
    registered = answer.json()
    assert set(registered) == {"id", "url", "valid", "created_at"}
    assert registered["url"] == receiver.url
    assert registered["valid"] is True
    assert registered["id"].isdecimal()
    assert int(registered["id"]) > 2**53
    age = datetime.now(UTC) - datetime.strptime(registered["created_at"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert timedelta() <= age < timedelta(seconds=20)
    [challenge] = receiver.challenges
    assert "crc_token=" in challenge.query
    assert "nonce=" in challenge.query


@pytest.mark.parametrize("where", ["data", "params"])
def test_the_url_may_stand_in_form_or_query(x: X, receiver: Receiver, where: str) -> None:
    url = f"{receiver.url}?of=1&to=a%20b"

    answer = x.signed().post(WEBHOOKS, **{where: {"url": url}})

    assert answer.json()["url"] == url
    assert receiver.challenges[0].query.startswith("of=1&to=a")


def test_it_is_listed_with_either_kind_of_token(x: X, receiver: Receiver) -> None:
    webhook_id = x.register(receiver.url)

    for client in (x.bearing(), x.signed()):  # X's own samples ask as a user
        answer = client.get(WEBHOOKS)
        assert answer.status_code == 200
        assert [found["id"] for found in answer.json()] == [webhook_id]


def test_no_webhooks_are_an_empty_list(x: X) -> None:
    assert x.bearing().get(WEBHOOKS).json() == []


@pytest.mark.parametrize("by", ["owner", "app"])
def test_it_is_validated_by_another_challenge(x: X, receiver: Receiver, by: str) -> None:
    webhook_id = x.register(receiver.url)
    x.change("UPDATE sandbox_webhook SET valid = 0")

    # X's own samples do it with a bearer token as well.
    answer = (x.signed() if by == "owner" else x.bearing()).put(webhook(webhook_id))

    assert (answer.status_code, answer.content) == (204, b"")
    assert len(receiver.challenges) == 2
    assert [found["valid"] for found in x.bearing().get(WEBHOOKS).json()] == [True]


def test_it_is_deleted(x: X, receiver: Receiver) -> None:
    webhook_id = x.register(receiver.url)

    answer = x.signed().delete(webhook(webhook_id))

    assert (answer.status_code, answer.content) == (204, b"")
    assert x.bearing().get(WEBHOOKS).json() == []
    assert error(x.signed().delete(webhook(webhook_id))) == (404, 34)


def test_its_id_is_gone_with_it(x: X, receiver: Receiver) -> None:
    first = x.register(receiver.url)
    x.signed().delete(webhook(first))

    assert x.register(receiver.url) != first


def test_an_unknown_webhook_is_not_found(x: X) -> None:
    for answer in (x.signed().put(webhook("1")), x.signed().delete(webhook("1")), x.signed().put(webhook("x"))):
        assert error(answer) == (404, 34)
        assert message(answer).startswith("Webhook does not exist")


def test_a_webhook_of_another_app_is_not_found(x: X, receiver: Receiver) -> None:
    webhook_id = x.register(receiver.url)
    other = x.another_app()
    token = x.token_of("613278910244360193", other)

    assert error(x.signed(token, other).delete(webhook(webhook_id))) == (404, 34)
    assert x.bearing(other).get(WEBHOOKS).json() == []


def test_webhooks_are_counted_for_all_apps_under_a_contract(x: X, receiver: Receiver) -> None:
    other = x.another_app()
    token = x.token_of("613278910244360193", other)
    x.register(receiver.url)
    x.register(f"{receiver.url}/2")
    receiver.secret = other.secret
    assert x.signed(token, other).post(WEBHOOKS, data={"url": receiver.url}).status_code == 200

    for client in (x.signed(), x.signed(token, other)):
        answer = client.post(WEBHOOKS, data={"url": f"{receiver.url}/4"})
        assert error(answer) == (403, 214)
        assert message(answer) == "Too many resources already created."


def test_an_app_registers_no_url_twice(x: X, receiver: Receiver) -> None:
    x.register(receiver.url)

    answer = x.signed().post(WEBHOOKS, data={"url": receiver.url})

    assert error(answer) == (403, 214)
    assert message(answer) == "Too many resources already created."


@pytest.mark.parametrize("url", ["http://example.com/webhook", "https://example.com:8443/webhook", "example.com", "?"])
def test_an_address_that_x_does_not_take_is_refused_unasked(x: X, url: str) -> None:
    answer = x.signed().post(WEBHOOKS, data={"url": url})

    assert error(answer) == (403, 214)
    assert message(answer) == "Webhook URL does not meet the requirements."


def test_a_missing_url_is_told(x: X) -> None:
    answer = x.signed().post(WEBHOOKS)

    assert error(answer) == (400, 357)
    assert message(answer) == "url: queryParam is required."


ANSWERS = "Invalid CRC token or json response format"
STATUS = "Non-200 response code during CRC GET request"


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (200, b'{"response_token": "sha256=d3Jvbmc="}', ANSWERS),
        (200, b"<html>Hello</html>", ANSWERS),
        (200, b"{}", ANSWERS),
        (404, b"", STATUS),
        (500, b"", STATUS),
        (302, b"", STATUS),
    ],
    ids=["wrong token", "no JSON", "no token", "404", "500", "redirect"],
)
@pytest.mark.parametrize("by", ["POST", "PUT"])
def test_a_challenge_that_goes_wrong_is_told_apart(
    x: X, receiver: Receiver, status: int, body: bytes, said: str, by: str
) -> None:
    webhook_id = x.register(receiver.url) if by == "PUT" else ""
    receiver.challenge_answer = lambda _token: (status, {"Location": "/elsewhere"}, body)

    if webhook_id:
        answer = x.signed().put(webhook(webhook_id))
    else:
        answer = x.signed().post(WEBHOOKS, data={"url": receiver.url})

    assert error(answer) == (403, 214)
    assert said in message(answer)


def test_gzip_that_lies_is_a_wrong_answer(x: X, receiver: Receiver) -> None:
    right = b'{"response_token": "%b"}'
    receiver.challenge_answer = lambda token: (
        200,
        {"Content-Encoding": "gzip"},
        right % signature(token.encode()).encode(),
    )

    answer = x.signed().post(WEBHOOKS, data={"url": receiver.url})

    assert error(answer) == (403, 214)
    assert ANSWERS in message(answer)


def test_a_slow_answer_is_high_latency(x: X, receiver: Receiver) -> None:
    def slow(_token: str) -> tuple[int, dict[str, str], bytes]:
        receiver.released.wait(60)
        return 200, {}, b""

    receiver.challenge_answer = slow
    answer = x.signed().post(WEBHOOKS, data={"url": receiver.url})
    receiver.released.set()

    assert error(answer) == (403, 214)
    assert message(answer).startswith("High latency on CRC GET request")


def test_nobody_there_is_no_200(x: X) -> None:
    answer = x.signed().post(WEBHOOKS, data={"url": f"http://127.0.0.1:{free_port()}/webhook"})

    assert error(answer) == (403, 214)
    assert STATUS in message(answer)


def test_a_certificate_that_does_not_verify_is_an_address_that_does_not_do(x: X, https_url: str) -> None:
    answer = x.signed().post(WEBHOOKS, data={"url": https_url})

    assert error(answer) == (403, 214)
    assert message(answer) == "Webhook URL does not meet the requirements."


def test_a_webhook_that_was_refused_is_not_kept(x: X, receiver: Receiver) -> None:
    receiver.secret = "another-secret"
    x.signed().post(WEBHOOKS, data={"url": receiver.url})

    assert x.bearing().get(WEBHOOKS).json() == []


def test_a_bearer_token_registers_and_deletes_nothing(x: X, receiver: Receiver) -> None:
    bearing = x.bearing()

    assert error(bearing.post(WEBHOOKS, data={"url": receiver.url})) == (403, 261)
    webhook_id = x.register(receiver.url)
    assert error(bearing.delete(webhook(webhook_id))) == (403, 261)


@pytest.mark.parametrize("permission", ["read", "read-write"])
def test_a_token_without_direct_messages_cannot_write(x: X, receiver: Receiver, permission: str) -> None:
    webhook_id = x.register(receiver.url)
    with x.changed("accesstoken", "secret = 'the-access-token-secret'", permission=permission):
        client = x.signed()
        refused = [
            client.post(WEBHOOKS, data={"url": f"{receiver.url}/2"}),
            client.put(webhook(webhook_id)),
            client.delete(webhook(webhook_id)),
        ]
        listed = client.get(WEBHOOKS)

    assert [error(answer) for answer in refused] == [(403, 261)] * 3
    assert listed.status_code == 200
    assert listed.headers["x-access-level"] == permission


def test_webhooks_are_the_owners_affair(x: X, receiver: Receiver) -> None:
    token = x.token_of(NORTHWIND)

    assert error(x.signed(token).post(WEBHOOKS, data={"url": receiver.url})) == (401, 32)


def test_an_app_that_is_not_on_the_allow_list_is_forbidden(x: X, receiver: Receiver) -> None:
    with x.app_is(may_use_activity=0):
        for answer in (x.signed().post(WEBHOOKS, data={"url": receiver.url}), x.bearing().get(WEBHOOKS)):
            assert error(answer) == (403, 200)


def test_a_wrong_bearer_token_gives_no_access(x: X) -> None:
    answer = x.with_bearer("AAAA-not-that").get(WEBHOOKS)

    assert error(answer) == (403, 99)
    assert message(answer) == "You don't have access to this resource."


def test_a_bearer_token_of_another_app_lists_its_own_webhooks(x: X, receiver: Receiver) -> None:
    x.register(receiver.url)
    x.another_app()

    assert x.bearing(STRANGER).get(WEBHOOKS).json() == []


def test_every_answer_says_how_often_may_be_asked(x: X, receiver: Receiver) -> None:
    webhook_id = x.register(receiver.url)
    answers = [
        x.signed().post(WEBHOOKS, data={"url": receiver.url}),
        x.bearing().get(WEBHOOKS),
        x.signed().put(webhook(webhook_id)),
        x.signed().delete(webhook(webhook_id)),
        x.anonymous().get(WEBHOOKS),
    ]

    for answer in answers:
        limit, remaining, reset = (int(answer.headers[name]) for name in LIMIT_HEADERS)
        assert limit == 15
        assert remaining <= 15
        assert 0 < reset - datetime.now(UTC).timestamp() <= 901


@pytest.fixture
def https_url(tmp_path: Path) -> Iterator[str]:
    """A webhook that is up, and whose certificate nobody has signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = tmp_path / "server.pem"
    pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield f"https://127.0.0.1:{server.server_port}/webhook"
    server.shutdown()
    server.server_close()
