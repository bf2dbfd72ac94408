"""A scenario file says who is there and what happens."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sandbox.control import Control
from tests.sandbox.wire import ROOT, Receiver, StartSandbox, environment, eventually, free_port

pytestmark = pytest.mark.any_database

EXAMPLE = ROOT / "aaa_dashboard" / "sandbox" / "activity" / "example.json"


def test_it_is_played_when_somebody_is_subscribed(
    receiver: Receiver, start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    scenario = {
        "users": [{"screen_name": "olga_r"}],
        "apps": [{"name": "Second app"}],
        "steps": [
            {"at": 0.4, "do": "reply", "by": "acme", "post": "hello", "text": "Good morning"},
            {"at": 0.1, "do": "post", "by": "olga_r", "text": "@acme hello", "as": "hello"},
            {"at": 0.2, "do": "like", "by": "nobody_here", "post": "hello"},
            {"at": 0.3, "advance": None},
            {"at": 0.5, "fault": "api_503", "percent": 50},
            {"at": 0.6, "advance": 3600},
        ],
    }
    file = tmp_path / "scenario.json"
    file.write_text(json.dumps(scenario), encoding="utf-8")

    control = Control(start_sandbox(WEBHOOK_URL=receiver.url, SCENARIO=file))

    eventually(lambda: "The scenario has ended." in control.sandbox.output())
    post, reply = (delivery["body"]["tweet_create_events"][0] for delivery in control.deliveries())
    assert post["user"]["screen_name"] == "olga_r"
    assert reply["in_reply_to_status_id_str"] == post["id_str"]
    assert "There is no user @nobody_here." in control.sandbox.output()
    assert "advance: a number." in control.sandbox.output()
    state = control.state()
    assert state["faults"]["api_503"]["percent"] == 50
    assert state["clock_ahead_seconds"] == 3600
    assert "Second app" in {app["name"] for app in state["apps"]}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "No such file"),
        ("nonsense", "is not JSON"),
        ("[]", "must hold an object"),
        ('{"users": {"screen_name": "olga_r"}}', "users is a list of objects"),
        ('{"steps": null}', "steps is a list of objects"),
        ('{"apps": [{"name": "Second app", "may_replay": "no"}]}', "may_replay: true or false."),
        ('{"steps": [{"do": "post"}]}', "step 1: it needs “at”"),
        ('{"steps": [{"at": 1, "do": "dance"}]}', "“dance” is nothing that can be done"),
        ('{"users": [{"screen_name": "x y"}]}', "screen_name:"),
    ],
)
def test_a_file_that_is_none_ends_the_start(tmp_path: Path, content: str | None, said: str) -> None:
    file = tmp_path / "scenario.json"
    if content is not None:
        file.write_text(content, encoding="utf-8")

    done = subprocess.run(
        [sys.executable, "-m", "aaa_dashboard.sandbox", "--scenario", str(file), "--port", str(free_port())],
        cwd=ROOT,
        env=environment(DATABASE_URL="sqlite://:memory:"),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_the_example_can_be_played(receiver: Receiver, start_sandbox: StartSandbox) -> None:
    control = Control(start_sandbox(WEBHOOK_URL=receiver.url, SCENARIO=EXAMPLE))

    eventually(lambda: control.state()["clock_ahead_seconds"] == 1860)
    assert "WARNING" not in control.sandbox.output()


def test_the_document_shows_the_same_one() -> None:
    document = (ROOT / "docs" / "sandbox.md").read_text(encoding="utf-8")

    assert f"```json\n{EXAMPLE.read_text(encoding='utf-8')}```" in document
