"""Every row of the table of X's errors, answered by the sandbox, is read by a person as code, meaning and remedy.

Each row has a way to reach it: what is wrong at X or here, and the page, command or form on which a person then meets
it. Rows that the dashboard takes for done (subscribed already, not subscribed, no such user) and those of replays are
read on the page that shows all refusals.
"""

import html
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import time_machine
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone
from pytest_django.fixtures import Settings

from aaa_dashboard.subscriptions.models import Account, Subscription
from aaa_dashboard.webhooks.credentials import api_of
from aaa_dashboard.webhooks.models import App, Webhook
from aaa_dashboard.webhooks.registering import register
from aaa_dashboard.webhooks.views.parts import refused
from aaa_dashboard.x_api import endpoints as at
from aaa_dashboard.x_api.credentials import UserToken
from aaa_dashboard.x_api.errors import Failure, XError
from aaa_dashboard.x_api.known_errors import TABLE
from aaa_dashboard.x_api.known_errors.row import KnownError
from aaa_dashboard.x_api.v1_1 import Client as Api
from tests.sandbox.client import MIRA, X
from tests.sandbox.control import Control
from tests.sandbox.wire import Receiver
from tests.webhooks.conftest import BY


@dataclass(frozen=True)
class Read:
    """What a person reads."""

    text: str
    failure: Failure


class World:
    """X, our receiver and an operator."""

    def __init__(self, x: X, receiver: Receiver, settings: Settings, app: App, operator: Client, stay: ExitStack):
        self.x, self.control, self.receiver, self.settings = x, Control(x.sandbox), receiver, settings
        self.app, self.operator, self.stay = app, operator, stay

    # --- What is wrong

    def fault(self, *keys: str) -> None:
        for key in keys:
            self.control.fault(key, percent=100)

    def app_at_x_is(self, **values: object) -> None:
        self.stay.enter_context(self.x.app_is(**values))

    def at_x(self, table: str, **values: object) -> None:
        self.stay.enter_context(self.x.changed(table, "1 = 1", **values))

    def webhook(self) -> Webhook:
        return register(self.app, self.app.receive_url, by=BY)

    def all_webhooks_are_used(self) -> None:
        for slug in ("one", "two", "three"):
            self.x.register(self.receiver.url.replace("twitter", slug))

    def answers(self, status: int, *, is_late: bool = False) -> None:
        def answer(_token: str) -> tuple[int, dict[str, str], bytes]:
            if is_late:
                self.receiver.released.wait(60)
            return status, {}, b"{}"

        self.receiver.challenge_answer = answer

    def token(self) -> UserToken:
        token = self.x.token_of(MIRA)
        return UserToken(token.token, token.secret)

    # --- Where a person meets it

    def ask(self) -> Read:
        return _read(self.operator.post("/webhooks/apps/twitter/ask/"))

    def register(self, url: str = "") -> Read:
        form = {"url": url or self.app.receive_url, "anyway": "on"}
        return _read(self.operator.post("/webhooks/apps/twitter/register/", form))

    def validate(self, webhook: Webhook) -> Read:
        return _read(self.operator.post(f"/webhooks/{webhook.pk}/validate/"))

    def check_credentials(self) -> Read:
        out = StringIO()
        with pytest.raises(CommandError):
            call_command("credentials", "check", stdout=out)
        found = self.operator.post("/webhooks/apps/twitter/test-keys/").context["findings"]
        return Read(_one_line(out.getvalue()), next(one.failure for one in found if one.failure))

    def begin_sign_in(self, webhook: Webhook) -> HttpResponse:
        return self.operator.post("/accounts/add/sign-in/", {"webhook": webhook.pk, "agreed": "1"})  # type: ignore[return-value]

    def come_back(self, webhook: Webhook, *, verifier: str = "", before: Callable[[], None] = lambda: None) -> Read:
        token = parse_qs(urlsplit(self.begin_sign_in(webhook)["Location"]).query)["oauth_token"][0]
        back = self.x.allow(token, MIRA).headers["Location"].removeprefix(self.settings.PUBLIC_URL)
        before()
        path = f"{back.partition('oauth_verifier=')[0]}oauth_verifier={verifier}" if verifier else back
        return _read(self.operator.get(path))

    def remove(self, row: Subscription) -> Read:
        name = {"name": row.account.screen_name}
        return _read(self.operator.post(f"/accounts/subscriptions/{row.pk}/remove/", name))

    def replay(self, webhook_id: str = "1", begins: float = 120, ends: float = 60) -> Read:
        now = timezone.now()
        window = now - timedelta(minutes=begins), now - timedelta(minutes=ends)
        return self.refused(lambda api: api.request_replay(webhook_id, *window))

    def refused(self, call: Callable[[Api], object]) -> Read:
        """The page that shows a refusal of what the client asks."""
        api = api_of(self.app)
        assert isinstance(api, Api)
        with pytest.raises(XError) as raised:
            call(api)
        request = RequestFactory().get("/")
        request.user = User(username="olga")
        page = refused(request, raised.value, back="/webhooks/", back_to="Webhooks")
        return Read(_one_line(page.content.decode()), raised.value.failure)


def _read(response: Any) -> Read:
    assert response.status_code >= 400, response.content.decode()
    return Read(_one_line(response.content.decode()), response.context["failure"])


def _one_line(text: str) -> str:
    return " ".join(html.unescape(text).split())


@contextmanager
def proxy_without_authorization(behind: str) -> Iterator[str]:
    """A proxy that forgets to pass on the `Authorization` header."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer = requests.post(behind + self.path, timeout=30)
            self.send_response(answer.status_code)
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def _without_authorization(w: World) -> Read:
    w.settings.X_API_BASE_URL = w.stay.enter_context(proxy_without_authorization(w.x.sandbox.url))
    return w.register()


def _clock_is_wrong(w: World) -> Read:
    w.stay.enter_context(time_machine.travel(timezone.now() + timedelta(hours=1)))
    return w.register()


def _without_a_contract(w: World) -> Read:
    made = w.control.json("POST", "apps", {"name": "Newcomer", "has_contract": False})
    w.settings.X_CONSUMER_KEY, w.settings.X_CONSUMER_SECRET = made["consumer_key"], made["consumer_secret"]
    return w.replay()


def _unknown_page(w: World) -> Read:
    webhook = w.webhook()
    w.settings.X_API_BASE_URL += "/1.1/of-old"
    return w.validate(webhook)


def _gone(w: World) -> Read:
    webhook = w.webhook()
    w.x.change("DELETE FROM sandbox_webhook")
    return w.validate(webhook)


def _token_of_another_app(w: World) -> Read:
    token = w.x.token_of(MIRA, w.x.another_app())
    account = Account.objects.create(x_user_id=MIRA, screen_name="mirakeller")
    row = Subscription.objects.create(
        webhook=w.webhook(),
        account=account,
        state=Subscription.State.ACTIVE,
        access_token=token.token,
        access_token_secret=token.secret,
    )
    w.fault("bearer_99")  # or X would not have to be asked with it
    return w.remove(row)


def _subscribed_twice(w: World) -> Read:
    x_id, token = w.webhook().x_id, w.token()
    api_of(w.app).subscribe(x_id, token)
    return w.refused(lambda api: api.subscribe(x_id, token))


def _replaying(w: World) -> Read:
    webhook = w.webhook()
    w.x.change(
        "INSERT INTO sandbox_replay (id, webhook_id, from_date, to_date, created_at, state, delivered, failed)"
        " SELECT 1, id, created_at, created_at, created_at, 'running', 0, 0 FROM sandbox_webhook"
    )
    return w.replay(webhook.x_id)


def _invalid(w: World) -> Read:
    webhook = w.webhook()
    w.control.json("POST", f"webhooks/{webhook.x_id}/invalidate", {})
    return w.replay(webhook.x_id)


def _parameter_is_missing(w: World) -> Read:
    x_id = w.webhook().x_id
    return w.refused(lambda api: api.as_app(at.REPLAY, query={"to_date": "202611200900"}, webhook_id=x_id))


def _sign_in_is_refused(**app: object) -> Callable[[World], Read]:
    def reach(w: World) -> Read:
        webhook = w.webhook()
        w.app_at_x_is(**app)
        return _read(w.begin_sign_in(webhook))

    return reach


def _when(wrong: Callable[[World], object], then: Callable[[World], Read]) -> Callable[[World], Read]:
    def reach(w: World) -> Read:
        wrong(w)
        return then(w)

    return reach


WAYS: dict[str, Callable[[World], Read]] = {
    "wrong-consumer-keys": _when(lambda w: w.app_at_x_is(consumer_secret="another"), World.check_credentials),
    "wrong-verifier": lambda w: w.come_back(w.webhook(), verifier="wrong"),
    "could-not-authenticate": _when(lambda w: w.app_at_x_is(consumer_secret="another"), World.register),
    "not-permitted-method": _without_a_contract,
    "bearer-token-expired": _when(lambda w: w.fault("bearer_89"), World.ask),
    "sign-in-expired": lambda w: w.come_back(
        w.webhook(), before=lambda: w.x.change("DELETE FROM sandbox_requesttoken")
    ),
    "token-revoked": _when(
        lambda w: setattr(w.settings, "X_ACCESS_TOKEN", "613278910244360193-nobody"), World.register
    ),
    "bearer-token-rejected": _when(lambda w: w.fault("bearer_99"), World.ask),
    "clock": _clock_is_wrong,
    "no-credentials": _without_authorization,
    "permission-too-low": _when(lambda w: w.at_x("accesstoken", permission="read"), World.register),
    "suspended": _when(lambda w: w.app_at_x_is(is_suspended=1), World.register),
    "no-replay": _when(lambda w: w.app_at_x_is(may_replay=0), World.replay),
    "not-enabled": _when(lambda w: w.app_at_x_is(may_use_activity=0), World.ask),
    "callback-not-approved": _sign_in_is_refused(callback_urls="[]"),
    "desktop-app": _sign_in_is_refused(type="desktop"),
    "webhook-not-found": _gone,
    "webhook-page-not-found": _unknown_page,
    "challenge-answer": _when(lambda w: w.answers(200), World.register),
    "challenge-latency": _when(lambda w: w.answers(200, is_late=True), World.register),
    "challenge-status": _when(lambda w: w.answers(500), World.register),
    "subscriptions-used-up": lambda w: w.come_back(
        w.webhook(), before=lambda: w.at_x("contract", subscriptions_allowed=0)
    ),
    "webhooks-used-up": _when(World.all_webhooks_are_used, World.register),
    "webhook-invalid": _invalid,
    "webhook-url": lambda w: w.register("http://example.org/webhook"),
    "another-app": _token_of_another_app,
    "already-replaying": _replaying,
    "already-subscribed": _subscribed_twice,
    "not-subscribed": lambda w: w.refused(lambda api: api.unsubscribe(w.webhook().x_id, MIRA)),
    "no-such-user": lambda w: w.refused(lambda api: api.as_app(at.LOOK_UP_USERS, query={"user_id": "1"})),
    "replay-window": lambda w: w.replay(w.webhook().x_id, begins=60, ends=120),
    "parameter-missing": _parameter_is_missing,
    "parameter-malformed": lambda w: w.replay("no-number"),
    "parameter-negative": lambda w: w.replay("-1"),
    "parameter-not-past": lambda w: w.replay(w.webhook().x_id, ends=1),
    "rate-limit": _when(lambda w: w.fault("api_429"), World.ask),
    "dependency-unavailable": _when(lambda w: w.fault("api_503"), World.ask),
    "over-capacity": _when(lambda w: w.fault("api_130"), World.ask),
    "internal-error": _when(lambda w: w.fault("api_131"), World.ask),
    "not-subscribed-status": _when(
        lambda w: w.fault("api_no_code"), lambda w: w.refused(lambda api: api.unsubscribe(w.webhook().x_id, MIRA))
    ),
    "rate-limit-status": _when(lambda w: w.fault("api_429", "api_no_code"), World.ask),
    "temporary-status": _when(lambda w: w.fault("api_503", "api_no_code"), World.ask),
}


@pytest.fixture
def world(
    x: X,
    receiver: Receiver,
    settings: Settings,
    app: App,
    person: Callable[..., User],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[World]:
    # What X does again and again until we give up is tested elsewhere.
    monkeypatch.setattr("aaa_dashboard.x_api.retries.MAX_ATTEMPTS", 1)
    operator = Client()
    operator.force_login(person("olga", "manage_webhooks", "manage_subscriptions"))
    with ExitStack() as stay:
        stay.enter_context(x.app_is(callback_urls=json.dumps([f"{settings.PUBLIC_URL}/x/callback"])))
        yield World(x, receiver, settings, app, operator, stay)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.key)
def test_what_x_refuses_is_read_with_its_code_meaning_and_remedy(row: KnownError, world: World) -> None:
    assert row.key in WAYS, "a row that nobody can reach is a row that nobody has seen"
    read = WAYS[row.key](world)
    assert read.failure.key == row.key
    answer = f"X answered {row.status}" if row.code is None else f"with code {row.code}"
    for words in (answer, row.meaning, row.remedy):
        assert words in read.text
    assert read.failure.said in read.text
    assert read.failure.said


def test_there_is_a_way_to_no_other_row() -> None:
    assert WAYS.keys() == {row.key for row in TABLE}
