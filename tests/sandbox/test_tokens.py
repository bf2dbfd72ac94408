"""Bearer tokens, and how tokens of either kind end."""

import pytest
import requests

from tests.sandbox.client import AAA, APP, NORTHWIND, OWNER, Client, X, error, message

pytestmark = pytest.mark.any_database

WHO = "/1.1/account/verify_credentials.json"


def bearer(x: X, auth: tuple[str, str] = (APP.key, APP.secret), **data: str) -> requests.Response:
    data = data or {"grant_type": "client_credentials"}
    return requests.post(x.url("/oauth2/token"), auth=auth, data=data, timeout=30)


def test_an_app_gets_its_bearer_token_for_its_keys(x: X) -> None:
    answer = bearer(x)

    assert answer.status_code == 200
    assert set(answer.json()) == {"token_type", "access_token"}
    assert answer.json()["token_type"] == "bearer"
    assert bearer(x).json() == answer.json()


@pytest.mark.parametrize("auth", [(APP.key, "wrong"), ("wrong", APP.secret), ("", "")])
def test_wrong_keys_get_no_bearer_token(x: X, auth: tuple[str, str]) -> None:
    answer = bearer(x, auth)

    assert error(answer) == (403, 99)
    assert message(answer) == "Unable to verify your credentials."


def test_without_credentials_there_is_no_bearer_token(x: X) -> None:
    answer = x.anonymous().post("/oauth2/token", data={"grant_type": "client_credentials"})

    assert error(answer) == (403, 99)


@pytest.mark.parametrize("credentials", ["", "x", "====", "\u00e9", "dGhlLWNvbnN1bWVyLWtleQ==", "/w=="])
def test_credentials_that_cannot_be_read_are_wrong(x: X, credentials: str) -> None:
    header = {"Authorization": f"Basic {credentials}".encode("latin-1")}

    answer = requests.post(
        x.url("/oauth2/token"), headers=header, data={"grant_type": "client_credentials"}, timeout=30
    )

    assert error(answer) == (403, 99)


def test_another_grant_is_not_known(x: X) -> None:
    assert error(bearer(x, grant_type="password")) == (403, 170)


@pytest.mark.parametrize("by", ["password", "owner"])
def test_a_bearer_token_can_be_ended(x: X, by: str) -> None:
    token = bearer(x).json()["access_token"]
    if by == "password":
        client = Client(x, requests.Session())
        client.session.auth = (APP.key, APP.secret)
    else:
        client = x.signed()

    answer = client.post("/oauth2/invalidate_token", data={"access_token": token})

    assert answer.json() == {"access_token": token}
    assert error(x.with_bearer(token).get(f"{AAA}/webhooks.json")) == (403, 99)
    assert bearer(x).json()["access_token"] != token


def test_an_unknown_bearer_token_cannot_be_ended(x: X) -> None:
    assert error(x.signed().post("/oauth2/invalidate_token", data={"access_token": "AAAA"})) == (403, 89)


@pytest.mark.parametrize("path", ["/1.1/oauth/invalidate_token", "/1.1/oauth/invalidate_token.json"])
def test_an_app_can_end_a_users_token(x: X, path: str) -> None:
    token = x.token_of(NORTHWIND)

    assert x.signed(token).post(path).json() == {"access_token": token.token}

    assert error(x.signed(token).get(WHO)) == (403, 89)
    assert x.token_of(NORTHWIND) != token


def test_only_who_has_a_token_can_end_it(x: X) -> None:
    assert error(x.bearing().post("/1.1/oauth/invalidate_token")) == (401, 32)
    assert x.signed(OWNER).get(WHO).status_code == 200
