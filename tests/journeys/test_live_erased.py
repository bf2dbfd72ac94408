"""What is erased leaves Live in a real browser: on pages that watch, that pause, and that come back."""

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from aaa_dashboard.deliveries.models import Event
from aaa_dashboard.deliveries.takedown import index, requests
from aaa_dashboard.deliveries.takedown.models import Tombstone
from tests.activity.factory import Store, post
from tests.recovery.erasure import run_by_itself

from .conftest import Person, Site
from .test_live import connected

POST = "1991461964141402118"
WORDS = "What nobody may read any more"
LEFT = "A post that was deleted at X"


def erase() -> None:
    """Do what workers do within a minute or two when X says that the post was deleted."""
    requests.bury(POST, Tombstone.Why.DELETED, timezone.now())
    run_by_itself(timezone.now())


@pytest.fixture
def page(ada: Person, site: Site) -> Page:
    """Live, with the post and another one on it from the start."""
    Store()(post(WORDS))
    Store()(post("Another one", id_str="7"))
    page = ada.sign_in()
    connected(page)
    expect(page.locator(".row .text")).to_have_text(["Another one", WORDS])
    return page


def test_the_row_becomes_what_a_reload_would_show(page: Page) -> None:
    erase()
    expect(page.locator(".row .text")).to_have_text(["Another one", LEFT])
    shown = page.locator(".row", has_text=LEFT).inner_text()
    page.reload()
    expect(page.locator(".row .text")).to_have_text(["Another one", LEFT])
    assert page.locator(".row", has_text=LEFT).inner_text().split("\n")[:4] == shown.split("\n")[:4]


def test_whoever_stands_on_the_row_goes_on_standing_there(page: Page) -> None:
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator(".row", has_text=WORDS).locator(".who")).to_be_focused()
    erase()
    expect(page.locator(".row", has_text=LEFT).locator(".who")).to_be_focused()


def test_an_event_that_left_leaves_the_page(page: Page) -> None:
    Event.objects.all().delete()
    expect(page.locator(".row")).to_have_count(0)
    expect(page.get_by_text("No event has come yet")).to_be_visible()


def test_a_pause_holds_nothing_back_that_was_erased(page: Page, site: Site) -> None:
    page.keyboard.press("Space")
    quoted = post("What do you say?", id_str="8", quoted_status=post(WORDS)["tweet_create_events"][0])
    site.deliver(quoted)
    expect(page.get_by_role("status")).to_have_text("Paused · 1 waiting")
    erase()
    expect(page.get_by_text(WORDS)).to_have_count(0)
    page.keyboard.press("Space")
    expect(page.locator(".row .text")).to_have_text(["What do you say?", f"“{LEFT}”", "Another one", LEFT])


def test_a_page_that_lost_its_connection_is_told_when_it_is_back(page: Page, site: Site) -> None:
    site.deliver(post("came by itself", id_str="9"))
    expect(page.locator(".row")).to_have_count(3)
    site.stop()
    expect(page.get_by_role("status")).to_have_text("Reconnecting…")
    erase()
    Event.objects.filter(payload__contains="came by itself").delete()
    index.follow(timezone.now())
    site.start()
    expect(page.locator(".row .text")).to_have_text(["Another one", LEFT], timeout=20_000)
    connected(page)
