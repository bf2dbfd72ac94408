"""An installation that is well, what breaks it, and where notices go."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from aaa_dashboard.deliveries.models import TrafficMinute
from aaa_dashboard.staff.models import BackgroundProcess
from aaa_dashboard.staff.notices.models import Channel, Severity
from aaa_dashboard.webhooks.models import DEFAULT_SLUG, App, Webhook

NOW = datetime(2026, 3, 1, 12, 0, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SECRET = "the secret of a channel"


def traffic(app: App, at: datetime, receiver: str = "one", **numbers: Any) -> TrafficMinute:
    """Write a minute of traffic that ends at a moment."""
    counted = {**dict.fromkeys(("deliveries", "events", "duplicates", "unsplit", "crcs"), 0), **numbers}
    minute = at.replace(second=0, microsecond=0)
    return TrafficMinute.objects.create(
        app=app, minute=minute, receiver=receiver, **{"began_at": minute, "until": at, **counted}
    )


@pytest.fixture
def app(db: None) -> App:
    """The first app, with a receiver that wrote just now, a worker and beat."""
    app = App.objects.get_or_create(slug=DEFAULT_SLUG, defaults={"name": "Acme Care"})[0]
    traffic(app, NOW)
    for kind, queues in (("worker", "urgent, normal, long"), ("beat", "")):
        BackgroundProcess.objects.create(kind=kind, name=kind, queues=queues, started_at=NOW, seen_at=NOW)
    return app


@pytest.fixture
def webhook(app: App) -> Webhook:
    """A valid webhook."""
    return Webhook.objects.create(
        app=app, x_id="1", url="https://acme.example/webhook/twitter", valid=True, valid_since=NOW - timedelta(days=1)
    )


@pytest.fixture
def _queues_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The broker is none of this; one test lets it be away."""
    from aaa_dashboard.staff.health import Queues
    from aaa_dashboard.staff.notices.conditions import background

    monkeypatch.setattr(background, "queues", lambda: Queues([]))


class Listener(ThreadingHTTPServer):
    """A program of one's own that takes notices: a real server, whose answers a test decides."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.taken: list[tuple[dict[str, str], bytes]] = []
        self.status = 200
        self.headers: dict[str, str] = {}
        self.before: Callable[[], None] = lambda: None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/hook"

    @property
    def documents(self) -> list[dict[str, Any]]:
        """What was posted, in order."""
        return [json.loads(body) for _, body in self.taken]


class _Handler(BaseHTTPRequestHandler):
    server: Listener

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.before()
        self.server.taken.append(({name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response(self.server.status)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def listener() -> Iterator[Listener]:
    server = Listener()
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def channel(db: None, listener: Listener) -> Channel:
    """A channel to the listener that is told everything."""
    return Channel.objects.create(kind="webhook", name="Duty", address=listener.url, secret=SECRET, least=Severity.INFO)


@pytest.fixture
def person(db: None) -> Callable[..., Client]:
    """Makes somebody with the named permissions and signs them in."""

    def make(name: str, *permissions: str) -> Client:
        user = User.objects.create_user(name)
        user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
        client = Client()
        client.force_login(user)
        return client

    return make
