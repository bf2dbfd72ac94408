"""What X says about limits is remembered, shown and kept to."""

import threading
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from aaa_dashboard.x_api import endpoints as at
from aaa_dashboard.x_api import errors, rate_limits
from aaa_dashboard.x_api.credentials import UserToken, fingerprint
from aaa_dashboard.x_api.rate_limits import RateLimits
from tests.x_api.conftest import APP, OWNER, USER, MakeAsker
from tests.x_api.literal import Literal, Says, as_json, error

pytestmark = pytest.mark.any_database

SUBJECT = fingerprint(APP.consumer_key)


def _headers(limit: int, remaining: int, seconds: float = 600) -> dict[str, str]:
    return {
        "x-rate-limit-limit": str(limit),
        "x-rate-limit-remaining": str(remaining),
        "x-rate-limit-reset": str(int(time.time() + seconds)),
    }


def test_every_answer_is_remembered_for_whom_it_counts(x: Literal, ask: MakeAsker) -> None:
    asker = ask()
    x.will_say(Says(200, b"[]", _headers(15, 14)))
    asker.client.webhooks()
    x.will_say(Says(204, headers=_headers(500, 499)))
    asker.client.subscribe("1234", USER)
    x.will_say(Says(403, error(403, 348, "Not permitted.").body, _headers(500, 498)))
    with pytest.raises(errors.TokenRevoked):
        asker.client.subscribe("1234", USER)

    webhooks, subscribe = asker.limits.allowances()
    assert (webhooks.intent, webhooks.subject, webhooks.remaining, webhooks.limit) == (
        "list the webhooks",
        SUBJECT,
        14,
        15,
    )
    assert (subscribe.subject, subscribe.remaining) == (fingerprint(USER.token), 498)
    assert abs((webhooks.resets_at - datetime.now(UTC)) - timedelta(seconds=600)) < timedelta(seconds=30)
    assert asker.limits.allowances(SUBJECT) == [webhooks]


def test_a_limit_that_is_used_up_is_not_run_into(x: Literal, ask: MakeAsker) -> None:
    asker = ask()
    x.will_say(Says(204, headers=_headers(500, 0)))
    asker.client.subscribe("1234", USER)
    with pytest.raises(errors.RateLimited) as refused:
        asker.client.subscribe("1234", USER)
    assert refused.value.failure.key == "rate-limit-known"
    assert "X was not asked." in str(refused.value)
    assert (refused.value.resets_at - datetime.now(UTC)).total_seconds() == pytest.approx(600, abs=3)
    assert f"That is at {refused.value.resets_at:%H:%M:%S} UTC." in str(refused.value)
    assert len(x.asked) == 1

    x.will_say(Says(204))
    asker.client.subscribe("1234", UserToken("56-another", "token"))
    asker.client.is_subscribed("1234", USER)
    assert len(x.asked) == 3, "another token, and another endpoint, have limits of their own"


def test_a_limit_that_has_been_reset_is_forgotten(x: Literal, ask: MakeAsker) -> None:
    asker = ask()
    x.will_say(Says(204, headers=_headers(500, 0, seconds=-5)))
    asker.client.subscribe("1234", USER)
    asker.client.subscribe("1234", USER)
    assert len(x.asked) == 2
    assert asker.limits.allowances() == []


@pytest.mark.parametrize(
    "headers",
    [{}, {"x-rate-limit-remaining": "0"}, {"x-rate-limit-remaining": "many", "x-rate-limit-reset": "1"}],
)
def test_headers_that_say_nothing_change_nothing(headers: dict[str, str]) -> None:
    limits = RateLimits()
    limits.note(at.SUBSCRIBE, "a", headers)
    assert limits.allowances() == []


def test_a_clock_that_differs_from_x_blocks_for_a_window_at_most() -> None:
    limits = RateLimits()
    limits.note(at.SUBSCRIBE, "a", _headers(500, 0, seconds=86_400))
    until = limits.used_up_until(at.SUBSCRIBE, "a")
    assert until is not None
    assert until - datetime.now(UTC) <= timedelta(minutes=15)


def test_scarce_endpoints_are_asked_once_a_second(x: Literal, ask: MakeAsker) -> None:
    asker = ask()
    x.will_say(as_json(200, []))
    for _ in range(4):
        asker.client.webhooks()
    assert asker.pauses == pytest.approx([1.0, 2.0, 3.0], abs=0.5), "pauses are only noted here, so that they add up"
    for _ in range(4):
        asker.client.profiles(["34"])
    assert len(asker.pauses) == 3


def test_turns_are_by_endpoint_and_by_whom_x_counts_for() -> None:
    limits = RateLimits()
    assert limits.take_turn(at.REGISTER_WEBHOOK, "a") == 0
    assert limits.take_turn(at.REGISTER_WEBHOOK, "b") == 0
    assert limits.take_turn(at.DELETE_WEBHOOK, "a") == 0
    assert limits.take_turn(at.REGISTER_WEBHOOK, "a") > 0.5


def test_threads_take_different_turns() -> None:
    limits, turns = RateLimits(), []
    lock = threading.Lock()

    def take() -> None:
        for _ in range(20):
            turn = time.monotonic() + limits.take_turn(at.LIST_WEBHOOKS, "a")
            with lock:
                turns.append(turn)

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    turns.sort()
    assert len(turns) == 160
    assert min(later - earlier for earlier, later in pairwise(turns)) > 0.5


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limits, "MOST_REMEMBERED", 10)
    limits = RateLimits()
    for number in range(50):
        limits.note(at.SUBSCRIBE, str(number), _headers(500, 499, seconds=-1))
    assert len(limits._allowances) <= 10


def test_subjects_are_fingerprints(x: Literal, ask: MakeAsker) -> None:
    asker = ask()
    x.will_say(Says(200, b'{"id": "1", "url": "https://a.example/"}', _headers(15, 14)))
    asker.client.register_webhook("https://a.example/")
    shown = str(asker.limits.allowances())
    assert fingerprint(OWNER.token) in shown
    assert OWNER.token not in shown
