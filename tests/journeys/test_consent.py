"""The whole way of an account, in real browsers: invited by staff, connected by its owner, seen on Live, and ended."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from playwright.sync_api import Browser, Page, expect

from aaa_dashboard.subscriptions.models import Subscription
from aaa_dashboard.webhooks.models import Webhook
from tests.sandbox.client import OWNER
from tests.sandbox.control import Control
from tests.sandbox.wire import Sandbox, free_port, sandboxes

from .conftest import PASSWORD, Person, Site

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def connected(transactional_db: None, tmp_path: Path) -> Iterator[tuple[Site, Sandbox]]:
    """The product and the sandbox, each knowing the other's address."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    name = connection.settings_dict["NAME"]
    database = f"sqlite:///{name}"
    if connection.vendor == "postgresql":
        database = f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{name}"
    with sandboxes(tmp_path) as start:
        sandbox = start(
            CONSUMER_KEY=os.environ["X_CONSUMER_KEY"], CONSUMER_SECRET=os.environ["X_CONSUMER_SECRET"],
            ACCESS_TOKEN=OWNER.token, ACCESS_TOKEN_SECRET=OWNER.secret, CALLBACK_URLS=f"{url}/x/callback",
            ALLOW_LOOPBACK=1, WARM_UP_SECONDS=0, BACKLOG=0,
        )  # fmt: skip
        site = Site(port, {
            **os.environ, "DATABASE_URL": database, "ALLOWED_HOSTS": "127.0.0.1", "PUBLIC_URL": url,
            "X_API_BASE_URL": sandbox.url, "X_ACCESS_TOKEN": OWNER.token, "X_ACCESS_TOKEN_SECRET": OWNER.secret,
        })  # fmt: skip
        site.start()
        yield site, sandbox
        site.stop()


@pytest.fixture
def window(browser: Browser) -> Iterator[Callable[[int], Page]]:
    """Opens browsers that know nothing of each other."""
    pages: list[Page] = []

    def open_one(width: int) -> Page:
        pages.append(browser.new_context(viewport={"width": width, "height": 800}).new_page())
        return pages[-1]

    yield open_one
    for page in pages:
        page.context.close()


def operator(site: Site, page: Page) -> Person:
    user = User.objects.create_user("olga", password=PASSWORD)
    wanted = ("manage_webhooks", "manage_subscriptions")
    user.user_permissions.set(Permission.objects.filter(codename__in=wanted))
    olga = Person(page, site)
    olga.sign_in("olga")
    return olga


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


def test_register_invite_consent_events_disconnect_silence(
    connected: tuple[Site, Sandbox], window: Callable[[int], Page]
) -> None:
    site, sandbox = connected
    control = Control(sandbox)
    olga = operator(site, window(1280))

    page = olga.open("/webhooks/apps/twitter/register/")
    anyway = page.get_by_role("checkbox")
    if anyway.count():  # no https on this machine
        anyway.check()
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_text("Valid", exact=True).first).to_be_visible()

    page = olga.open("/accounts/invites/")
    page.get_by_label("Note for the owner").fill("Hello Mira, this is what we spoke of.")
    page.get_by_role("button", name="Make a link").click()
    link = page.locator("#link").inner_text()

    mira = Person(window(360), site)
    mira.page.goto(link)
    expect(mira.page.get_by_text("Hello Mira")).to_be_visible()
    assert fits(mira.page)
    mira.page.get_by_role("checkbox").check()
    mira.page.get_by_role("button", name="Go to X").click()
    mira.page.get_by_label("Mira Keller").check()
    mira.page.get_by_role("button", name="Authorize app").click()
    expect(mira.page.get_by_role("heading", name="You are connected")).to_be_visible()
    assert fits(mira.page)

    page = olga.open("/live/")
    expect(page.get_by_role("status")).to_have_text("Connected")
    control.do("post", "mirakeller", text="The ferry was on time today")
    expect(page.get_by_text("The ferry was on time today")).to_be_visible()

    mira.page.get_by_role("link", name="Disconnect").click()
    mira.page.get_by_role("button", name="Disconnect").click()
    expect(mira.page.get_by_role("heading", name="You are disconnected")).to_be_visible()
    assert Subscription.objects.get().user_token is None
    control.do("post", "mirakeller", text="Nobody shall read this")
    control.do("post", "junel", text="@mirakeller nor this")
    page.wait_for_timeout(2_000)
    expect(page.get_by_text("Nobody shall read this")).to_have_count(0)
    expect(page.get_by_text("nor this")).to_have_count(0)

    mira.page.goto(link)
    expect(mira.page.get_by_role("heading", name="This link has been used")).to_be_visible()
    assert (olga.faults, mira.faults) == ([], [])


@pytest.mark.parametrize("width", [360, 1280])
def test_the_pages_of_staff_fit_a_telephone(
    connected: tuple[Site, Sandbox], window: Callable[[int], Page], width: int
) -> None:
    site, _ = connected
    olga = operator(site, window(width))
    page = olga.open("/webhooks/apps/twitter/register/")
    if page.get_by_role("checkbox").count():
        page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Register").click()
    move = f"/webhooks/{Webhook.objects.get().pk}/move/"
    for path in ("/accounts/", "/accounts/add/", "/accounts/invites/", move):
        olga.open(path)
        assert fits(page), path
    assert olga.faults == []
