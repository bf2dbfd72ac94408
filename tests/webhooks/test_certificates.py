"""The preflight looks at the certificate of our address as X does: real TLS servers, and an authority of our own."""

import ipaddress
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pytest_django.fixtures import Settings

from aaa_dashboard.webhooks import preflight as looked
from aaa_dashboard.webhooks.models import App
from aaa_dashboard.webhooks.preflight import Step, Verdict, is_passed, preflight
from tests.sandbox.wire import SECRET, signature

HERE = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))


@dataclass(frozen=True)
class Party:
    """Somebody with a key and a certificate."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        form = serialization.PrivateFormat.PKCS8
        return self.key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())


def made(
    name: str, by: Party | None, *, names: list[x509.GeneralName] | None = None, days: float = 90, begins: float = -1
) -> Party:
    """Certify somebody: an authority, or with `names` a server; without `by` they certify themselves."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer_key = by.key if by else key
    builder = (
        x509.CertificateBuilder(by.certificate.subject if by else subject, subject, key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=min(begins, days - 1)))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=names is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    if names is not None:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return Party(key, builder.sign(issuer_key, hashes.SHA256()))


class Handler(BaseHTTPRequestHandler):
    """Answers challenges rightly."""

    def do_GET(self) -> None:
        token = parse_qs(urlsplit(self.path).query)["crc_token"][0]
        body = json.dumps({"response_token": signature(token.encode())}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Who hangs up during the handshake is right to."""


@contextmanager
def serving(folder: Path, party: Party | None, *chain: Party) -> Iterator[int]:
    """Serve challenges, over TLS where there is a certificate: the port."""
    server = Server(("127.0.0.1", 0), Handler)
    if party:
        pem = folder / "server.pem"
        pem.write_bytes(party.key_pem + party.pem + b"".join(one.pem for one in chain))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        # The handshake belongs to the thread of the request, or a client that hangs up ends the server.
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


class Site:
    """Our address as the proxy serves it."""

    def __init__(self, folder: Path, settings: Settings, app: App, stay: ExitStack) -> None:
        self.folder, self.settings, self.app, self.stay = folder, settings, app, stay
        self.root = made("An authority of this machine", None)
        (folder / "authorities.pem").write_bytes(self.root.pem)

    def serve(self, party: Party | None, *chain: Party) -> None:
        self.at(self.stay.enter_context(serving(self.folder, party, *chain)))

    def at(self, port: int) -> None:
        self.settings.PUBLIC_URL = f"https://127.0.0.1:{port}"

    def certificate(self) -> Step:
        return next(step for step in preflight(self.app) if step.name == "Certificate")


@pytest.fixture
def site(app: App, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    settings.X_API_BASE_URL = "http://127.0.0.1:9"
    settings.X_CONSUMER_KEY, settings.X_CONSUMER_SECRET = "the-consumer-key", SECRET
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authorities.pem"))
    with ExitStack() as stay:
        yield Site(tmp_path, settings, app, stay)


def test_a_good_chain_passes_with_the_days_it_has_left(site: Site) -> None:
    between = made("Between", site.root)
    site.serve(made("us", between, names=[HERE], days=60.5), between)
    steps = preflight(site.app)
    assert is_passed(steps), steps
    assert {step.verdict for step in steps} == {Verdict.GOOD}
    assert site.certificate().found == "It verifies and has 60 days left."


@pytest.mark.parametrize(("days", "verdict"), [(14.5, Verdict.GOOD), (13.5, Verdict.DOUBTFUL), (1.5, Verdict.DOUBTFUL)])
def test_few_days_left_are_said_and_still_pass(site: Site, days: float, verdict: Verdict) -> None:
    site.serve(made("us", site.root, names=[HERE], days=days))
    step = site.certificate()
    assert step.verdict is verdict
    assert f"{int(days)} day{'' if int(days) == 1 else 's'} left" in step.found
    assert ("Renew it" in step.mend) == (verdict is Verdict.DOUBTFUL)
    assert is_passed(preflight(site.app))


def expired(site: Site) -> None:
    site.serve(made("us", site.root, names=[HERE], days=-1))


def begins_tomorrow(site: Site) -> None:
    site.serve(made("us", site.root, names=[HERE], begins=1))


def certified_by_itself(site: Site) -> None:
    site.serve(made("us", None, names=[HERE]))


def of_an_authority_that_nobody_knows(site: Site) -> None:
    stranger = made("A stranger", None)
    site.serve(made("us", stranger, names=[HERE]), stranger)


def for_another_host(site: Site) -> None:
    site.serve(made("us", site.root, names=[x509.DNSName("dashboard.example.org")]))


def without_what_is_between(site: Site) -> None:
    site.serve(made("us", made("Between", site.root), names=[HERE]))


def without_tls(site: Site) -> None:
    site.serve(None)


def silent(site: Site) -> None:
    listener = site.stay.enter_context(socket.create_server(("127.0.0.1", 0)))
    site.at(listener.getsockname()[1])


def nobody(site: Site) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        site.at(listener.getsockname()[1])


@pytest.mark.parametrize(
    ("served", "found", "mend"),
    [
        (expired, "It does not verify: certificate has expired.", "Renew it"),
        (begins_tomorrow, "It does not verify: certificate is not yet valid.", "clocks"),
        (certified_by_itself, "It does not verify: self-signed certificate.", "authority that everybody knows"),
        (of_an_authority_that_nobody_knows, "self-signed certificate in certificate chain", "whole chain"),
        (for_another_host, "not valid for '127.0.0.1'", "exactly this host"),
        (without_what_is_between, "unable to get local issuer certificate", "whole chain"),
        (without_tls, "No TLS connection: what answers there does not speak TLS.", "speaks TLS"),
        (silent, "No TLS connection: nobody answered in time.", "See that the proxy runs"),
        (nobody, "No TLS connection: the connection was refused.", "See that the proxy runs"),
    ],
)
def test_what_x_would_not_accept_is_said_and_nothing_is_asked_after_it(
    site: Site, served: object, found: str, mend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looked, "PATIENCE_SECONDS", 0.5)
    assert callable(served)
    served(site)
    steps = {step.name: step for step in preflight(site.app)}
    assert steps["Certificate"].verdict is Verdict.BAD
    assert found in steps["Certificate"].found
    assert mend in steps["Certificate"].mend
    assert {step.verdict for name, step in steps.items() if name not in {"Address", "Certificate"}} == {Verdict.SKIPPED}


def test_an_authority_of_nobody_is_not_enough(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the setting that names it, the same chain does not verify: trust comes from there and nowhere else."""
    site.serve(made("us", site.root, names=[HERE]))
    assert site.certificate().verdict is Verdict.GOOD
    monkeypatch.delenv("SSL_CERT_FILE")
    assert site.certificate().verdict is Verdict.BAD
