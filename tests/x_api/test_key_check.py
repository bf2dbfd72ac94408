"""The keys of an app are tested each by the call that needs it, and what does not work is told with its remedy."""

import pytest

from aaa_dashboard.x_api import key_check
from aaa_dashboard.x_api.credentials import AppCredentials, UserToken
from aaa_dashboard.x_api.key_check import Finding
from tests.x_api.conftest import OWNER, MakeAsker, World
from tests.x_api.literal import Literal, Says, as_json, error

pytestmark = pytest.mark.any_database

PARTS = ["Consumer key and secret", "Account Activity API", "Access token and secret", "Permission"]


def _check(world: World, app: AppCredentials) -> dict[str, Finding]:
    return {finding.name: finding for finding in key_check.check(app, world.ask(app).client)}


def test_good_keys_are_good_in_every_part(world: World) -> None:
    found = _check(world, world.app)
    assert list(found) == PARTS
    assert all(finding.is_good for finding in found.values())
    assert found["Account Activity API"].detail == "Enabled; 0 webhooks."
    assert found["Access token and secret"].detail == "They are @acme’s."
    assert found["Permission"].detail == "Read, write and Direct Messages."


def test_wrong_consumer_keys_end_the_test(world: World) -> None:
    [finding] = _check(world, AppCredentials("nobodys-key", "nobodys-secret", OWNER)).values()
    assert (finding.name, finding.is_good, finding.is_temporary) == (PARTS[0], False, False)
    assert finding.failure is not None
    assert finding.failure.key == "wrong-consumer-keys"
    assert "Copy both again" in finding.remedy


@pytest.mark.parametrize(("permission", "shown"), [("read", "Read."), ("read-write", "Read and write.")])
def test_a_permission_that_is_too_low_is_told_with_its_remedy(world: World, permission: str, shown: str) -> None:
    finding = _check(world, world.another_app(permission=permission))["Permission"]
    assert (finding.is_good, finding.detail) == (False, shown)
    assert "Read, Write and Direct Messages" in finding.remedy
    assert "anew" in finding.remedy


def test_an_app_that_is_not_enabled_is_told_so_and_tested_further(world: World) -> None:
    found = _check(world, world.another_app(may_use_activity=False))
    assert list(found) == PARTS
    assert [name for name, finding in found.items() if not finding.is_good] == ["Account Activity API"]
    assert "account manager" in found["Account Activity API"].remedy


def test_a_missing_and_a_wrong_token_of_the_owner_are_told_apart(world: World) -> None:
    keys = world.app.consumer_key, world.app.consumer_secret
    missing = _check(world, AppCredentials(*keys))["Access token and secret"]
    wrong = _check(world, AppCredentials(*keys, UserToken("12-unknown", "unknown")))["Access token and secret"]
    assert missing.failure is not None
    assert wrong.failure is not None
    assert (missing.failure.key, wrong.failure.key) == ("no-owner-token", "token-revoked")


def test_a_bearer_token_out_of_date_is_mentioned_and_does_no_harm(world: World) -> None:
    stale = AppCredentials(world.app.consumer_key, world.app.consumer_secret, OWNER, "stale-bearer-token")
    finding = _check(world, stale)["Bearer token"]
    assert finding.is_good
    assert "out of date" in finding.detail
    assert "stale-bearer-token" not in repr(finding)


def test_an_outage_is_no_verdict(x: Literal, ask: MakeAsker) -> None:
    x.will_say(error(503, 130, "Over capacity."))
    asker = ask()
    [finding] = key_check.check(asker.client.app, asker.client)
    assert not finding.is_good
    assert finding.is_temporary


def test_a_missing_access_level_is_no_verdict(x: Literal, ask: MakeAsker) -> None:
    x.bearer = "fetched-token"
    x.will_say(Says(200, b"[]"), as_json(200, {"id_str": "12", "screen_name": "acme"}))
    asker = ask()
    finding = list(key_check.check(asker.client.app, asker.client))[-1]
    assert (finding.name, finding.is_good) == ("Permission", True)
    assert finding.detail.startswith("X does not say")
