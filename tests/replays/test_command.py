"""`manage.py replays`: what the pages do, with exit codes that mean something."""

import json
import time
from datetime import timedelta
from io import StringIO
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from aaa_dashboard.replays import advancing
from aaa_dashboard.replays.models import Job, Replay
from aaa_dashboard.webhooks.models import Webhook
from tests.sandbox.client import X

from .conftest import World
from .test_how_jobs_end import running

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aaa_dashboard.replays.management.commands.replays.nudge", lambda _task: True)


def run(*arguments: str) -> Any:
    """What it prints as JSON."""
    out = StringIO()
    call_command("replays", *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def fails(*arguments: str) -> tuple[int, str]:
    with pytest.raises(CommandError) as caught:
        call_command("replays", *arguments, stdout=StringIO(), stderr=StringIO())
    return caught.value.returncode, str(caught.value)


def test_nothing_is_listed_where_there_is_nothing() -> None:
    out = StringIO()
    call_command("replays", "list", stdout=out)
    assert out.getvalue() == "No replay.\n"


@pytest.mark.parametrize("arguments", [("request", "--from", "1h"), ("request", "--from", "1h", "--webhook", "5")])
def test_without_any_webhook_it_says_how_to_come_by_one(arguments: tuple[str, ...]) -> None:
    code, said = fails(*arguments)
    assert code == 2
    assert "`webhooks register`" in said


def test_a_window_is_requested_and_listed(quiet_webhook: Webhook) -> None:
    begin = (timezone.now() - timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M")
    [made] = run("request", "--from", begin, "--to", "1h")
    assert (made["state"], made["parts"], made["from"]) == ("waiting", 1, f"{begin}Z")
    assert run("list") == [made]
    assert Replay.objects.get().requested_by.startswith("command line")


def test_left_out_the_end_is_the_newest_that_x_takes(quiet_webhook: Webhook) -> None:
    [made] = run("request", "--from", "6h")
    assert made["parts"] == 3
    assert made["waits until"] is None
    assert timedelta(minutes=10) < timezone.now() - Replay.objects.get().to_date < timedelta(minutes=12)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("request", "--from", "yesterday"), "is no time"),
        (("request", "--from", "9d"), "for 5 days"),
        (("request", "--from", "1h", "--to", "2h"), "before it begins"),
        (("request", "--from", "1h", "--webhook", "5"), "Name one webhook"),
        (("watch",), "no such replay"),
        (("watch", "77"), "no such replay"),
    ],
)
def test_misuse_ends_with_2(quiet_webhook: Webhook, arguments: tuple[str, ...], words: str) -> None:
    code, said = fails(*arguments)
    assert code == 2
    assert words in said


def test_one_that_is_not_over_in_time_ends_with_3(quiet_webhook: Webhook) -> None:
    running(quiet_webhook)
    assert fails("watch", "--seconds", "0")[0] == 3


def test_one_that_failed_ends_with_1_and_says_why(world: World, x: X) -> None:
    replay = world.wish()
    with x.app_is(may_replay=0):
        advancing.advance(world.now)
    code, said = fails("watch", str(replay.pk))
    assert code == 1
    assert "not enabled for replays" in said


def test_watching_follows_to_the_end(quiet_webhook: Webhook) -> None:
    job = running(quiet_webhook, recovered=5, is_counted=True)
    Replay.objects.update(state=Replay.State.COMPLETE)
    Job.objects.update(state=Job.State.COMPLETE)
    out = StringIO()
    call_command("replays", "watch", str(job.replay_id), stdout=out)
    assert "X has delivered all of it once more. 5 recovered, 0 we had." in out.getvalue()


def test_where_no_worker_runs_it_does_the_work_itself(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: world.now)
    clock = SimpleNamespace(monotonic=time.monotonic, sleep=lambda _seconds: world.ends())
    monkeypatch.setattr("aaa_dashboard.replays.management.commands.replays.time", clock)
    [row] = run("request", "--from", "90m", "--watch", "--without-worker", "--seconds", "30")
    assert row["state"] == "complete"
