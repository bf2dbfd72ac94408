"""A setting that makes no sense ends the start, in one sentence that names it and does not repeat it."""

import subprocess
import sys

import pytest

from tests.sandbox.wire import ROOT, environment, free_port

pytestmark = pytest.mark.any_database


def start(*options: str, **settings: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "aaa_dashboard.sandbox", *options],
        cwd=ROOT,
        env=environment(**{"DATABASE_URL": "sqlite://:memory:", "PORT": free_port(), **settings}),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@pytest.mark.parametrize(
    ("name", "value", "takes"),
    [
        ("PORT", "abc", "a whole number from 1 to 65535"),
        ("PORT", "70000", "a whole number from 1 to 65535"),
        ("RETRY_SCALE", "x", "a number from 0 to 1000"),
        ("TRAFFIC_PER_SECOND", "nan", "a number from 0 to 1000"),
        ("CONCURRENCY", "0", "a whole number from 1 to 10000"),
        ("CHALLENGE_SECONDS", "-1", "a number above 0 and up to 31536000"),
        ("ANSWER_SECONDS", "0", "a number above 0"),
        ("SEED", "seven", "a whole number"),
        ("CONTROL", "maybe", "“on” or “off”"),
        ("DATABASE_URL", "nonsense", "sqlite:////absolute/path or postgres://"),
    ],
)
def test_what_a_setting_does_not_take_is_said(name: str, value: str, takes: str) -> None:
    done = start(**{name: value})

    assert done.returncode == 2
    assert done.stderr.startswith(f"SANDBOX_{name} takes {takes}")
    assert done.stderr.count("\n") == 1
    assert value not in done.stderr.removeprefix(f"SANDBOX_{name} takes {takes}").split()


def test_an_option_is_read_as_the_setting_it_stands_for() -> None:
    done = start("--traffic", "-1")

    assert done.returncode == 2
    assert done.stderr.startswith("SANDBOX_TRAFFIC_PER_SECOND takes a number from 0 to 1000")


def test_a_token_that_does_not_begin_as_its_owner_s_is_refused() -> None:
    done = start(ACCESS_TOKEN="1234-the-rest-of-it", ACCESS_TOKEN_SECRET="the-secret")

    assert done.returncode == 2
    assert done.stderr.startswith("SANDBOX_ACCESS_TOKEN begins with 613278910244360193-")
    assert "the-" not in done.stderr


def test_a_token_without_its_secret_is_refused() -> None:
    done = start(ACCESS_TOKEN="613278910244360193-the-rest-of-it")

    assert done.returncode == 2
    assert done.stderr.startswith("SANDBOX_ACCESS_TOKEN and SANDBOX_ACCESS_TOKEN_SECRET are set together")


def test_what_is_empty_counts_as_left_out() -> None:
    done = start("--host", "0.0.0.0", CONCURRENCY="", SEED="", CONTROL="", RETRY_SCALE="")  # noqa: S104 - ends the start

    assert "SANDBOX_ALLOW_PUBLIC=1" in done.stderr
