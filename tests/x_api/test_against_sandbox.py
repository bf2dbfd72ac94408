"""Every endpoint, asked of the sandbox over HTTP: what works there, and what it refuses, as X does."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from aaa_dashboard.x_api import errors
from aaa_dashboard.x_api.credentials import AppCredentials, UserToken
from aaa_dashboard.x_api.errors import XError
from tests.sandbox.client import ACME, MIRA, NORTHWIND
from tests.sandbox.client import X as People
from tests.x_api.conftest import OWNER, SANDBOX_CALLBACK, World

pytestmark = pytest.mark.any_database


@pytest.fixture
def hook(world: World) -> str:
    """Id of a webhook that is registered."""
    return world.api.register_webhook(world.receiver.url).id


# --- Webhooks -----------------------------------------------------------------------


def test_a_webhook_from_registration_to_deletion(world: World) -> None:
    made = world.api.register_webhook(world.receiver.url)
    assert (made.url, made.is_valid) == (world.receiver.url, True)
    assert made.created_at is not None
    assert datetime.now(UTC) - made.created_at < timedelta(minutes=1)
    assert world.api.webhooks() == (made,)

    asked = len(world.receiver.challenges)
    world.api.validate_webhook(made.id)
    assert len(world.receiver.challenges) == asked + 1

    world.api.delete_webhook(made.id)
    assert world.api.webhooks() == ()
    with pytest.raises(errors.WebhookNotFound):
        world.api.delete_webhook(made.id)


@pytest.mark.parametrize(
    ("answer", "key"),
    [
        ((200, {}, b'{"response_token": "sha256=wrong"}'), "challenge-answer"),
        ((200, {}, b"<html></html>"), "challenge-answer"),
        ((500, {}, b""), "challenge-status"),
    ],
    ids=["wrong", "html", "500"],
)
def test_a_webhook_that_answers_wrongly_is_told_what_is_wrong(
    world: World, answer: tuple[int, dict[str, str], bytes], key: str
) -> None:
    world.receiver.challenge_answer = lambda _token: answer
    with pytest.raises(errors.ChallengeFailed) as refused:
        world.api.register_webhook(world.receiver.url)
    assert refused.value.failure.key == key
    assert world.api.webhooks() == ()


def test_a_webhook_that_answers_late_is_told_so(world: World) -> None:
    released = threading.Event()

    def late(_token: str) -> tuple[int, dict[str, str], bytes]:
        released.wait(60)
        return 200, {}, b"{}"

    world.receiver.challenge_answer = late
    with pytest.raises(errors.ChallengeFailed) as refused:
        world.api.register_webhook(world.receiver.url)
    released.set()
    assert refused.value.failure.key == "challenge-latency"


@pytest.mark.parametrize("url", ["http://example.org/webhook", "https://example.org:8443/webhook", "not an address"])
def test_an_address_that_x_does_not_take_is_refused(world: World, url: str) -> None:
    with pytest.raises(errors.WebhookUrlRefused):
        world.api.register_webhook(url)


def test_webhooks_are_counted_over_all_apps(world: World, hook: str) -> None:
    other = world.ask(world.another_app()).client
    world.receiver.secret, secret = other.app.consumer_secret, world.receiver.secret
    try:
        other.register_webhook(world.receiver.url)
    finally:
        world.receiver.secret = secret
    with pytest.raises(errors.LimitReached) as refused:
        world.api.register_webhook(f"{world.receiver.url}/more")
    assert refused.value.failure.key == "webhooks-used-up"
    with pytest.raises(errors.WebhookNotFound):
        other.delete_webhook(hook)


# --- Subscriptions --------------------------------------------------------------------


def test_a_subscription_from_beginning_to_end(world: World, hook: str) -> None:
    user = world.token("northwind")
    assert not world.api.is_subscribed(hook, user)

    world.api.subscribe(hook, user)
    assert world.api.is_subscribed(hook, user)
    with pytest.raises(errors.AlreadySubscribed):
        world.api.subscribe(hook, user)
    listed = world.api.subscriptions(hook)
    assert (listed.webhook_id, listed.webhook_url, listed.user_ids) == (hook, world.receiver.url, (NORTHWIND,))
    count = world.api.count_subscriptions()
    assert (count.used, count.provisioned) == (1, 3)

    world.api.unsubscribe(hook, NORTHWIND)
    assert not world.api.is_subscribed(hook, user)
    with pytest.raises(errors.NotSubscribed):
        world.api.unsubscribe(hook, NORTHWIND)


def test_the_deprecated_way_to_unsubscribe_works(world: World, hook: str) -> None:
    user = world.token("northwind")
    world.api.subscribe(hook, user)
    world.api.unsubscribe_as_user(hook, user)
    assert world.api.subscriptions(hook).user_ids == ()
    with pytest.raises(errors.NotSubscribed):
        world.api.unsubscribe_as_user(hook, user)


def test_the_last_subscription_of_the_contract_is_the_last(world: World, hook: str) -> None:
    for name in ("northwind", "acme_support", "acme"):
        world.api.subscribe(hook, world.token(name))
    with pytest.raises(errors.LimitReached) as refused:
        world.api.subscribe(hook, world.token("mirakeller"))
    assert refused.value.failure.key == "subscriptions-used-up"


def test_a_token_of_another_app_cannot_subscribe(world: World, hook: str) -> None:
    world.another_app()
    with pytest.raises(errors.TokenRevoked) as refused:
        world.api.subscribe(hook, world.token("northwind", app="Another app"))
    assert refused.value.failure.code == 348


def test_webhooks_that_are_not_there(world: World) -> None:
    user = world.token("northwind")
    for attempt in (
        lambda: world.api.subscribe("1234", user),
        lambda: world.api.is_subscribed("1234", user),
        lambda: world.api.subscriptions("1234"),
        lambda: world.api.unsubscribe("1234", NORTHWIND),
        lambda: world.api.unsubscribe_as_user("1234", user),
        lambda: world.api.validate_webhook("1234"),
    ):
        with pytest.raises(errors.WebhookNotFound):
            attempt()


# --- Replays ----------------------------------------------------------------------------


def test_a_replay_is_taken_on(world: World, hook: str) -> None:
    now = datetime.now(UTC)
    job = world.api.request_replay(hook, now - timedelta(hours=2), now - timedelta(minutes=20))
    assert job.id
    assert job.created_at is not None


@pytest.mark.parametrize(
    ("begins", "ends", "code"),
    [(120, 180, 356), (6 * 24 * 60, 60, 356), (20, 15, 368), (120, 5, 368)],
    ids=["reversed", "too old", "begins too late", "ends too late"],
)
def test_a_window_that_cannot_be_replayed_is_refused(
    world: World, hook: str, begins: int, ends: int, code: int
) -> None:
    now = datetime.now(UTC)
    with pytest.raises(errors.ParametersRefused) as refused:
        world.api.request_replay(hook, now - timedelta(minutes=begins), now - timedelta(minutes=ends))
    assert refused.value.failure.code == code


def test_an_invalid_webhook_gets_no_replay(world: World, hook: str) -> None:
    world.control.json("POST", f"webhooks/{hook}/invalidate", {})
    now = datetime.now(UTC)
    with pytest.raises(errors.WebhookInvalid):
        world.api.request_replay(hook, now - timedelta(hours=2), now - timedelta(hours=1))
    assert not world.api.webhooks()[0].is_valid


# --- Tokens ---------------------------------------------------------------------------------


def _back(world: World, token: str, user_id: str, answer: str = "allow") -> str:
    """Where a person's browser is sent after the page of the sandbox."""
    return People(world.control.sandbox).allow(token, user_id, answer).headers["Location"]


def test_three_legs_bring_a_token_that_works(world: World, hook: str) -> None:
    begun = world.api.begin_sign_in(SANDBOX_CALLBACK)
    assert world.api.sign_in_url(begun) == f"{world.url}/oauth/authorize?oauth_token={begun.token}"
    back = _back(world, begun.token, NORTHWIND)
    assert back.startswith(SANDBOX_CALLBACK)
    done = world.api.finish_sign_in(begun, back.partition("oauth_verifier=")[2])
    assert (done.user_id, done.screen_name) == (NORTHWIND, "northwind")

    verified = world.api.verify_token(done.token)
    assert (verified.profile.id, verified.access_level) == (NORTHWIND, "read-write-directmessages")
    world.api.subscribe(hook, done.token)

    world.api.end_token(done.token)
    with pytest.raises(errors.TokenRevoked):
        world.api.verify_token(done.token)
    with pytest.raises(errors.TokenRevoked):
        world.api.end_token(done.token)
    assert world.api.subscriptions(hook).user_ids == ()


def test_a_pin_brings_a_token_and_works_once(world: World) -> None:
    begun = world.api.begin_sign_in()
    page = People(world.control.sandbox).allow(begun.token, MIRA).text
    pin = page.partition("<code>")[2].partition("</code>")[0]
    with pytest.raises(errors.SignInFailed):
        world.api.finish_sign_in(begun, "0000000" if pin != "0000000" else "1111111")
    assert world.api.finish_sign_in(begun, pin).user_id == MIRA
    with pytest.raises(errors.SignInFailed):
        world.api.finish_sign_in(begun, pin)


def test_somebody_who_declines_brings_none(world: World) -> None:
    begun = world.api.begin_sign_in(SANDBOX_CALLBACK)
    assert _back(world, begun.token, NORTHWIND, "cancel").endswith(f"denied={begun.token}")
    with pytest.raises(errors.SignInFailed):
        world.api.finish_sign_in(begun, "anything")


def test_callbacks_and_kinds_of_apps_are_told_apart(world: World) -> None:
    with pytest.raises(errors.CallbackRefused):
        world.api.begin_sign_in(f"{SANDBOX_CALLBACK}&more=1")
    desktop = world.ask(world.another_app(type="desktop")).client
    with pytest.raises(errors.DesktopApp):
        desktop.begin_sign_in(SANDBOX_CALLBACK)
    assert desktop.begin_sign_in().token


def test_profiles_are_looked_up(world: World) -> None:
    found = {profile.id: profile.screen_name for profile in world.api.profiles([ACME, MIRA, "1"])}
    assert found == {ACME: "acme", MIRA: "mirakeller"}
    assert world.api.profiles(["1"]) == ()


# --- Keys that do not do ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("app", "raises"),
    [
        (AppCredentials("nobodys-key", "nobodys-secret", OWNER), errors.CredentialsRejected),
        (AppCredentials("the-consumer-key", "wrong-secret", OWNER), errors.CredentialsRejected),
    ],
    ids=["unknown key", "wrong secret"],
)
def test_wrong_consumer_keys_are_said_each_way(world: World, app: AppCredentials, raises: type[XError]) -> None:
    api = world.ask(app).client
    for attempt in (api.webhooks, api.fetch_bearer_token, api.verify_token, api.begin_sign_in):
        with pytest.raises(raises):
            attempt()


def test_a_wrong_token_is_said(world: World) -> None:
    with pytest.raises(errors.TokenRevoked):
        world.api.verify_token(UserToken("12-unknown", "unknown"))
    with pytest.raises(errors.CredentialsRejected):
        world.api.verify_token(UserToken(OWNER.token, "wrong"))


def test_a_wrong_bearer_token_mends_itself(world: World, hook: str) -> None:
    app = AppCredentials(world.app.consumer_key, world.app.consumer_secret, OWNER, "stale-bearer-token")
    assert [webhook.id for webhook in world.ask(app).client.webhooks()] == [hook]


@pytest.mark.parametrize(
    ("described", "raises"),
    [
        ({"is_suspended": True}, errors.AppSuspended),
        ({"may_use_activity": False}, errors.NotEntitled),
        ({"permission": "read"}, errors.PermissionTooLow),
    ],
    ids=["suspended", "not entitled", "may only read"],
)
def test_apps_that_may_not_are_told_why(world: World, described: dict[str, object], raises: type[XError]) -> None:
    with pytest.raises(raises):
        world.ask(world.another_app(**described)).client.register_webhook(world.receiver.url)


def test_an_app_without_replay_is_told_so(world: World) -> None:
    now = datetime.now(UTC)
    with pytest.raises(errors.NotEntitled) as refused:
        world.ask(world.another_app(may_replay=False)).client.request_replay(
            "1234", now - timedelta(hours=2), now - timedelta(hours=1)
        )
    assert refused.value.failure.key == "no-replay"


# --- X on a bad day --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "key"),
    [
        ("api_503", "dependency-unavailable"),
        ("api_130", "over-capacity"),
        ("api_131", "internal-error"),
        ("api_429", "rate-limit"),
    ],
)
def test_troubles_of_x_are_named(world: World, fault: str, key: str) -> None:
    user = world.token("northwind")
    world.control.fault(fault)
    try:
        with pytest.raises((errors.TemporarilyUnavailable, errors.RateLimited)) as refused:
            world.api.verify_token(user)
        assert refused.value.failure.key == key
    finally:
        world.control.json("DELETE", "faults")


def test_limits_are_remembered_and_kept_to(world: World) -> None:
    asker = world.ask()
    for _ in range(15):
        asker.client.webhooks()
    [allowance] = [one for one in asker.limits.allowances() if one.intent == "list the webhooks"]
    assert (allowance.limit, allowance.remaining) == (15, 0)
    with pytest.raises(errors.RateLimited) as refused:
        asker.client.webhooks()
    assert refused.value.failure.key == "rate-limit-known"
    with pytest.raises(errors.RateLimited) as refused:
        world.api.webhooks()
    assert refused.value.failure.key == "rate-limit"
    assert refused.value.resets_at > datetime.now(UTC)
