"""The control API: what tests of others need, and who may not use it."""

from datetime import datetime, timedelta

import pytest
import requests

from tests.sandbox.client import AAA, Keys, Token, X, error
from tests.sandbox.control import Control
from tests.sandbox.wire import Receiver, StartSandbox, eventually

pytestmark = pytest.mark.any_database


def test_a_user_can_be_made_and_act(control: Control) -> None:
    made = control.json("POST", "users", {"screen_name": "olga_r", "name": "Olga R.", "is_protected": True})

    assert int(made["id"]) > 2**53
    control.do("message", "olga_r", **{"with": "acme"}, text="Hello")
    [delivery] = control.deliveries()
    assert delivery["body"]["users"][made["id"]]["name"] == "Olga R."


@pytest.mark.parametrize(
    ("described", "said"),
    [
        ({}, "screen_name"),
        ({"screen_name": "with blank"}, "screen_name"),
        ({"screen_name": "ACME"}, "There is a user @ACME already."),
        ({"screen_name": "olga_r", "id": "613278910244360193"}, "id: 613278910244360193"),
        ({"screen_name": "olga_r", "colour": "red"}, "colour: unknown."),
    ],
)
def test_a_user_that_cannot_be_is_explained(control: Control, described: dict[str, str], said: str) -> None:
    answer = control.ask("POST", "users", described)

    assert answer.status_code == 400
    assert answer.json()["error"].startswith(said)


def test_an_app_and_a_token_work_at_once(control: Control) -> None:
    app = control.json("POST", "apps", {"name": "Second app", "callback_urls": ["https://second.example/back"]})
    token = control.json("POST", "tokens", {"app": "Second app", "user": "mirakeller"})
    x = X(control.sandbox)
    keys = Keys(app["consumer_key"], app["consumer_secret"])

    mira = x.signed(Token(token["oauth_token"], token["oauth_token_secret"]), keys)
    owner = x.signed(Token(app["owner"]["oauth_token"], app["owner"]["oauth_token_secret"]), keys)

    assert mira.get("/1.1/account/verify_credentials.json").json()["screen_name"] == "mirakeller"
    assert owner.get(f"{AAA}/webhooks.json").json() == []
    assert x.with_bearer(app["bearer_token"]).get(f"{AAA}/webhooks.json").json() == []


def test_an_app_may_lack_what_x_has_to_grant(control: Control) -> None:
    app = control.json("POST", "apps", {"name": "Not on the list", "may_use_activity": False})

    answer = X(control.sandbox).with_bearer(app["bearer_token"]).get(f"{AAA}/webhooks.json")

    assert error(answer) == (403, 200)


def test_an_app_may_be_under_no_contract(control: Control) -> None:
    app = control.json("POST", "apps", {"name": "Newcomer", "has_contract": False})

    answer = X(control.sandbox).with_bearer(app["bearer_token"]).post(f"{AAA}/replay/webhooks/1/subscriptions/all.json")

    assert app["has_contract"] is False
    assert error(answer) == (401, 61)


def test_the_clock_moves_ahead(control: Control) -> None:
    before = datetime.fromisoformat(control.state()["now"])
    control.advance(days=1)

    assert datetime.fromisoformat(control.state()["now"]) - before >= timedelta(days=1)


@pytest.mark.parametrize(
    ("by", "said"),
    [
        (-1, "The clock does not run backwards."),
        (-1e300, "The clock does not run backwards."),
        (1_795_227_000, "The clock goes ahead of the machine's by a year at most, in all."),
        (1e300, "The clock goes ahead of the machine's by a year at most, in all."),
    ],
)
def test_a_clock_that_cannot_be_moved_so_stays(control: Control, by: float, said: str) -> None:
    before = control.state()["clock_ahead_seconds"]

    answer = control.ask("POST", "clock", {"advance": by})

    assert (answer.status_code, answer.json()) == (400, {"error": said})
    assert control.state()["clock_ahead_seconds"] == before
    control.do("post", "acme", text="Dated as before")


def test_the_clock_goes_no_further_than_a_year_in_all(start_sandbox: StartSandbox) -> None:
    control = Control(start_sandbox())
    control.advance(days=364)

    assert control.ask("POST", "clock", {"advance": 86_401}).status_code == 400

    control.advance(days=1)
    assert control.state()["clock_ahead_seconds"] == 365 * 86_400
    control.do("post", "acme", text="Dated a year ahead")


def test_requests_to_the_api_are_on_record(control: Control) -> None:
    x = X(control.sandbox)
    x.anonymous().get("/1.1/account_activity/webhooks.json?colour=red")
    x.signed(None).get("/1.1/account/verify_credentials.json")

    first, second = control.json("GET", "requests")

    assert (first["method"], first["path"]) == ("GET", "/1.1/account_activity/webhooks.json?colour=red")
    assert (first["status"], first["credentials"]) == (400, "")
    assert '"code": 215' in first["answer"]
    assert (second["credentials"], second["consumer_key"]) == ("OAuth", "the-consumer-key")
    assert control.json("GET", "requests", params={"after": first["id"]}) == [second]


def test_a_slow_api_is_slow(control: Control) -> None:
    control.fault("api_slow", seconds=0.3)

    answer = X(control.sandbox).anonymous().get("/1.1/account_activity/webhooks.json")

    assert answer.elapsed.total_seconds() >= 0.3
    assert control.json("GET", "requests")[-1]["fault"] == "api_slow"


def test_deliveries_can_be_chosen(control: Control) -> None:
    control.do("post", "acme", text="One")
    control.do("post", "northwind", text="Two")
    control.do("follow", "acme", **{"with": "northwind"})
    everything = [one["id"] for one in control.deliveries()]

    assert len(everything) == 4
    assert [one["id"] for one in control.deliveries(after=everything[0])] == everything[1:]
    assert {one["payload"] for one in control.deliveries(kind="follow_events")} == {"follow_events__follow"}
    assert {one["for_user_id"] for one in control.deliveries(for_user_id="613278910244360193")} == {
        "613278910244360193"
    }
    eventually(lambda: len(control.deliveries(state="delivered")) == 4)


def test_the_traffic_can_be_switched(control: Control, webhook: Receiver) -> None:
    control.json("PUT", "traffic", {"per_second": 100})
    eventually(lambda: len(webhook.deliveries) > 20)

    control.json("PUT", "traffic", {"per_second": 0})

    assert control.state()["traffic_per_second"] == 0
    assert control.ask("PUT", "traffic", {"per_second": 1001}).status_code == 400


def test_a_reset_leaves_nothing_but_the_first_world(control: Control) -> None:
    before = control.state()
    control.json("POST", "users", {"screen_name": "olga_r"})
    control.json("POST", "apps", {"name": "Second app"})
    control.do("post", "acme", text="Hello")
    control.fault("delayed")

    control.reset()

    after = control.state()
    for name in ("users", "faults", "replays"):
        assert after[name] == before[name], name
    assert [app["id"] for app in after["apps"]] == [app["id"] for app in before["apps"]]
    assert after["webhooks"][0]["id"] == before["webhooks"][0]["id"]
    assert control.deliveries() == []


def test_a_reset_brings_back_who_was_subscribed(control: Control) -> None:
    before = control.state()["webhooks"][0]["subscriptions"]
    [app] = control.state()["apps"]
    control.json("POST", "tokens", {"user": "northwind"})
    control.do("revoke", "northwind", app=app["id"])
    assert control.state()["webhooks"][0]["subscriptions"] != before

    control.reset()

    assert control.state()["webhooks"][0]["subscriptions"] == before


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ({"do": "dance", "by": "acme"}, "“dance” is nothing that can be done."),
        ({"do": "post", "by": "nobody_here", "text": "x"}, "There is no user @nobody_here."),
        ({"do": "post", "by": "acme"}, "“post” needs “text”."),
        ({"do": "like", "by": "acme", "post": "1"}, "There is no post 1."),
        ({"do": "revoke", "by": "acme", "app": "x"}, "There is no app “x”."),
        ({"do": "post", "by": "acme", "text": "  "}, "A post needs a text."),
    ],
)
def test_what_cannot_be_done_is_explained(control: Control, step: dict[str, str], said: str) -> None:
    answer = control.ask("POST", "events", step)

    assert answer.status_code == 400
    assert answer.json()["error"].startswith(said)


def test_a_form_of_a_foreign_page_does_nothing(control: Control) -> None:
    answer = requests.post(f"{control.sandbox.url}/control/reset", data="{}", timeout=30)

    assert answer.status_code == 400
    assert "application/json" in answer.json()["error"]


def test_it_can_be_switched_off(start_sandbox: StartSandbox) -> None:
    control = Control(start_sandbox(CONTROL=0))

    assert control.ask("GET", "").status_code == 403


def test_it_is_off_where_others_could_reach_it(start_sandbox: StartSandbox) -> None:
    control = Control(start_sandbox(HOST="0.0.0.0", ALLOW_PUBLIC=1))  # noqa: S104 - what is asked about

    assert control.ask("GET", "").status_code == 403
