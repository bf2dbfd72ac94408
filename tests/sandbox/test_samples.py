"""X's published sample clients, step by step: they ask in ways that X's documents do not name, and must be answered.

Each request here is made as the Node samples of the Enterprise Account Activity API make theirs.
"""

import pytest

from tests.sandbox.client import AAA, ACME, NORTHWIND, OWNER, Token, X, form
from tests.sandbox.wire import Receiver

pytestmark = pytest.mark.any_database


def test_they_could_do_all_they_do(x: X, receiver: Receiver) -> None:
    owner, app = x.signed(OWNER), x.bearing()
    # create-webhook-config: the address in the form; get-webhook-config: as a user
    created = owner.post(f"{AAA}/webhooks.json", data={"url": receiver.url}).json()
    assert owner.get(f"{AAA}/webhooks.json").json() == [created]
    webhook = f"{AAA}/webhooks/{created['id']}"
    # validate-webhook-config, validate-webhook-config-oauth2: with either token
    assert [client.put(f"{webhook}.json").status_code for client in (owner, app)] == [204, 204]

    # add-subscription-app-owner
    assert owner.post(f"{webhook}/subscriptions/all.json").status_code == 204
    # add-subscription-other-user: GET, the callback in the query, the owner's token where none is needed, the PIN in
    # the query
    asked = form(owner.get("/oauth/request_token?oauth_callback=oob"))
    pin = x.allow(asked["oauth_token"], NORTHWIND).text.partition("<code>")[2].partition("</code>")[0]
    request = Token(asked["oauth_token"], asked["oauth_token_secret"])
    granted = form(x.signed(request).get(f"/oauth/access_token?oauth_verifier={pin}"))
    user = x.signed(Token(granted["oauth_token"], granted["oauth_token_secret"]))
    assert user.post(f"{webhook}/subscriptions/all.json").status_code == 204

    # get-subscription, get-subscriptions-list, get-subscriptions-count, and the names for the list
    assert user.get(f"{webhook}/subscriptions/all.json").status_code == 204
    listed = app.get(f"{webhook}/subscriptions/all/list.json").json()["subscriptions"]
    assert listed == [{"user_id": ACME}, {"user_id": NORTHWIND}]
    assert app.get(f"{AAA}/subscriptions/count.json").json()["subscriptions_count_all"] == "2"
    ids = ",".join(entry["user_id"] for entry in listed)
    assert len(app.get(f"/1.1/users/lookup.json?user_id={ids}").json()) == 2

    # remove-subscription-app-owner, remove-subscription-other-user, delete-webhook-config
    assert owner.delete(f"{webhook}/subscriptions/all.json").status_code == 204
    assert app.delete(f"{webhook}/subscriptions/{NORTHWIND}/all.json").status_code == 204
    assert owner.delete(f"{webhook}.json").status_code == 204
    assert owner.get(f"{AAA}/webhooks.json").json() == []
