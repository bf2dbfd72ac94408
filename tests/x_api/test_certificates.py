"""Who answers at X's address has to prove to be X before anything is sent."""

import ipaddress
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from aaa_dashboard.x_api import errors
from tests.x_api.conftest import MakeAsker

pytestmark = pytest.mark.any_database


class Impostor(ThreadingHTTPServer):
    """An https server whose certificate nobody vouches for."""

    daemon_threads = True
    asked: list[str]

    def handle_error(self, *_: object) -> None:
        """Who hangs up during the handshake is right to."""


def _certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "api.twitter.com")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "impostor.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def pem(tmp_path: Path) -> Path:
    return _certificate(tmp_path)


@pytest.fixture
def impostor(pem: Path) -> Iterator[Impostor]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert isinstance(self.server, Impostor)
            self.server.asked.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = Impostor(("127.0.0.1", 0), Handler)
    server.asked = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_an_impostor_is_sent_nothing_and_named(impostor: Impostor, ask: MakeAsker) -> None:
    asker = ask(base_url=f"https://127.0.0.1:{impostor.server_port}")
    with pytest.raises(errors.CertificateRefused, match="cannot be verified"):
        asker.client.register_webhook("https://a.example/")
    assert impostor.asked == []
    assert asker.pauses == [], "trying again would change nothing"


def test_an_authority_of_the_machine_is_trusted(
    impostor: Impostor, pem: Path, ask: MakeAsker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Companies that open TLS connections have an authority of their own, named as `requests` documents."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(pem))
    api = ask(base_url=f"https://127.0.0.1:{impostor.server_port}").client
    with pytest.raises(errors.UnreadableAnswer):
        api.register_webhook("https://a.example/")
    assert len(impostor.asked) == 1
