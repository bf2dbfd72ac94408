"""X as the sandbox plays it, with its clock moved; our side is told the time."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from aaa_dashboard.audit import Actor
from aaa_dashboard.deliveries.models import Event, Gap
from aaa_dashboard.replays import advancing, completing, planning
from aaa_dashboard.replays.models import Job, Replay
from aaa_dashboard.replays.windows import Window, down
from aaa_dashboard.webhooks.models import App, Webhook
from aaa_dashboard.webhooks.registering import register
from tests.activity.factory import Store
from tests.sandbox.client import X
from tests.sandbox.control import Control
from tests.sandbox.wire import Receiver, Sandbox, eventually, sandboxes
from tests.sandboxes import USUAL

BY = Actor("olga")


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One whose clock is moved by every test."""
    with sandboxes(tmp_path_factory.mktemp("replays-sandbox")) as start:
        yield start(**USUAL)


@pytest.fixture
def webhook(app: App, x: X) -> Webhook:
    """A webhook that X has and that is valid."""
    return register(app, app.receive_url, by=BY)


@pytest.fixture
def quiet_webhook(app: App) -> Webhook:
    """A webhook that X need not be asked about."""
    return Webhook.objects.create(app=app, x_id="1095098195724558337", url=app.receive_url, valid=True)


@dataclass
class World:
    """Our side and X's, at the same time of day."""

    webhook: Webhook
    receiver: Receiver
    control: Control
    asked_before: int = 0
    handed_over: int = 0
    ahead: timedelta = field(default_factory=timedelta)

    @property
    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def pass_time(self, **by: float) -> None:
        """Move both clocks."""
        self.control.advance(**by)
        self.ahead = datetime.fromisoformat(self.control.state()["now"]) - datetime.now(UTC)

    def ago(self, begin: float, end: float) -> Window:
        """The window from so many minutes ago to so many."""
        now = down(self.now)
        return Window(now - timedelta(minutes=begin), now - timedelta(minutes=end))

    def wish(self, begin: float = 90, end: float = 30) -> Replay:
        return planning.request(self.webhook, self.ago(begin, end), by=BY, now=self.now)

    def step(self) -> None:
        """What beat lets happen every 15 seconds."""
        advancing.advance(self.now)

    def requests(self) -> list[int]:
        """How X answered when it was asked for replays."""
        asked = self.control.json("GET", "requests", params={"after": str(self.asked_before)})
        return [one["status"] for one in asked if "/replay/" in one["path"]]

    def ends(self, number: int = 1) -> None:
        """Wait until X has said of so many jobs that they ended, and hand that over."""
        eventually(lambda: len(self._said()) >= self.handed_over + number)
        for body in self._said()[self.handed_over :][:number]:
            self.hand_over(body)
            self.handed_over += 1

    def hand_over(self, body: dict[str, Any]) -> None:
        completing.completed(ended(self.webhook, self.now, **body["replay_job_status"]))

    def _said(self) -> list[dict[str, Any]]:
        return [one.json() for one in list(self.receiver.deliveries) if b"replay_job_status" in one.body]


def ended(webhook: Webhook, at: datetime, *, job_id: str, job_state: str = "Complete", **more: Any) -> Event:
    """X's word that a job has ended, as it is stored."""
    status = {"webhook_id": webhook.x_id, "job_id": job_id, "job_state": job_state, **more}
    return Event(
        app_id=webhook.app_id, kind="replay_job_status", received_at=at, occurred_at=at,
        payload=json.dumps({"replay_job_status": status}),
    )  # fmt: skip


@pytest.fixture
def world(webhook: Webhook, receiver: Receiver, sandbox: Sandbox) -> World:
    """Six hours after the webhook was registered."""
    control = Control(sandbox)
    world = World(webhook, receiver, control, asked_before=control.json("GET", "requests")[-1]["id"])
    world.pass_time(hours=6)
    return world


def job_of(replay: Replay) -> Job:
    """The newest job of a replay."""
    job = replay.jobs.order_by("-part", "-attempt").first()
    assert job
    return job


def gap(webhook: Webhook, begin: datetime, end: datetime, **fields: Any) -> Gap:
    """A gap that is over."""
    defaults = {"cause": Gap.Cause.NO_RECEIVER, "state": Gap.State.FOUND, "state_since": end, "missing": 60}
    return Gap.objects.create(webhook=webhook, began_at=begin, ended_at=end, **{**defaults, **fields})


@pytest.fixture
def operator(person: Callable[..., User]) -> Client:
    """Somebody signed in who may manage webhooks."""
    client = Client()
    client.force_login(person("olga", "manage_webhooks"))
    return client


@pytest.fixture
def store(app: App) -> Store:
    return Store()
