"""Three legs in a real browser: a person comes from an app, allows it or does not, and goes back."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.sandbox.client import MIRA, Token, X, form
from tests.sandbox.wire import free_port

pytestmark = [pytest.mark.any_database, pytest.mark.browser]

WHO = "/1.1/account/verify_credentials.json"


@dataclass
class Consumer:
    """An app on the web with which people sign in."""

    x: X
    url: str
    callback: str
    leg: str = "authenticate"
    secrets: dict[str, str] = field(default_factory=dict)

    def login(self) -> tuple[int, str]:
        """Ask X, and say where the person goes next, or what X said."""
        asked = self.x.signed(None, callback_uri=self.callback).post("/oauth/request_token")
        if asked.status_code != 200:
            return 200, asked.text
        request = form(asked)
        self.secrets[request["oauth_token"]] = request["oauth_token_secret"]
        return 302, self.x.url(f"/oauth/{self.leg}?oauth_token={request['oauth_token']}&force_login=true")

    def come_back(self, query: str) -> tuple[int, str]:
        said = {name: value for name, [value] in parse_qs(query).items()}
        if "denied" in said:
            return 200, f"You did not allow it. ({said['denied'] in self.secrets})"
        request = Token(said["oauth_token"], self.secrets[said["oauth_token"]])
        granted = form(self.x.signed(request, verifier=said["oauth_verifier"]).post("/oauth/access_token"))
        user = self.x.signed(Token(granted["oauth_token"], granted["oauth_token_secret"])).get(WHO).json()
        return 200, f"Hello @{user['screen_name']}"


@pytest.fixture
def consumer(x: X) -> Iterator[Consumer]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    consumer = Consumer(x, url, f"{url}/callback")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            status, text = 404, ""
            if parts.path == "/login":
                status, text = consumer.login()
            elif parts.path == "/callback":
                status, text = consumer.come_back(parts.query)
            self.send_response(status)
            if status == 302:
                self.send_header("Location", text)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    with x.app_is(callback_urls=f'["{consumer.callback}"]'):
        yield consumer
    server.shutdown()
    server.server_close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A window in which nothing goes wrong unseen."""
    page = browser.new_context(viewport={"width": 1000, "height": 800}).new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    page.context.close()
    # That a page of yesterday is answered 403 is no fault of the page.
    assert [text for text in complaints if not text.startswith("Failed to load resource")] == []


@pytest.mark.parametrize("leg", ["authorize", "authenticate"])
def test_allow(page: Page, consumer: Consumer, leg: str) -> None:
    consumer.leg = leg
    page.goto(f"{consumer.url}/login")
    expect(page.get_by_role("heading", level=1)).to_have_text("Allow Sandbox app to access your account?")
    expect(page.get_by_text("read, manage and delete your direct messages")).to_be_visible()

    page.get_by_label("Northwind").check()
    page.get_by_role("button", name="Authorize app").click()

    expect(page.get_by_text("Hello @northwind")).to_be_visible()


def test_cancel(page: Page, consumer: Consumer) -> None:
    page.goto(f"{consumer.url}/login")

    page.get_by_role("button", name="Cancel").click()

    expect(page.get_by_text("You did not allow it. (True)")).to_be_visible()
    assert urlsplit(page.url).path == "/callback"


def test_pin(page: Page, x: X) -> None:
    asked = form(x.signed(None, callback_uri="oob").post("/oauth/request_token"))
    page.goto(x.url(f"/oauth/authorize?oauth_token={asked['oauth_token']}"))

    page.get_by_label("Mira Keller").check()
    page.get_by_role("button", name="Authorize app").click()
    pin = page.locator("code").inner_text()

    request = Token(asked["oauth_token"], asked["oauth_token_secret"])
    granted = form(x.signed(request, verifier=pin).post("/oauth/access_token"))
    assert granted["user_id"] == MIRA


def test_a_wrong_callback_never_gets_as_far_as_a_page(page: Page, consumer: Consumer) -> None:
    consumer.callback += "/elsewhere"

    page.goto(f"{consumer.url}/login")

    expect(page.get_by_text("Callback URL not approved for this client application")).to_be_visible()
    assert "415" in page.content()


def test_a_page_of_yesterday_says_what_to_do(page: Page, consumer: Consumer) -> None:
    page.goto(f"{consumer.url}/login")
    address = page.url
    page.get_by_label("Northwind").check()
    page.get_by_role("button", name="Authorize app").click()
    expect(page.get_by_text("Hello @northwind")).to_be_visible()

    page.goto(address, wait_until="load")

    expect(page.get_by_text("try again")).to_be_visible()


def test_it_is_remembered_who_somebody_was(page: Page, consumer: Consumer) -> None:
    page.goto(f"{consumer.url}/login")
    page.get_by_label("Mira Keller").check()
    page.get_by_role("button", name="Authorize app").click()
    expect(page.get_by_text("Hello @mirakeller")).to_be_visible()

    page.goto(f"{consumer.url}/login")

    expect(page.get_by_label("Mira Keller")).to_be_checked()


def test_the_keyboard_is_enough(page: Page, consumer: Consumer) -> None:
    page.goto(f"{consumer.url}/login")

    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page.get_by_text("Hello @")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone(page: Page, consumer: Consumer, scheme: str) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(f"{consumer.url}/login")

    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    for name in ("Authorize app", "Cancel"):
        box = page.get_by_role("button", name=name).bounding_box()
        assert box
        assert box["height"] >= 44
