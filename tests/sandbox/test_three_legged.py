"""Tokens: how apps ask for them, what users answer, and how they end."""

from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.sandbox.client import (
    ACME,
    APP,
    CALLBACKS,
    MIRA,
    NORTHWIND,
    OWNER,
    SUPPORT,
    Token,
    X,
    error,
    form,
    message,
)

pytestmark = pytest.mark.any_database

CALLBACK = CALLBACKS[0]
WHO = "/1.1/account/verify_credentials.json"


def ask(x: X, callback: str = CALLBACK) -> Token:
    asked = form(x.signed(None, callback_uri=callback).post("/oauth/request_token"))
    assert asked["oauth_callback_confirmed"] == "true"
    return Token(asked["oauth_token"], asked["oauth_token_secret"])


def came_back(answer: requests.Response) -> dict[str, str]:
    assert answer.status_code == 302
    return {name: value for name, [value] in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


def exchange(x: X, request: Token, verifier: str) -> requests.Response:
    return x.signed(request, verifier=verifier).post("/oauth/access_token")


def test_three_legs_end_in_a_token_that_acts_for_the_user(x: X) -> None:
    request = ask(x)

    back = came_back(x.allow(request.token, NORTHWIND))
    assert set(back) == {"oauth_token", "oauth_verifier"}
    assert back["oauth_token"] == request.token
    granted = form(exchange(x, request, back["oauth_verifier"]))

    assert set(granted) == {"oauth_token", "oauth_token_secret", "user_id", "screen_name"}
    assert (granted["user_id"], granted["screen_name"]) == (NORTHWIND, "northwind")
    assert granted["oauth_token"].startswith(f"{NORTHWIND}-")
    user = x.signed(Token(granted["oauth_token"], granted["oauth_token_secret"]))
    assert user.get(WHO).json()["screen_name"] == "northwind"


def test_who_refuses_comes_back_with_denied(x: X) -> None:
    request = ask(x)

    back = came_back(x.allow(request.token, NORTHWIND, answer="cancel"))

    assert back == {"denied": request.token}
    assert error(exchange(x, request, "anything")) == (403, 89)


@pytest.mark.parametrize("callback", CALLBACKS)
def test_any_registered_callback_is_come_back_to(x: X, callback: str) -> None:
    answer = x.allow(ask(x, callback).token, NORTHWIND)

    assert answer.headers["Location"].startswith(callback + ("&" if "?" in callback else "?") + "oauth_token=")


@pytest.mark.parametrize(
    "callback",
    [
        "https://elsewhere.example/callback",
        f"{CALLBACK}/",
        f"{CALLBACK}?more=1",
        CALLBACK.replace("http:", "https:"),
        CALLBACK.replace("callback", "Callback"),
    ],
)
def test_any_other_callback_is_not_approved(x: X, callback: str) -> None:
    answer = x.signed(None, callback_uri=callback).post("/oauth/request_token")

    assert error(answer) == (403, 415)
    assert message(answer).startswith("Callback URL not approved for this client application.")


def test_a_desktop_app_knows_pins_alone(x: X) -> None:
    with x.app_is(type="desktop"):
        answer = x.signed(None, callback_uri=CALLBACK).post("/oauth/request_token")
        assert error(answer) == (401, 417)
        assert message(answer) == "Desktop applications only support the oauth_callback value 'oob'."
        assert x.signed(x.token_of(MIRA)).get(WHO).status_code == 200


def test_a_pin_has_seven_digits(x: X) -> None:
    page = x.allow(ask(x, "oob").token, MIRA)

    assert page.status_code == 200
    pin = page.text.partition("<code>")[2].partition("</code>")[0]
    assert len(pin) == 7
    assert pin.isdecimal()


def test_who_refuses_a_pin_sees_so(x: X) -> None:
    page = x.allow(ask(x, "oob").token, MIRA, answer="cancel")

    assert "was not granted access" in page.text


def test_a_suspended_app_cannot_ask(x: X) -> None:
    with x.app_is(is_suspended=1):
        assert error(x.signed(None, callback_uri=CALLBACK).post("/oauth/request_token")) == (401, 416)


def test_no_callback_is_malformed(x: X) -> None:
    assert error(x.signed(None).post("/oauth/request_token")) == (401, 32)


def test_wrong_keys_get_no_request_token(x: X) -> None:
    assert error(x.anonymous().post("/oauth/request_token")) == (400, 215)
    wrong = x.signed(None, type(APP)(APP.key, "wrong"), callback_uri=CALLBACK)
    assert error(wrong.post("/oauth/request_token")) == (401, 32)


def test_a_wrong_verifier_is_refused_and_the_right_one_is_still_good(x: X) -> None:
    request = ask(x)
    verifier = came_back(x.allow(request.token, NORTHWIND))["oauth_verifier"]

    assert error(exchange(x, request, "wrong")) == (401, 32)
    assert exchange(x, request, verifier).status_code == 200


def test_a_token_nobody_allowed_is_worth_nothing(x: X) -> None:
    assert error(exchange(x, ask(x), "guess")) == (401, 32)


def test_a_request_token_is_exchanged_once(x: X) -> None:
    request = ask(x)
    verifier = came_back(x.allow(request.token, NORTHWIND))["oauth_verifier"]
    exchange(x, request, verifier)

    assert error(exchange(x, request, verifier)) == (403, 89)


def test_a_request_token_of_another_app_is_not_exchanged(x: X) -> None:
    request, other = ask(x), x.another_app()
    verifier = came_back(x.allow(request.token, NORTHWIND))["oauth_verifier"]

    assert error(x.signed(request, other, verifier=verifier).post("/oauth/access_token")) == (403, 89)


def test_a_page_is_answered_once(x: X) -> None:
    request = ask(x)
    x.allow(request.token, NORTHWIND)

    for path in ("authorize", "authenticate"):
        again = x.anonymous().get(f"/oauth/{path}?oauth_token={request.token}")
        assert again.status_code == 403
        assert "may already have been used" in again.text


def test_a_page_without_a_token_says_so(x: X) -> None:
    for query in ("", "?oauth_token=unknown"):
        page = x.anonymous().get(f"/oauth/authorize{query}")
        assert page.status_code == 403
        assert "request token for this page is invalid" in page.text


def test_a_request_token_lives_for_a_quarter_of_an_hour(x: X) -> None:
    request = ask(x)
    x.change("UPDATE sandbox_requesttoken SET created_at = datetime(created_at, '-16 minutes')")

    assert x.anonymous().get(f"/oauth/authorize?oauth_token={request.token}").status_code == 403


def test_the_page_says_what_is_asked_for(x: X) -> None:
    page = x.anonymous().get(f"/oauth/authorize?oauth_token={ask(x).token}").text

    assert "Allow Sandbox app to access your account?" in page
    assert "read, manage and delete your direct messages" in page
    assert "127.0.0.1:9" in page


@pytest.mark.parametrize(("kind", "level"), [("read", "read"), ("write", "read-write"), ("nonsense", None)])
def test_an_app_may_ask_for_less_than_it_has(x: X, kind: str, level: str | None) -> None:
    asked = form(x.signed(None, callback_uri="oob").post("/oauth/request_token", data={"x_auth_access_type": kind}))
    page = x.anonymous().get(f"/oauth/authorize?oauth_token={asked['oauth_token']}").text

    assert ("read, manage and delete your direct messages" in page) is (level is None)
    assert ("Post, delete and like posts" in page) is (level != "read")


def test_the_same_user_gets_the_same_token_again(x: X) -> None:
    assert x.token_of(NORTHWIND) == x.token_of(NORTHWIND)
    assert x.token_of(NORTHWIND) != x.token_of(SUPPORT)


def test_nobody_is_nobody(x: X) -> None:
    page = x.allow(ask(x).token, "")

    assert page.status_code == 200
    assert "Choose who you are." in page.text


def test_a_form_of_another_site_is_refused(x: X) -> None:
    request = ask(x)

    answer = x.anonymous().post(
        "/oauth/authorize", data={"oauth_token": request.token, "user": ACME, "answer": "allow"}
    )

    assert answer.status_code == 403
    assert x.anonymous().get(f"/oauth/authorize?oauth_token={request.token}").status_code == 200


def test_samples_of_x_ask_with_get_and_put_some_parameters_into_the_query(x: X) -> None:
    """They sign in the header, with the callback and the PIN beside it; and at first with the owner's token."""
    asked = form(x.signed(OWNER).get("/oauth/request_token?oauth_callback=oob"))
    request = Token(asked["oauth_token"], asked["oauth_token_secret"])
    pin = x.allow(request.token, MIRA).text.partition("<code>")[2].partition("</code>")[0]

    granted = form(x.signed(request).get(f"/oauth/access_token?oauth_verifier={pin}"))

    assert granted["user_id"] == MIRA


# --- Signing in again -------------------------------------------------------------------------------------------------


def sign_in(browser: requests.Session, x: X, request: Token, query: str = "") -> requests.Response:
    url = x.url(f"/oauth/authenticate?oauth_token={request.token}{query}")
    page = browser.get(url, allow_redirects=False, timeout=30)
    if page.status_code != 200:
        return page
    csrf = page.text.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    data = {"csrfmiddlewaretoken": csrf, "oauth_token": request.token, "user": NORTHWIND, "answer": "allow"}
    return browser.post(url, data=data, headers={"Referer": url}, allow_redirects=False, timeout=30)


def test_who_has_allowed_it_before_is_not_asked_again(x: X) -> None:
    browser, first = requests.Session(), ask(x)
    exchange(x, first, came_back(sign_in(browser, x, first))["oauth_verifier"])
    second = ask(x)

    answer = browser.get(x.url(f"/oauth/authenticate?oauth_token={second.token}"), allow_redirects=False, timeout=30)

    granted = form(exchange(x, second, came_back(answer)["oauth_verifier"]))
    assert granted["user_id"] == NORTHWIND


@pytest.mark.parametrize("path", ["/oauth/authenticate?force_login=true&", "/oauth/authorize?"])
def test_an_app_can_insist_on_asking(x: X, path: str) -> None:
    browser, first = requests.Session(), ask(x)
    exchange(x, first, came_back(sign_in(browser, x, first))["oauth_verifier"])

    page = browser.get(x.url(f"{path}oauth_token={ask(x).token}"), allow_redirects=False, timeout=30)

    assert page.status_code == 200
    assert f'value="{NORTHWIND}" checked' in page.text


def test_an_app_can_say_whom_it_expects(x: X) -> None:
    page = x.anonymous().get(f"/oauth/authorize?oauth_token={ask(x).token}&screen_name=Acme_Support").text

    assert f'value="{SUPPORT}" checked' in page
