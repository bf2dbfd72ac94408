"""The bearer token is fetched and refreshed by itself: once, and only when it has to be."""

import pytest

from aaa_dashboard.x_api import errors
from aaa_dashboard.x_api.credentials import AppCredentials
from tests.x_api.calls import FROM, TO
from tests.x_api.conftest import APP, MakeAsker
from tests.x_api.literal import Asked, Literal, Says, as_json, error

pytestmark = pytest.mark.any_database

KEYS_ALONE = AppCredentials(APP.consumer_key, APP.consumer_secret)
COUNT = as_json(200, {"subscriptions_count_all": "3", "provisioned_count": "50"})
REJECTED = error(403, 99, "Unable to verify your credentials.")
EXPIRED = error(401, 89, "Invalid or expired token.")


def _targets(x: Literal) -> list[str]:
    return [asked.target.rpartition("/")[2] for asked in x.asked]


def test_a_missing_one_is_fetched_and_kept(x: Literal, ask: MakeAsker) -> None:
    x.bearer = "fetched%2Ftoken"
    x.will_say(COUNT)
    client = ask(KEYS_ALONE).client
    client.count_subscriptions()
    client.count_subscriptions()
    assert _targets(x) == ["token", "count.json", "count.json"]
    assert x.last.authorization == "Bearer fetched%2Ftoken"


@pytest.mark.parametrize("refusal", [REJECTED, EXPIRED], ids=["99", "89"])
def test_a_wrong_one_is_replaced_and_the_call_repeated(x: Literal, ask: MakeAsker, refusal: Says) -> None:
    x.bearer = "fetched-token"
    x.will_say(refusal, COUNT)
    client = ask().client
    assert client.count_subscriptions().used == 3
    client.count_subscriptions()
    assert _targets(x) == ["count.json", "token", "count.json", "count.json"]
    assert x.last.authorization == "Bearer fetched-token"


def test_one_that_was_fetched_just_now_is_not_fetched_again(x: Literal, ask: MakeAsker) -> None:
    x.bearer = "fetched-token"
    x.will_say(REJECTED)
    with pytest.raises(errors.BearerTokenRejected):
        ask(KEYS_ALONE).client.count_subscriptions()
    assert _targets(x) == ["token", "count.json"]


def test_a_replacement_that_is_refused_too_ends_it(x: Literal, ask: MakeAsker) -> None:
    x.bearer = "fetched-token"
    x.will_say(REJECTED)
    with pytest.raises(errors.BearerTokenRejected):
        ask().client.count_subscriptions()
    assert _targets(x) == ["count.json", "token", "count.json"]


def test_the_same_one_again_is_not_tried_again(x: Literal, ask: MakeAsker) -> None:
    x.bearer = APP.bearer_token
    x.will_say(REJECTED)
    with pytest.raises(errors.BearerTokenRejected):
        ask().client.count_subscriptions()
    assert _targets(x) == ["count.json", "token"]


def test_what_may_happen_once_only_happens_once(x: Literal, ask: MakeAsker) -> None:
    """A refused token has not been worked with, so that a replay may be asked for again with the new one."""
    started: list[Asked] = []

    def echo(asked: Asked) -> Says:
        if asked.authorization != "Bearer fetched-token":
            return REJECTED
        started.append(asked)
        return as_json(202, {"job_id": "1", "created_at": "2026-11-20T23:54:02Z"})

    x.bearer, x.echo = "fetched-token", echo
    assert ask().client.request_replay("1234", FROM, TO).id == "1"
    assert len(started) == 1


@pytest.mark.parametrize(
    "says", [Says(200, b""), Says(200, b"<html></html>"), as_json(200, []), as_json(200, {"access_token": 7})]
)
def test_an_answer_without_a_token_is_said(x: Literal, ask: MakeAsker, says: Says) -> None:
    x.will_say(says)
    with pytest.raises(errors.UnreadableAnswer):
        ask(KEYS_ALONE).client.count_subscriptions()


@pytest.mark.parametrize("token", ["two words", "line\nend", "bücher", "\x00"])
def test_one_that_cannot_be_sent_is_replaced_without_a_try(x: Literal, ask: MakeAsker, token: str) -> None:
    x.bearer = "fetched-token"
    x.will_say(COUNT)
    ask(AppCredentials(APP.consumer_key, APP.consumer_secret, None, token)).client.count_subscriptions()
    assert _targets(x) == ["token", "count.json"]
    x.bearer = token
    with pytest.raises(errors.UnreadableAnswer) as refused:
        ask(KEYS_ALONE).client.count_subscriptions()
    assert token not in str(refused.value)


def test_new_keys_do_not_use_the_token_of_the_old_ones(x: Literal, ask: MakeAsker) -> None:
    asker = ask(KEYS_ALONE)
    x.bearer = "fetched-token"
    x.will_say(COUNT)
    asker.client.count_subscriptions()
    changed = AppCredentials(KEYS_ALONE.consumer_key, "another-secret")
    assert asker.bearers.get(x.url, KEYS_ALONE) == "fetched-token"
    assert asker.bearers.get(x.url, changed) == ""
    assert asker.bearers.get("https://api.x.com", KEYS_ALONE) == ""
