"""The page of apps: what X's developer portal would be for."""

import re

import pytest
import requests

from tests.sandbox.client import AAA, NORTHWIND, OWNER, X, error, form
from tests.sandbox.wire import SECRET, Receiver, StartSandbox

pytestmark = pytest.mark.any_database

APP_ID = "28193746"


def submit(x: X, action: str, **values: str) -> requests.Response:
    """Send a form of the page, changed in some of its fields; an empty value takes a tick away."""
    browser = requests.Session()
    page = browser.get(x.url("/apps"), timeout=30).text
    csrf = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert csrf
    ticked = dict.fromkeys(re.findall(r'type="checkbox" name="([^"]+)"[^>]* checked', page), "on")
    given = {f"{APP_ID}-permission": "read-write-directmessages", f"{APP_ID}-type": "web", **ticked, **values}
    data = {"csrfmiddlewaretoken": csrf[1], **{name: value for name, value in given.items() if value}}
    return browser.post(x.url(action), data=data, headers={"Referer": x.url("/apps")}, timeout=30)


@pytest.fixture
def portal(start_sandbox: StartSandbox) -> X:
    """X with nothing changed yet."""
    return X(start_sandbox(ACCESS_TOKEN=OWNER.token, ACCESS_TOKEN_SECRET=OWNER.secret, ALLOW_LOOPBACK=1))


def test_it_shows_keys_and_tokens(portal: X) -> None:
    page = portal.sandbox.page("apps")

    assert "the-consumer-key" in page
    assert OWNER.token in page
    assert SECRET in page
    assert "0 of 3 webhooks" in page
    assert "0 of 50 subscriptions" in page


def test_secrets_stay_hidden_where_others_could_look(start_sandbox: StartSandbox) -> None:
    page = start_sandbox(CONTROL=0).page("apps")

    assert "the-consumer-key" in page
    assert SECRET not in page


def test_a_callback_is_added(portal: X) -> None:
    callback = "https://dashboard.example/x/callback"
    asking = portal.signed(None, callback_uri=callback)
    assert error(asking.post("/oauth/request_token")) == (403, 415)

    assert submit(portal, f"/apps/{APP_ID}", **{f"{APP_ID}-callback_urls": f"  {callback}\r\n\r\nx://y"}).ok

    assert form(asking.post("/oauth/request_token"))["oauth_callback_confirmed"] == "true"
    assert f"{callback}\nx://y" in portal.sandbox.page("apps")


def test_a_permission_is_changed_for_tokens_to_come(portal: X, receiver: Receiver) -> None:
    before = portal.token_of(NORTHWIND)
    webhook_id = portal.register(receiver.url)
    assert submit(portal, f"/apps/{APP_ID}", **{f"{APP_ID}-permission": "read"}).ok

    path = f"{AAA}/webhooks/{webhook_id}/subscriptions/all.json"
    assert portal.signed(before).post(path).status_code == 204
    assert portal.signed(before).delete(path).status_code == 204
    assert error(portal.signed(portal.token_of(NORTHWIND)).post(path)) == (403, 261)


def test_an_app_is_taken_from_the_allow_list_and_suspended(portal: X) -> None:
    submit(portal, f"/apps/{APP_ID}", **{f"{APP_ID}-may_use_activity": ""})
    assert error(portal.signed().get(f"{AAA}/webhooks.json")) == (403, 200)
    assert "Not on the allow-list" in portal.sandbox.page("apps")

    submit(portal, f"/apps/{APP_ID}", **{f"{APP_ID}-is_suspended": "on"})
    assert error(portal.signed().get(f"{AAA}/webhooks.json")) == (401, 416)


def test_a_contract_is_changed(portal: X, receiver: Receiver) -> None:
    assert submit(portal, "/contracts/1", webhooks_allowed="0", subscriptions_allowed="7").ok

    refused = portal.signed().post(f"{AAA}/webhooks.json", data={"url": receiver.url})
    assert error(refused) == (403, 214)
    assert portal.bearing().get(f"{AAA}/subscriptions/count.json").json()["provisioned_count"] == "7"


def test_nonsense_is_explained(portal: X) -> None:
    answer = submit(portal, "/contracts/1", webhooks_allowed="many", subscriptions_allowed="7")
    assert answer.status_code == 400
    assert "Enter a whole number." in answer.text

    answer = submit(portal, f"/apps/{APP_ID}", **{f"{APP_ID}-permission": "everything"})
    assert answer.status_code == 400
    assert "Select a valid choice." in answer.text
    assert submit(portal, "/apps/1").status_code == 404
