"""Who asks X: signatures of OAuth 1.0a and bearer tokens, right and wrong in every way that X tells apart."""

import base64
import hmac
import time
from typing import Any
from urllib.parse import quote

import pytest
import requests
from oauthlib.oauth1 import SIGNATURE_HMAC_SHA256, SIGNATURE_PLAINTEXT, SIGNATURE_TYPE_BODY, SIGNATURE_TYPE_QUERY
from requests_oauthlib import OAuth1

from tests.sandbox.client import ACME, APP, NOBODY, NORTHWIND, OWNER, STRANGER, SUPPORT, Keys, Token, X, error, message

pytestmark = pytest.mark.any_database

WHO = "/1.1/account/verify_credentials.json"
LOOKUP = "/1.1/users/lookup.json"


def test_a_signed_request_is_that_of_the_user(x: X) -> None:
    answer = x.signed().get(WHO)

    assert answer.status_code == 200
    assert answer.json()["id_str"] == ACME
    assert answer.json()["id"] == int(ACME)
    assert answer.json()["screen_name"] == "acme"
    assert answer.headers["x-access-level"] == "read-write-directmessages"


def test_a_signature_made_by_hand_is_right(x: X) -> None:
    """What signs the other requests here and what verifies them share a library; nothing here does."""
    now = int(time.time())
    port = x.sandbox.url.rpartition(":")[2]
    signed = (
        f"GET&http%3A%2F%2F127.0.0.1%3A{port}%2F1.1%2Faccount%2Fverify_credentials.json&"
        "a%3D%2526%253D%252B%26b%3Dcaf%25C3%25A9%2520noir%26oauth_consumer_key%3Dthe-consumer-key%26oauth_nonce%3Dby-hand"
        f"%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D{now}"
        "%26oauth_token%3D613278910244360193-the-access-token%26oauth_version%3D1.0"
    )
    key = b"the-consumer-secret&the-access-token-secret"
    signature = base64.b64encode(hmac.digest(key, signed.encode(), "sha1")).decode()
    header = (
        f'OAuth oauth_consumer_key="the-consumer-key", oauth_nonce="by-hand", oauth_signature="{quote(signature, "")}",'
        f' oauth_signature_method="HMAC-SHA1", oauth_timestamp="{now}",'
        ' oauth_token="613278910244360193-the-access-token", oauth_version="1.0"'
    )

    answer = requests.get(x.url(f"{WHO}?b=caf%C3%A9%20noir&a=%26%3D%2B"), headers={"Authorization": header}, timeout=30)

    assert answer.status_code == 200


def test_the_signature_may_stand_in_the_query(x: X) -> None:
    assert x.signed(signature_type=SIGNATURE_TYPE_QUERY).get(WHO).status_code == 200


def test_the_signature_may_stand_in_the_form(x: X) -> None:
    answer = x.signed(signature_type=SIGNATURE_TYPE_BODY).post(LOOKUP, data={"user_id": ACME})

    assert answer.status_code == 200


@pytest.mark.parametrize(
    "value",
    ["a b", "a+b", "100 %", "ü", "日本", "a/b?c=d&e=f", "~-._", "!*'()", "[x]", "", "%20", "é", '"quoted"'],
)
def test_parameters_are_signed_as_they_are_meant(x: X, value: str) -> None:
    assert x.signed().get(WHO, params={"note": value, "twice": [value, "x"]}).status_code == 200
    posted = x.signed().post(LOOKUP, data={"user_id": ACME, "note": value})
    assert posted.status_code == 200


def test_a_body_that_is_no_form_is_not_signed(x: X) -> None:
    answer = x.signed().post(f"{LOOKUP}?user_id={ACME}", json={"note": "x"})

    assert error(answer) == (404, 17)  # past the door: the parameters of a POST are in its form


def test_what_is_changed_on_the_way_is_noticed(x: X) -> None:
    request = requests.Request("GET", x.url(WHO), params={"a": "1"}, auth=auth())
    prepared = request.prepare()
    assert prepared.url
    prepared.url = prepared.url.replace("a=1", "a=2")

    assert error(requests.Session().send(prepared, timeout=30)) == (401, 32)


@pytest.mark.parametrize(
    ("keys", "token", "code"),
    [
        (NOBODY, OWNER, (401, 32)),
        (Keys(APP.key, "wrong"), OWNER, (401, 32)),
        (APP, Token(OWNER.token, "wrong"), (401, 32)),
        (APP, Token(f"{ACME}-never-given", "x"), (403, 89)),
        (APP, None, (401, 32)),
    ],
    ids=["unknown app", "wrong app secret", "wrong token secret", "unknown token", "no token"],
)
def test_wrong_keys_and_tokens_are_told_apart(x: X, keys: Keys, token: Token | None, code: tuple[int, int]) -> None:
    assert error(x.signed(token, keys).get(WHO)) == code


def test_no_credentials_are_bad_authentication_data(x: X) -> None:
    answer = x.anonymous().get(WHO)

    assert error(answer) == (400, 215)
    assert message(answer) == "Bad Authentication data."


@pytest.mark.parametrize("off_by", [-310, 310, -86_400])
def test_a_clock_that_is_wrong_is_told_so(x: X, off_by: int) -> None:
    answer = requests.get(x.url(WHO), auth=auth(timestamp=str(int(time.time()) + off_by)), timeout=30)

    assert error(answer) == (401, 135)


@pytest.mark.parametrize("off_by", [-290, 290])
def test_a_clock_may_be_off_by_some_minutes(x: X, off_by: int) -> None:
    answer = requests.get(x.url(WHO), auth=auth(timestamp=str(int(time.time()) + off_by)), timeout=30)

    assert answer.status_code == 200


def test_no_request_counts_twice(x: X) -> None:
    prepared = requests.Request("GET", x.url(WHO), auth=auth()).prepare()

    assert requests.Session().send(prepared, timeout=30).status_code == 200
    assert error(requests.Session().send(prepared, timeout=30)) == (401, 32)


def test_a_nonce_of_another_user_is_another_nonce(x: X) -> None:
    other = x.token_of(NORTHWIND)
    now = str(int(time.time()))

    for token in (OWNER, other):
        answer = requests.get(x.url(WHO), auth=auth(token, nonce="the-same-nonce", timestamp=now), timeout=30)
        assert answer.status_code == 200


@pytest.mark.parametrize("method", [SIGNATURE_HMAC_SHA256, SIGNATURE_PLAINTEXT])
def test_other_methods_of_signing_are_not_known(x: X, method: str) -> None:
    assert error(x.signed(signature_method=method).get(WHO)) == (401, 32)


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("OAuth", (400, 215)),
        ("OAuth nonsense", (401, 32)),
        ('OAuth oauth_consumer_key="the-consumer-key"', (401, 32)),
        ("Basic dGhlLWNvbnN1bWVyLWtleTp4", (400, 215)),
        ("Bearer", (403, 99)),
        ("Bearer wrong", (403, 99)),
        ('OAuth oauth_consumer_key="%ZZ", =, "', (401, 32)),
        ("OAuth \u00e9=\u00e9", (400, 215)),
    ],
)
def test_headers_that_say_nothing_are_refused(x: X, header: str, code: tuple[int, int]) -> None:
    answer = requests.get(x.url(WHO), headers={"Authorization": header}, timeout=30)

    assert error(answer) == code


def test_a_signed_parameter_that_comes_twice_is_malformed(x: X) -> None:
    prepared = requests.Request("GET", x.url(WHO), auth=auth()).prepare()
    prepared.url = f"{prepared.url}?oauth_nonce=again"

    assert error(requests.Session().send(prepared, timeout=30)) == (401, 32)


def test_a_suspended_app_may_ask_nothing(x: X) -> None:
    bearing = x.bearing()
    with x.app_is(is_suspended=1):
        assert error(x.signed().get(WHO)) == (401, 416)
        assert error(bearing.get(LOOKUP, params={"user_id": ACME})) == (401, 416)
        asked = requests.post(
            x.url("/oauth2/token"), auth=(APP.key, APP.secret), data={"grant_type": "client_credentials"}, timeout=30
        )
        assert error(asked) == (401, 416)


def test_each_app_has_keys_of_its_own(x: X) -> None:
    other = x.another_app()
    token = x.token_of(SUPPORT, other)

    assert x.signed(token, other).get(WHO).json()["id_str"] == SUPPORT
    assert error(x.signed(token, APP).get(WHO)) == (401, 32)
    assert error(x.signed(OWNER, STRANGER).get(WHO)) == (401, 32)


def test_users_are_looked_up_by_either_kind_of_token(x: X) -> None:
    wanted = {"user_id": f"{ACME},{NORTHWIND},1", "screen_name": "Mirakeller"}
    for client in (x.signed(), x.bearing()):
        answer = client.get(LOOKUP, params=wanted)
        assert {user["screen_name"] for user in answer.json()} == {"acme", "northwind", "mirakeller"}


def test_a_profile_has_what_payloads_have(x: X) -> None:
    [user] = x.bearing().get(LOOKUP, params={"user_id": NORTHWIND}).json()

    assert user["created_at"] == "Wed Dec 11 23:36:16 +0000 2019"
    assert user["profile_image_url_https"].startswith("https://")
    assert user["protected"] is False


def test_users_who_do_not_exist_are_not_found(x: X) -> None:
    assert error(x.bearing().get(LOOKUP, params={"user_id": "1"})) == (404, 17)


def test_no_more_than_a_hundred_are_looked_up_at_once(x: X) -> None:
    hundred = [ACME, *map(str, range(99))]

    assert x.bearing().get(LOOKUP, params={"user_id": ",".join(hundred)}).status_code == 200
    assert error(x.bearing().get(LOOKUP, params={"user_id": ",".join([*hundred, "100"])})) == (403, 18)


def test_an_app_alone_has_no_credentials_to_verify(x: X) -> None:
    assert error(x.bearing().get(WHO)) == (401, 32)


def test_what_there_is_not_is_not_found(x: X) -> None:
    for answer in (x.signed().get("/1.1/nothing.json"), x.signed().delete(WHO), x.anonymous().get("/1.1/")):
        assert error(answer) == (404, 34)


def auth(token: Token = OWNER, **options: Any) -> OAuth1:
    return OAuth1(APP.key, APP.secret, token.token, token.secret, **options)


def test_a_client_behind_a_proxy_that_ends_tls_signs_https(x: X) -> None:
    signed = requests.Request("GET", x.url(WHO).replace("http://", "https://"), auth=auth()).prepare()
    headers = {"Authorization": signed.headers["Authorization"], "X-Forwarded-Proto": "https"}

    assert requests.get(x.url(WHO), headers=headers, timeout=30).status_code == 200
