"""X's clients: every request is signed by requests-oauthlib, as programs of others sign theirs."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

import requests
from requests_oauthlib import OAuth1Session

from tests.sandbox.wire import CONSUMER_KEY, SECRET, Sandbox

AAA = "/1.1/account_activity"
ACME, SUPPORT, NORTHWIND = "613278910244360193", "838514127360458753", "1204907783556177921"
MIRA = "187402663914528769"
CALLBACKS = ("http://127.0.0.1:9/callback", "https://dashboard.example/x/callback?of=1", "example-app://done")
LIMIT_HEADERS = ("x-rate-limit-limit", "x-rate-limit-remaining", "x-rate-limit-reset")


@dataclass(frozen=True)
class Token:
    token: str
    secret: str


@dataclass(frozen=True)
class Keys:
    """Of an app."""

    key: str = CONSUMER_KEY
    secret: str = SECRET


OWNER = Token(f"{ACME}-the-access-token", "the-access-token-secret")
APP = Keys()
NOBODY = Keys("nobodys-key", "nobodys-secret")
STRANGER = Keys("another-app", "another-secret")


@dataclass(frozen=True)
class X:
    """A sandbox, asked as X would be."""

    sandbox: Sandbox

    def url(self, path: str) -> str:
        return self.sandbox.url + path

    def signed(self, token: Token | None = OWNER, keys: Keys = APP, **options: Any) -> "Client":
        """A client that acts for a user; without a token for nobody."""
        session = OAuth1Session(
            keys.key,
            keys.secret,
            resource_owner_key=token.token if token else None,
            resource_owner_secret=token.secret if token else None,
            **options,
        )
        return Client(self, session)

    def bearing(self, keys: Keys = APP) -> "Client":
        """A client that acts for the app alone."""
        answer = requests.post(
            self.url("/oauth2/token"),
            auth=(keys.key, keys.secret),
            data={"grant_type": "client_credentials"},
            timeout=30,
        )
        return self.with_bearer(answer.json()["access_token"])

    def with_bearer(self, token: str) -> "Client":
        session = requests.Session()
        session.headers["Authorization"] = f"Bearer {token}"
        return Client(self, session)

    def anonymous(self) -> "Client":
        return Client(self, requests.Session())

    def token_of(self, user_id: str, keys: Keys = APP) -> Token:
        """Have a user allow the app, with a PIN."""
        asked = self.signed(None, keys, callback_uri="oob").post("/oauth/request_token")
        request = Token(*(form(asked)[name] for name in ("oauth_token", "oauth_token_secret")))
        pin = self.allow(request.token, user_id).text.partition("<code>")[2].partition("</code>")[0]
        granted = form(self.signed(request, keys, verifier=pin).post("/oauth/access_token"))
        return Token(granted["oauth_token"], granted["oauth_token_secret"])

    def allow(self, request_token: str, user_id: str, answer: str = "allow") -> requests.Response:
        """Do what a person does on the page of the request token; what follows it is not followed."""
        browser = requests.Session()
        url = self.url(f"/oauth/authorize?oauth_token={request_token}")
        page = browser.get(url, timeout=30)
        page.raise_for_status()
        csrf = page.text.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
        data = {"csrfmiddlewaretoken": csrf, "oauth_token": request_token, "user": user_id, "answer": answer}
        return browser.post(url, data=data, headers={"Referer": url}, allow_redirects=False, timeout=30)

    def register(self, url: str) -> str:
        """Register a webhook: its id."""
        answer = self.signed().post(f"{AAA}/webhooks.json", data={"url": url})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])

    # --- What X's own staff would do, straight in the database --------------------------------------------------------

    def change(self, sql: str, *values: object) -> None:
        with closing(sqlite3.connect(self.sandbox.database, timeout=20)) as database, database:
            database.execute(sql, values)

    @contextmanager
    def changed(self, table: str, where: str, **values: object) -> Iterator[None]:
        """Change one row for a while."""
        names = ", ".join(values)
        with closing(sqlite3.connect(self.sandbox.database, timeout=20)) as database:
            [before] = database.execute(f"SELECT {names} FROM sandbox_{table} WHERE {where}").fetchall()  # noqa: S608
        update = f"UPDATE sandbox_{table} SET {', '.join(f'{name} = ?' for name in values)} WHERE {where}"  # noqa: S608
        self.change(update, *values.values())
        try:
            yield
        finally:
            self.change(update, *before)

    def app_is(self, **values: object) -> Any:
        """Change the app for a while."""
        return self.changed("app", f"consumer_key = '{APP.key}'", **values)

    def another_app(self, keys: Keys = STRANGER, contract: bool = True) -> Keys:
        """Make a second app with the same owner."""
        self.change(
            "INSERT INTO sandbox_app (name, x_app_id, consumer_key, consumer_secret, bearer_token, contract_id,"
            " owner_id, permission, type, callback_urls, is_suspended, may_use_activity, may_replay)"
            " SELECT 'Another app', '28193747', ?, ?, '', CASE WHEN ? THEN contract_id END, owner_id,"
            " permission, type, ?, 0, 1, 1 FROM sandbox_app WHERE consumer_key = ?",
            *(keys.key, keys.secret, contract, json.dumps(list(CALLBACKS)), APP.key),
        )
        return keys

    def clear(self) -> None:
        """Undo what a test has done."""
        for table in ("subscription", "attempt", "delivery", "replay", "webhook", "requesttoken"):
            self.change(f"DELETE FROM sandbox_{table}")  # noqa: S608 - names of our own
        self.change("DELETE FROM sandbox_accesstoken WHERE token <> ?", OWNER.token)
        self.change("DELETE FROM sandbox_app WHERE consumer_key <> ?", APP.key)


@dataclass(frozen=True)
class Client:
    """A session that knows where X is."""

    x: X
    session: requests.Session

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.session.get(self.x.url(path), timeout=30, **options)

    def post(self, path: str, **options: Any) -> requests.Response:
        return self.session.post(self.x.url(path), timeout=30, **options)

    def put(self, path: str, **options: Any) -> requests.Response:
        return self.session.put(self.x.url(path), timeout=30, **options)

    def delete(self, path: str, **options: Any) -> requests.Response:
        return self.session.delete(self.x.url(path), timeout=30, **options)


def form(answer: requests.Response) -> dict[str, str]:
    """What an answer of `/oauth/…` says."""
    assert answer.status_code == 200, answer.text
    return {name: value for name, [value] in parse_qs(answer.text, strict_parsing=True).items()}


def error(answer: requests.Response) -> tuple[int, int]:
    """Status and code of a refusal, which has the shape that X's have."""
    body = answer.json()
    assert set(body) == {"errors"}
    [said] = body["errors"]
    assert said["message"]
    return answer.status_code, said["code"]


def message(answer: requests.Response) -> str:
    return str(answer.json()["errors"][0]["message"])
