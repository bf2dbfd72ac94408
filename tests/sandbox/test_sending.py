"""`python -m aaa_dashboard.sandbox send`: so many of a mix at a rate, and an honest account of it."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from aaa_dashboard.sandbox import mix
from aaa_dashboard.sandbox.send import percentile
from tests.sandbox.bodies import ALL
from tests.sandbox.wire import ROOT, SECRET, Receiver, free_port, signature

pytestmark = pytest.mark.any_database


def send(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "aaa_dashboard.sandbox", "send", *arguments],
        cwd=ROOT,
        env={**os.environ, "X_CONSUMER_SECRET": SECRET, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_it_sends_so_many_and_says_how_they_were_answered(receiver: Receiver) -> None:
    done = send("--url", receiver.url, "-n", "120")

    assert done.returncode == 0, done.stderr
    assert "sent      120" in done.stdout
    assert "answered  120 × 200" in done.stdout
    assert len(receiver.deliveries) == 120
    assert all(a.headers["x-twitter-webhooks-signature"] == signature(a.body) for a in receiver.deliveries)


def test_anything_but_200_is_counted_and_ends_with_1(receiver: Receiver) -> None:
    receiver.statuses = [503, 401, 503]

    done = send("--url", receiver.url, "-n", "10", "--json")

    figures = json.loads(done.stdout)
    assert done.returncode == 1
    assert figures["answered"] == {"200": 7, "401": 1, "503": 2}
    assert len(receiver.deliveries) == 10  # it does not repeat


def test_nobody_there_is_counted_as_failed() -> None:
    done = send("--url", f"http://127.0.0.1:{free_port()}/", "-n", "3", "--json")

    assert done.returncode == 1
    assert json.loads(done.stdout)["failed"] == {"Connection refused": 3}


def test_it_keeps_to_the_rate(receiver: Receiver) -> None:
    figures = json.loads(send("--url", receiver.url, "-n", "60", "--rate", "100", "--json").stdout)

    assert 0.55 < figures["elapsed_s"] < 15
    assert figures["answer_ms_p50"] <= figures["answer_ms_p99"]


def test_it_sends_the_mix_that_was_asked_for(receiver: Receiver) -> None:
    send("--url", receiver.url, "-n", "80", "--mix", "tweet_create_events__post=3,follow_events=1", "--seed", "1")

    kinds = Counter(next(key for key in a.json() if key.endswith("_events")) for a in receiver.deliveries)
    assert kinds.keys() == {"tweet_create_events", "follow_events"}
    assert kinds["tweet_create_events"] > kinds["follow_events"] > 0


def test_duplicates_are_the_same_bytes_again(receiver: Receiver) -> None:
    send("--url", receiver.url, "-n", "200", "--duplicates", "50", "--seed", "1")

    different = {arrived.body for arrived in receiver.deliveries}
    assert len(receiver.deliveries) == 200
    assert 60 < len(different) < 140


def test_a_file_is_sent_with_new_ids_or_as_it_is(receiver: Receiver, tmp_path: Path) -> None:
    file = tmp_path / "own.json"
    file.write_text('{"for_user_id": "2244994945", "new_kind_events": [{"id": "1800000000000000001"}]}')

    assert send("--url", receiver.url, "-n", "2", "--file", str(file)).returncode == 0
    assert send("--url", receiver.url, "-n", "2", "--file", str(file), "--as-is").returncode == 0

    minted, asis = receiver.deliveries[:2], receiver.deliveries[2:]
    assert {a.body for a in asis} == {file.read_bytes()}
    assert len({a.body for a in minted}) == 2
    assert all(a.json()["for_user_id"] == "2244994945" for a in minted)


def test_a_body_that_is_not_json_can_be_sent_as_it_is(receiver: Receiver, tmp_path: Path) -> None:
    file = tmp_path / "broken.json"
    file.write_bytes(b'{"for_user_id": ')

    assert send("--url", receiver.url, "--file", str(file), "--as-is").returncode == 0
    assert receiver.deliveries[0].body == b'{"for_user_id": '


def test_the_secret_comes_from_the_variable_that_is_named(receiver: Receiver) -> None:
    done = send("--url", receiver.url, "--secret-env", "OTHER", OTHER="another-secret")

    assert done.returncode == 0
    [arrived] = receiver.deliveries
    assert arrived.headers["x-twitter-webhooks-signature"] == signature(arrived.body, "another-secret")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--mix", "no_such_events"], "no payload “no_such_events”"),
        (["--mix", "follow_events=x"], "“x” is not a weight"),
        (["--mix", "follow_events=0"], "must be above 0"),
        (["--file", "/no/such/file.json"], "No such file"),
        (["--as-is"], "needs at least one --file"),
        (["-n", "0"], "1 or more"),
        (["--rate", "-1"], "not be below 0"),
    ],
)
def test_wrong_arguments_are_explained(arguments: list[str], says: str) -> None:
    done = send(*arguments)

    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_without_a_secret_it_says_which_variable_is_missing() -> None:
    done = send("--secret-env", "NOT_SET")

    assert done.returncode == 2
    assert "NOT_SET must hold the consumer secret" in done.stderr


def test_it_lists_every_payload() -> None:
    assert send("--list").stdout.split() == list(ALL)


def test_the_mix_reads_weights_and_takes_1_where_none_is_given() -> None:
    assert mix.parse(" follow_events = 2.5 , favorite_events__like".replace(" = ", "=")) == {
        "follow_events": 2.5,
        "favorite_events__like": 1.0,
    }


@pytest.mark.parametrize(("percent", "expected"), [(0, 1), (50, 50), (99, 99), (100, 100)])
def test_percentiles_are_values_that_occurred(percent: float, expected: float) -> None:
    assert percentile([float(i) for i in range(1, 101)], percent) == expected
    assert percentile([], percent) == 0
