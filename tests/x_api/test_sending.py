"""What is sent: the documented request, signed as the RFC says, with nothing beside it."""

import base64
import hashlib
import hmac
import re
import time
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote

import pytest

from aaa_dashboard.x_api import endpoints as at
from aaa_dashboard.x_api.credentials import AppCredentials
from aaa_dashboard.x_api.endpoints import Asker as Who
from aaa_dashboard.x_api.endpoints import Endpoint
from aaa_dashboard.x_api.errors import XError
from aaa_dashboard.x_api.v1_1 import Client
from tests.x_api.calls import BEGUN, CALLBACK, CALLS, WEBHOOK_URL
from tests.x_api.conftest import APP, OWNER, USER, VERIFIER, MakeAsker
from tests.x_api.literal import Asked, Literal, Says, error

pytestmark = pytest.mark.any_database

ACTIVITY = "/1.1/account_activity"
REQUESTS = {
    at.REGISTER_WEBHOOK: (
        "POST",
        f"{ACTIVITY}/webhooks.json?url=https%3A%2F%2Fdashboard.example.org%2Fwebhook%2Ftwitter",
    ),
    at.LIST_WEBHOOKS: ("GET", f"{ACTIVITY}/webhooks.json"),
    at.VALIDATE_WEBHOOK: ("PUT", f"{ACTIVITY}/webhooks/1234.json"),
    at.DELETE_WEBHOOK: ("DELETE", f"{ACTIVITY}/webhooks/1234.json"),
    at.SUBSCRIBE: ("POST", f"{ACTIVITY}/webhooks/1234/subscriptions/all.json"),
    at.CHECK_SUBSCRIPTION: ("GET", f"{ACTIVITY}/webhooks/1234/subscriptions/all.json"),
    at.LIST_SUBSCRIPTIONS: ("GET", f"{ACTIVITY}/webhooks/1234/subscriptions/all/list.json"),
    at.COUNT_SUBSCRIPTIONS: ("GET", f"{ACTIVITY}/subscriptions/count.json"),
    at.UNSUBSCRIBE: ("DELETE", f"{ACTIVITY}/webhooks/1234/subscriptions/34/all.json"),
    at.UNSUBSCRIBE_AS_USER: ("DELETE", f"{ACTIVITY}/webhooks/1234/subscriptions/all.json"),
    at.REPLAY: (
        "POST",
        f"{ACTIVITY}/replay/webhooks/1234/subscriptions/all.json?from_date=202611200815&to_date=202611200901",
    ),
    at.FETCH_BEARER_TOKEN: ("POST", "/oauth2/token"),
    at.REQUEST_TOKEN: ("POST", "/oauth/request_token"),
    at.ACCESS_TOKEN: ("POST", "/oauth/access_token"),
    at.INVALIDATE_TOKEN: ("POST", "/1.1/oauth/invalidate_token"),
    at.VERIFY_CREDENTIALS: ("GET", "/1.1/account/verify_credentials.json"),
    at.LOOK_UP_USERS: ("GET", "/1.1/users/lookup.json?user_id=34%2C56"),
}
SIGNED = [endpoint for endpoint in at.ALL if endpoint.asker in {Who.OWNER, Who.USER, Who.CONSUMER}]
BY_BEARER = [endpoint for endpoint in at.ALL if endpoint.asker is Who.APP]
SECRETS = {at.REQUEST_TOKEN: "", at.ACCESS_TOKEN: BEGUN.secret, at.REGISTER_WEBHOOK: OWNER.secret} | {
    endpoint: OWNER.secret for endpoint in at.ALL if endpoint.asker is Who.OWNER
}


def _sent(x: Literal, api: Client, endpoint: Endpoint) -> Asked:
    x.will_say(error(418, 9001, "Enough."))
    with pytest.raises(XError):
        CALLS[endpoint](api)
    assert len(x.asked) == 1
    return x.last


def _oauth(asked: Asked) -> dict[str, str]:
    scheme, _, fields = asked.authorization.partition(" ")
    assert scheme == "OAuth"
    return {unquote(name): unquote(value) for name, value in re.findall(r'(\w+)="([^"]*)"', fields)}


def _signature(asked: Asked, base_url: str, token_secret: str) -> str:
    """HMAC-SHA1 by RFC 5849, section 3.4, by hand."""
    path, _, query = asked.target.partition("?")
    signed = [(name, value) for name, value in _oauth(asked).items() if name != "oauth_signature"]
    pairs = sorted((quote(n, safe=""), quote(v, safe="")) for n, v in signed + parse_qsl(query))
    parameters = "&".join(f"{name}={value}" for name, value in pairs)
    base = "&".join(quote(part, safe="") for part in (asked.method, base_url + path, parameters))
    key = f"{quote(APP.consumer_secret, safe='')}&{quote(token_secret, safe='')}"
    return base64.b64encode(hmac.new(key.encode(), base.encode(), hashlib.sha1).digest()).decode()


@pytest.mark.parametrize("endpoint", at.ALL, ids=lambda endpoint: endpoint.intent)
def test_each_call_is_the_documented_request(x: Literal, api: Client, endpoint: Endpoint) -> None:
    asked = _sent(x, api, endpoint)
    assert (asked.method, asked.target) == REQUESTS[endpoint]
    assert asked.body == (b"grant_type=client_credentials" if endpoint is at.FETCH_BEARER_TOKEN else b"")
    assert asked.headers["user-agent"].startswith("aaa-dashboard ")
    assert "cookie" not in asked.headers


@pytest.mark.parametrize("endpoint", SIGNED, ids=lambda endpoint: endpoint.intent)
def test_signatures_are_those_of_the_rfc(x: Literal, api: Client, endpoint: Endpoint) -> None:
    asked = _sent(x, api, endpoint)
    oauth = _oauth(asked)
    assert oauth["oauth_signature"] == _signature(asked, x.url, SECRETS.get(endpoint, USER.secret))
    assert oauth["oauth_signature_method"] == "HMAC-SHA1"
    assert oauth["oauth_consumer_key"] == APP.consumer_key
    assert abs(int(oauth["oauth_timestamp"]) - time.time()) < 60


@pytest.mark.parametrize("endpoint", BY_BEARER, ids=lambda endpoint: endpoint.intent)
def test_bearer_tokens_are_sent_as_x_gave_them(x: Literal, api: Client, endpoint: Endpoint) -> None:
    assert _sent(x, api, endpoint).authorization == "Bearer the-bearer-token%3D"


def test_the_sign_in_carries_callback_and_verifier_in_its_signature(x: Literal, ask: MakeAsker) -> None:
    assert _oauth(_sent(x, ask().client, at.REQUEST_TOKEN))["oauth_callback"] == CALLBACK
    x.asked.clear()
    finished = _oauth(_sent(x, ask().client, at.ACCESS_TOKEN))
    assert (finished["oauth_token"], finished["oauth_verifier"]) == (BEGUN.token, VERIFIER)


def test_consumer_key_and_secret_are_percent_encoded_before_base64(x: Literal, ask: MakeAsker) -> None:
    asked = _sent(x, ask(AppCredentials("key/with:signs", "sécret+&%")).client, at.FETCH_BEARER_TOKEN)
    # printf 'key%2Fwith%3Asigns:s%C3%A9cret%2B%26%25' | base64
    assert asked.authorization == "Basic a2V5JTJGd2l0aCUzQXNpZ25zOnMlQzMlQTljcmV0JTJCJTI2JTI1"


@pytest.mark.parametrize(
    "url",
    [
        WEBHOOK_URL,
        "https://dashboard.example.org/a path/with?query=a+b&other=%41&url=https://x.example",
        "https://bücher.example/~übung/*'()!",
    ],
)
def test_the_url_of_a_webhook_is_sent_once_and_arrives_as_it_was(x: Literal, api: Client, url: str) -> None:
    x.will_say(error(418, 9001, "Enough."))
    with pytest.raises(XError):
        api.register_webhook(url)
    _, _, query = x.last.target.partition("?")
    assert parse_qsl(query) == [("url", url)]
    assert "+" not in query
    assert _oauth(x.last)["oauth_signature"] == _signature(x.last, x.url, OWNER.secret)


def test_every_request_is_signed_anew(x: Literal, api: Client) -> None:
    for _ in range(2):
        api.subscribe("1234", USER)
    first, second = (_oauth(asked) for asked in x.asked)
    assert first["oauth_nonce"] != second["oauth_nonce"]
    assert first["oauth_signature"] != second["oauth_signature"]


@pytest.mark.parametrize("id_", ["", "..", "1/2", "1?x=y", "1.json", "1%2F2", "12 ", "1\n"])
def test_what_is_no_id_is_not_sent(x: Literal, api: Client, id_: str) -> None:
    with pytest.raises(ValueError, match="not an id"):
        api.delete_webhook(id_)
    with pytest.raises(ValueError, match="not an id"):
        api.unsubscribe("1234", id_)
    assert x.asked == []


def test_more_than_a_hundred_profiles_are_not_asked_for(x: Literal, api: Client) -> None:
    with pytest.raises(ValueError, match="at most 100"):
        api.profiles(str(number) for number in range(101))
    assert api.profiles([]) == ()
    assert x.asked == []


def test_no_cookie_is_kept(x: Literal, api: Client) -> None:
    x.will_say(Says(204, headers={"set-cookie": "guest_id=1; Path=/"}))
    for _ in range(2):
        api.subscribe("1234", USER)
    assert "cookie" not in x.last.headers


def test_a_netrc_of_the_machine_replaces_nothing(
    x: Literal, api: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(netrc))
    assert _sent(x, api, at.LIST_WEBHOOKS).authorization == "Bearer the-bearer-token%3D"


def test_a_redirect_is_not_followed(x: Literal, api: Client) -> None:
    x.will_say(Says(302, headers={"location": f"{x.url}/elsewhere"}))
    with pytest.raises(XError) as refused:
        api.subscribe("1234", USER)
    assert refused.value.failure.key == "redirected"
    assert len(x.asked) == 1


def test_missing_keys_are_said_without_asking(x: Literal, ask: MakeAsker) -> None:
    nothing, no_owner = AppCredentials("", ""), AppCredentials("key", "secret")
    for endpoint, app, key in (
        (at.LIST_WEBHOOKS, nothing, "no-consumer-keys"),
        (at.REQUEST_TOKEN, nothing, "no-consumer-keys"),
        (at.SUBSCRIBE, nothing, "no-consumer-keys"),
        (at.REGISTER_WEBHOOK, no_owner, "no-owner-token"),
    ):
        with pytest.raises(XError) as refused:
            CALLS[endpoint](ask(app).client)
        assert refused.value.failure.key == key
        assert "X was not asked." in str(refused.value)
    assert x.asked == []


def test_a_base_url_that_is_none_is_said_at_once(ask: MakeAsker) -> None:
    with pytest.raises(ValueError, match="X_API_BASE_URL"):
        ask(base_url="api.twitter.com")
