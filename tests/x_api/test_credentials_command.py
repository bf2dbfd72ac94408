"""`manage.py credentials check`: findings for people and for scripts, and exit codes that mean something."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from aaa_dashboard.webhooks.models import DEFAULT_SLUG, App
from aaa_dashboard.x_api import bearer_tokens, rate_limits
from tests.x_api.conftest import OWNER, World
from tests.x_api.literal import Literal, error

pytestmark = pytest.mark.django_db

STORED = {
    "consumer_key": "the-consumer-key",
    "consumer_secret": "the-consumer-secret",
    "access_token": OWNER.token,
    "access_token_secret": OWNER.secret,
}


@pytest.fixture(autouse=True)
def _a_command_that_has_just_begun(settings: Settings) -> None:
    """Nothing is known of earlier tests, and nothing comes from the environment."""
    rate_limits.shared._allowances.clear()
    rate_limits.shared._next_turn.clear()
    bearer_tokens.shared._tokens.clear()
    for name in ("CONSUMER_KEY", "CONSUMER_SECRET", "ACCESS_TOKEN", "ACCESS_TOKEN_SECRET", "BEARER_TOKEN"):
        setattr(settings, f"X_{name}", "")


@pytest.fixture
def _sandbox_is_x(world: World, settings: Settings) -> None:
    settings.X_API_BASE_URL = world.url


def _run(*arguments: str) -> tuple[int, str]:
    """Exit code and output."""
    out = StringIO()
    try:
        call_command("credentials", "check", *arguments, stdout=out)
    except CommandError as failed:
        return failed.returncode, out.getvalue()
    return 0, out.getvalue()


def _json(*arguments: str) -> tuple[int, list[dict[str, Any]]]:
    code, out = _run("--json", *arguments)
    return code, json.loads(out)["apps"]


def _wrong(app: dict[str, Any]) -> list[str]:
    return [finding["name"] for finding in app["findings"] if not finding["good"]]


@pytest.mark.usefixtures("_sandbox_is_x")
def test_good_keys_end_with_0() -> None:
    App.objects.create(slug=DEFAULT_SLUG, name="Default", **STORED)
    code, out = _run()
    assert code == 0
    assert out.startswith("twitter · Default · http://127.0.0.1:")
    assert "good     Permission               Read, write and Direct Messages." in out


@pytest.mark.usefixtures("_sandbox_is_x")
def test_keys_that_x_refuses_end_with_1_and_the_remedy() -> None:
    App.objects.create(slug=DEFAULT_SLUG, name="Default", **STORED | {"consumer_secret": "wrong-secret"})
    code, out = _run()
    assert code == 1
    assert "WRONG    Consumer key and secret" in out
    assert "code 99" in out
    assert "Copy both again" in out
    assert "wrong-secret" not in out


def test_an_app_that_does_not_exist_ends_with_2() -> None:
    assert _run("--app", "nobody")[0] == 2


def test_a_generation_that_is_not_supported_ends_with_2() -> None:
    App.objects.create(slug="next", name="Next", api_version="3", **STORED)
    assert _run("--app", "next")[0] == 2


def test_an_outage_ends_with_3(x: Literal, settings: Settings) -> None:
    settings.X_API_BASE_URL = x.url
    x.will_say(error(429, 88, "Rate limit exceeded.", retry_after="600"))
    App.objects.create(slug=DEFAULT_SLUG, name="Default", **STORED)
    code, out = _run()
    assert code == 3
    assert "unknown  Consumer key and secret" in out


@pytest.mark.usefixtures("_sandbox_is_x")
def test_scripts_get_the_same_as_json(world: World) -> None:
    App.objects.create(slug=DEFAULT_SLUG, name="Default", **STORED)
    weak = world.another_app(permission="read")
    assert weak.owner is not None
    App.objects.create(
        slug="staging",
        name="Staging",
        consumer_key=weak.consumer_key,
        consumer_secret=weak.consumer_secret,
        access_token=weak.owner.token,
        access_token_secret=weak.owner.secret,
    )
    code, [default, staging] = _json()
    assert code == 1
    assert (default["app"], default["good"], _wrong(default)) == ("twitter", True, [])
    assert (staging["app"], staging["good"], _wrong(staging)) == ("staging", False, ["Permission"])

    code, [alone] = _json("--app", "twitter")
    assert (code, alone["app"]) == (0, "twitter")


@pytest.mark.usefixtures("_sandbox_is_x")
def test_the_first_app_is_checked_by_the_environment_even_before_it_is_stored(settings: Settings) -> None:
    settings.X_CONSUMER_KEY, settings.X_CONSUMER_SECRET = STORED["consumer_key"], STORED["consumer_secret"]
    code, [app] = _json()
    assert (code, _wrong(app)) == (1, ["Access token and secret"])
    assert app["findings"][-1]["error"]["key"] == "no-owner-token"

    settings.X_ACCESS_TOKEN, settings.X_ACCESS_TOKEN_SECRET = OWNER.token, OWNER.secret
    App.objects.create(slug=DEFAULT_SLUG, name="Default", consumer_key="stored-key", consumer_secret="stored-secret")
    assert _json()[0] == 0, "what the environment says wins over what is stored"


def test_keys_that_cannot_be_decrypted_are_told_without_a_traceback(settings: Settings) -> None:
    App.objects.create(slug=DEFAULT_SLUG, name="Default", **STORED)
    settings.SECRET_ENCRYPTION_KEYS = ["b3RoZXIgb3RoZXIgb3RoZXIgb3RoZXIgb3RoZXIgb3Q="]
    with pytest.raises(CommandError, match="SECRET_ENCRYPTION_KEYS"):
        call_command("credentials", "check", stdout=StringIO())


@pytest.mark.usefixtures("_sandbox_is_x")
def test_nothing_of_a_key_is_printed(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    App.objects.create(slug=DEFAULT_SLUG, name="Default", **STORED | {"access_token_secret": "another-secret"})
    for arguments in ((), ("--json",)):
        _, out = _run(*arguments)
        shown = out + caplog.text + "".join(capfd.readouterr())
        for secret in (*STORED.values(), "another-secret", *bearer_tokens.shared._tokens.values()):
            assert secret not in shown
