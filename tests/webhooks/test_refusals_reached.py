"""What X refuses about apps and webhooks, reached through the sandbox and read on a page: code, meaning and remedy."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from django.utils.html import escape
from pytest_django.fixtures import Settings

from aaa_dashboard.webhooks.models import App
from aaa_dashboard.x_api.known_errors import TABLE
from tests.sandbox.client import X
from tests.sandbox.control import Control
from tests.sandbox.wire import Receiver, Sandbox


class World:
    """What a person does before the page, and what goes wrong in between."""

    def __init__(
        self, x: X, sandbox: Sandbox, receiver: Receiver, settings: Settings, app: App, stay: ExitStack
    ) -> None:
        self.x, self.control, self.receiver, self.settings, self.app = x, Control(sandbox), receiver, settings, app
        self.stay = stay
        self.fields: dict[str, str] = {"url": app.receive_url, "anyway": "on"}

    def app_at_x_is(self, **values: object) -> None:
        self.stay.enter_context(self.x.app_is(**values))

    def full(self) -> None:
        for slug in ("one", "two", "three"):
            self.x.register(self.receiver.url.replace("twitter", slug))

    def answers(self, status: int) -> None:
        self.receiver.challenge_answer = lambda _token: (status, {}, b"{}")

    def sleeps(self) -> None:
        def late(_token: str) -> tuple[int, dict[str, str], bytes]:
            time.sleep(1.2)  # X, as it is set up here, waits 1 s
            return 200, {}, b"{}"

        self.receiver.challenge_answer = late

    def clock_is_wrong(self) -> None:
        self.stay.enter_context(time_machine.travel(timezone.now() + timedelta(hours=1)))

    def token_may_read_alone(self) -> None:
        self.stay.enter_context(self.x.changed("accesstoken", "1 = 1", permission="read"))


@pytest.fixture
def world(x: X, sandbox: Sandbox, receiver: Receiver, settings: Settings, app: App) -> Iterator[World]:
    with ExitStack() as stay:
        yield World(x, sandbox, receiver, settings, app, stay)


ASK, REGISTER = "ask/", "register/"


@pytest.mark.parametrize(
    ("what", "path", "code"),
    [
        (lambda w: w.control.fault("api_503", percent=100), ASK, 67),
        (lambda w: w.control.fault("api_429", percent=100), ASK, 88),
        (lambda w: w.control.fault("api_130", percent=100), ASK, 130),
        (lambda w: w.control.fault("api_131", percent=100), ASK, 131),
        (lambda w: w.app_at_x_is(consumer_secret="another"), ASK, 99),
        (lambda w: w.app_at_x_is(consumer_secret="another"), REGISTER, 32),
        (lambda w: setattr(w.settings, "X_ACCESS_TOKEN", "613278910244360193-nobody"), REGISTER, 89),
        (lambda w: w.clock_is_wrong(), REGISTER, 135),
        (lambda w: w.app_at_x_is(may_use_activity=0), ASK, 200),
        (lambda w: w.app_at_x_is(is_suspended=1), REGISTER, 416),
        (lambda w: w.token_may_read_alone(), REGISTER, 261),
        (lambda w: w.fields.update(url="http://example.org/webhook"), REGISTER, 214),
        (lambda w: w.answers(200), REGISTER, 214),
        (lambda w: w.answers(500), REGISTER, 214),
        (lambda w: w.sleeps(), REGISTER, 214),
        (lambda w: w.full(), REGISTER, 214),
    ],
    ids=[
        *("a dependency", "limit", "capacity", "internal", "consumer secret", "signature", "token", "clock"),
        *("not entitled", "suspended", "permission", "address", "wrong answer", "status", "latency", "all used"),
    ],
)
def test_a_refusal_is_read_with_its_meaning_and_remedy(
    what: Callable[[World], None], path: str, code: int, world: World, operator: Client
) -> None:
    what(world)
    response = operator.post(f"/webhooks/apps/twitter/{path}", world.fields)
    text = response.content.decode()
    assert response.status_code == 409
    assert f"with code {code}" in text
    rows = [row for row in TABLE if row.code == code]
    assert any(escape(row.meaning) in text and escape(row.remedy) in text for row in rows)
