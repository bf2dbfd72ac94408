"""The sandbox as a process: what it starts with, what it refuses, how it ends."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from tests.sandbox.wire import ROOT, Receiver, StartSandbox, environment, eventually, free_port

pytestmark = pytest.mark.any_database

EVERYWHERE = "0.0.0.0"  # noqa: S104 - what it must not do unasked


@pytest.mark.parametrize("with_signal", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_at_once_while_it_is_busy(
    receiver: Receiver, start_sandbox: StartSandbox, with_signal: signal.Signals
) -> None:
    receiver.challenge_answer = None
    receiver.statuses = [503] * 100_000
    sandbox = start_sandbox(WEBHOOK_URL=receiver.url, TRAFFIC_PER_SECOND=200, RETRY_SCALE=1)
    eventually(lambda: len(receiver.deliveries) > 50)
    began = time.monotonic()

    code = sandbox.stop(with_signal)

    assert time.monotonic() - began < 15, "it would have repeated deliveries for four minutes"
    assert code in (0, -with_signal)
    assert "Traceback" not in sandbox.output()
    assert "Error" not in sandbox.output()


def test_it_refuses_to_listen_on_anything_but_loopback() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "aaa_dashboard.sandbox", "--host", EVERYWHERE, "--port", str(free_port())],
        cwd=ROOT,
        env=environment(DATABASE_URL="sqlite://:memory:"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 2
    assert "SANDBOX_ALLOW_PUBLIC=1" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("url", ["http://dashboard.example/webhook", "https://dashboard.internal/webhook", "nonsense"])
def test_a_webhook_that_x_would_not_take_is_refused_at_the_start(url: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "aaa_dashboard.sandbox", "--webhook", url, "--port", str(free_port())],
        cwd=ROOT,
        env=environment(DATABASE_URL="sqlite://:memory:"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 2
    assert done.stderr.startswith("SANDBOX_WEBHOOK_URL (--webhook) has to be")
    assert url in done.stderr
    assert done.stderr.count("\n") == 1


def test_an_occupied_port_ends_it_before_anything_is_delivered(receiver: Receiver, start_sandbox: StartSandbox) -> None:
    sandbox = start_sandbox()

    done = subprocess.run(
        [sys.executable, "-m", "aaa_dashboard.sandbox", "--port", sandbox.url.rpartition(":")[2]],
        cwd=ROOT,
        env=environment(DATABASE_URL="sqlite://:memory:", WEBHOOK_URL=receiver.url),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 2
    assert done.stderr.startswith("The sandbox cannot listen. Address already in use")
    assert "Traceback" not in done.stderr
    assert receiver.challenges == []


def test_it_listens_elsewhere_when_told_so(start_sandbox: StartSandbox) -> None:
    sandbox = start_sandbox(HOST=EVERYWHERE, ALLOW_PUBLIC=1)

    assert sandbox.page("healthz") == "ok\n"


def test_a_foreign_host_header_is_refused(start_sandbox: StartSandbox) -> None:
    sandbox = start_sandbox()

    request = urllib.request.Request(sandbox.url, headers={"Host": "attacker.example"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=30)
    refused.value.close()

    assert refused.value.code == 400


def test_keys_that_nobody_gave_are_made_once_printed_and_kept(start_sandbox: StartSandbox) -> None:
    first = start_sandbox(CONSUMER_KEY="", CONSUMER_SECRET="")
    assert "SANDBOX_CONSUMER_SECRET=" in first.output()
    key = next(line for line in first.output().splitlines() if "CONSUMER_KEY=" in line).partition("=")[2]
    first.stop()

    second = start_sandbox(CONSUMER_KEY="", CONSUMER_SECRET="")

    assert "SECRET" not in second.output()
    assert key in second.page()


def test_given_secrets_are_neither_printed_nor_shown(receiver: Receiver, start_sandbox: StartSandbox) -> None:
    sandbox = start_sandbox(WEBHOOK_URL=receiver.url)

    assert "the-consumer-secret" not in sandbox.output() + sandbox.page()


def test_without_a_webhook_it_shows_what_to_do(start_sandbox: StartSandbox) -> None:
    page = start_sandbox().page()

    assert "--webhook URL" in page
    assert "There is no webhook to deliver to." in page


def test_its_page_needs_nothing_but_itself(start_sandbox: StartSandbox) -> None:
    sandbox = start_sandbox()

    with urllib.request.urlopen(sandbox.url, timeout=30) as response:
        policy, page = response.headers["Content-Security-Policy"], response.read().decode()
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "<script" not in page
    assert " style=" not in page
    assert "--accent" in sandbox.page("static/sandbox/sandbox.css")


def test_a_shell_that_is_set_up_for_the_dashboard_still_starts_the_sandbox(
    start_sandbox: StartSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "aaa_dashboard.settings")
    monkeypatch.setenv("DATABASE_URL", "postgres://nobody@127.0.0.1:1/nothing")

    assert start_sandbox().page("healthz") == "ok\n"


def test_options_say_the_same_as_settings(receiver: Receiver, start_sandbox: StartSandbox) -> None:
    sandbox = start_sandbox()
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "aaa_dashboard.sandbox", "--port", str(port), "--webhook", receiver.url],
        cwd=ROOT,
        env={**os.environ, "SANDBOX_DATABASE_URL": f"sqlite:///{sandbox.database}.other"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    eventually(lambda: len(receiver.challenges) > 0, seconds=60)

    process.terminate()
    process.wait(timeout=60)
