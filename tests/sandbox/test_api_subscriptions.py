"""Subscriptions at X: add, check, list, count, remove, and what X refuses."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.sandbox.client import AAA, ACME, MIRA, NORTHWIND, OWNER, SUPPORT, Client, X, error, message
from tests.sandbox.wire import Receiver

pytestmark = pytest.mark.any_database

COUNT = f"{AAA}/subscriptions/count.json"


@pytest.fixture
def webhook_id(x: X, receiver: Receiver) -> str:
    return x.register(receiver.url)


def own(webhook_id: str) -> str:
    return f"{AAA}/webhooks/{webhook_id}/subscriptions/all.json"


def listing(webhook_id: str) -> str:
    return f"{AAA}/webhooks/{webhook_id}/subscriptions/all/list.json"


def of(user_id: str, webhook_id: str) -> str:
    return f"{AAA}/webhooks/{webhook_id}/subscriptions/{user_id}/all.json"


def subscribed(client: Client, webhook_id: str) -> list[str]:
    return [entry["user_id"] for entry in client.get(listing(webhook_id)).json()["subscriptions"]]


def test_a_user_is_subscribed_by_the_users_own_token(x: X, webhook_id: str) -> None:
    user = x.signed(x.token_of(NORTHWIND))

    answer = user.post(own(webhook_id))

    assert (answer.status_code, answer.content) == (204, b"")
    assert user.get(own(webhook_id)).status_code == 204
    assert answer.headers["x-rate-limit-limit"] == "500"


def test_who_is_not_subscribed_is_not_found(x: X, webhook_id: str) -> None:
    assert error(x.signed(x.token_of(NORTHWIND)).get(own(webhook_id))) == (404, 34)


def test_nobody_is_subscribed_twice(x: X, webhook_id: str) -> None:
    user = x.signed(x.token_of(NORTHWIND))
    user.post(own(webhook_id))

    answer = user.post(own(webhook_id))

    assert error(answer) == (409, 355)
    assert message(answer) == "Subscription already exists."


def test_of_many_at_the_same_time_one_subscribes(x: X, webhook_id: str) -> None:
    token = x.token_of(NORTHWIND)

    with ThreadPoolExecutor(8) as threads:
        asked = [threads.submit(lambda: x.signed(token).post(own(webhook_id)).status_code) for _ in range(8)]

    assert sorted(answer.result() for answer in asked) == [204] + [409] * 7


def test_all_who_are_subscribed_are_listed(x: X, receiver: Receiver, webhook_id: str) -> None:
    for user_id in (NORTHWIND, SUPPORT):
        x.signed(x.token_of(user_id)).post(own(webhook_id))

    answer = x.bearing().get(listing(webhook_id))

    assert answer.status_code == 200
    assert answer.json() == {
        "webhook_id": webhook_id,
        "webhook_url": receiver.url,
        "application_id": "28193746",
        "subscriptions": [{"user_id": NORTHWIND}, {"user_id": SUPPORT}],
    }
    assert answer.headers["x-rate-limit-limit"] == "50"


def test_an_empty_list_is_a_list(x: X, webhook_id: str) -> None:
    assert x.bearing().get(listing(webhook_id)).json()["subscriptions"] == []


def test_subscriptions_are_counted_in_strings(x: X, webhook_id: str) -> None:
    x.signed(x.token_of(NORTHWIND)).post(own(webhook_id))

    answer = x.bearing().get(COUNT)

    assert answer.status_code == 200
    assert answer.json() == {
        "account_name": "acme",
        "subscriptions_count_all": "1",
        "subscriptions_count_direct_messages": "0",
        "provisioned_count": "50",
    }
    assert answer.headers["x-rate-limit-limit"] == "15"


def test_subscriptions_are_counted_for_all_apps_under_a_contract(x: X, receiver: Receiver, webhook_id: str) -> None:
    x.signed(x.token_of(NORTHWIND)).post(own(webhook_id))
    other = x.another_app()
    token = x.token_of(ACME, other)
    receiver.secret = other.secret
    registered = x.signed(token, other).post(f"{AAA}/webhooks.json", data={"url": receiver.url}).json()
    x.signed(token, other).post(own(registered["id"]))

    for keys in (other, None):
        client = x.bearing(keys) if keys else x.bearing()
        assert client.get(COUNT).json()["subscriptions_count_all"] == "2"


def test_a_contract_has_room_for_so_many(x: X, webhook_id: str) -> None:
    with x.changed("contract", "account_name = 'acme'", subscriptions_allowed=1):
        assert x.signed().post(own(webhook_id)).status_code == 204
        refused = x.signed(x.token_of(NORTHWIND)).post(own(webhook_id))

    assert error(refused) == (403, 214)
    assert message(refused) == "Too many resources already created."


def test_a_subscription_is_removed_by_user_id(x: X, webhook_id: str) -> None:
    x.signed(x.token_of(NORTHWIND)).post(own(webhook_id))
    bearing = x.bearing()

    answer = bearing.delete(of(NORTHWIND, webhook_id))

    assert (answer.status_code, answer.content) == (204, b"")
    assert subscribed(bearing, webhook_id) == []
    assert answer.headers["x-rate-limit-limit"] == "500"


@pytest.mark.parametrize("user_id", [NORTHWIND, "1", "nobody"])
def test_removing_who_is_not_subscribed_is_a_page_that_does_not_exist(x: X, webhook_id: str, user_id: str) -> None:
    answer = x.bearing().delete(of(user_id, webhook_id))

    assert error(answer) == (404, 34)
    assert message(answer) == "Sorry, that page does not exist."


def test_a_user_may_still_end_it_the_old_way(x: X, webhook_id: str) -> None:
    user = x.signed(x.token_of(NORTHWIND))
    user.post(own(webhook_id))

    answer = user.delete(own(webhook_id))

    assert (answer.status_code, answer.content) == (204, b"")
    assert error(user.delete(own(webhook_id))) == (404, 34)


def test_subscriptions_go_with_their_webhook(x: X, receiver: Receiver, webhook_id: str) -> None:
    x.signed(x.token_of(NORTHWIND)).post(own(webhook_id))
    x.signed().delete(f"{AAA}/webhooks/{webhook_id}.json")

    again = x.register(receiver.url)

    assert subscribed(x.bearing(), again) == []
    assert x.bearing().get(COUNT).json()["subscriptions_count_all"] == "0"


def test_a_user_may_be_subscribed_to_several_webhooks(x: X, receiver: Receiver, webhook_id: str) -> None:
    user, other = x.signed(x.token_of(NORTHWIND)), x.register(f"{receiver.url}/2")

    assert [user.post(own(found)).status_code for found in (webhook_id, other)] == [204, 204]
    assert x.bearing().get(COUNT).json()["subscriptions_count_all"] == "2"


def test_an_unknown_webhook_is_not_found(x: X) -> None:
    user, bearing = x.signed(), x.bearing()
    for answer in (
        user.post(own("1")),
        user.get(own("1")),
        user.delete(own("1")),
        bearing.get(listing("1")),
        bearing.delete(of(NORTHWIND, "1")),
    ):
        assert error(answer) == (404, 34)
        assert message(answer).startswith("Webhook does not exist")


def test_the_token_of_another_app_is_not_permitted(x: X, webhook_id: str) -> None:
    token = x.token_of(NORTHWIND, x.another_app())
    user = x.signed(token)

    for answer in (user.post(own(webhook_id)), user.get(own(webhook_id)), user.delete(own(webhook_id))):
        assert error(answer) == (403, 348)


def test_a_token_that_was_revoked_is_invalid_and_the_subscription_gone(x: X, webhook_id: str) -> None:
    token = x.token_of(NORTHWIND)
    user = x.signed(token)
    user.post(own(webhook_id))

    assert user.post("/1.1/oauth/invalidate_token").json() == {"access_token": token.token}

    assert error(user.get(own(webhook_id))) == (403, 89)
    assert subscribed(x.bearing(), webhook_id) == []


def test_what_needs_a_user_is_not_done_for_an_app_alone(x: X, webhook_id: str) -> None:
    bearing = x.bearing()

    for answer in (bearing.post(own(webhook_id)), bearing.get(own(webhook_id)), bearing.delete(own(webhook_id))):
        assert error(answer) == (401, 32)


def test_what_needs_an_app_alone_is_not_done_for_a_user(x: X, webhook_id: str) -> None:
    owner = x.signed(OWNER)

    for answer in (owner.get(listing(webhook_id)), owner.get(COUNT), owner.delete(of(ACME, webhook_id))):
        assert error(answer) == (401, 32)


def test_a_wrong_bearer_token_gives_no_access(x: X, webhook_id: str) -> None:
    wrong = x.with_bearer("AAAA-not-that")

    for answer in (wrong.get(listing(webhook_id)), wrong.get(COUNT), wrong.delete(of(ACME, webhook_id))):
        assert error(answer) == (403, 99)


@pytest.mark.parametrize("permission", ["read", "read-write"])
def test_direct_messages_have_to_be_granted(x: X, webhook_id: str, permission: str) -> None:
    with x.app_is(permission=permission):
        user = x.signed(x.token_of(MIRA))

    answer = user.post(own(webhook_id))

    assert error(answer) == (403, 261)
    assert answer.headers["x-access-level"] == permission


def test_a_token_keeps_the_rights_it_was_given_with(x: X, webhook_id: str) -> None:
    with x.app_is(permission="read"):
        old = x.token_of(MIRA)
    assert error(x.signed(old).post(own(webhook_id))) == (403, 261)

    new = x.token_of(MIRA)

    assert new != old
    assert x.signed(new).post(own(webhook_id)).status_code == 204
    assert error(x.signed(old).get(own(webhook_id))) == (403, 89)


def test_an_app_that_is_not_on_the_allow_list_is_forbidden(x: X, webhook_id: str) -> None:
    with x.app_is(may_use_activity=0):
        answers = [x.signed().post(own(webhook_id)), x.bearing().get(COUNT), x.bearing().get(listing(webhook_id))]

    assert [error(answer) for answer in answers] == [(403, 200)] * 3
