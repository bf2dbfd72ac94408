"""Asking for a replay in a browser: times of the reader's zone, what will happen, a page that keeps itself fresh."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.utils import timezone
from playwright.sync_api import Browser, expect

from aaa_dashboard.audit import Actor
from aaa_dashboard.replays import ending
from aaa_dashboard.replays.models import Replay
from aaa_dashboard.replays.windows import down
from aaa_dashboard.webhooks.models import Webhook, ensure_first_app

from .conftest import PASSWORD, Person, Site

INDIA = timedelta(hours=5, minutes=30)


@pytest.fixture
def zone() -> str:
    """Where she is."""
    return "Asia/Kolkata"


@pytest.fixture
def olga(site: Site, browser: Browser, zone: str) -> Iterator[Person]:
    """An operator who has a webhook that is to be replayed to."""
    app = ensure_first_app()
    Webhook.objects.create(app=app, x_id="1095098195724558337", url=app.receive_url, valid=True)
    user = User.objects.create_user("olga", password=PASSWORD)
    user.user_permissions.set(Permission.objects.filter(codename="manage_webhooks"))
    person = Person(browser.new_context(timezone_id=zone, locale="en-GB").new_page(), site)
    yield person
    person.page.context.close()
    assert person.faults == []


def test_a_window_is_typed_in_the_reader_s_time_and_explained_before_it_is_asked_for(olga: Person) -> None:
    page = olga.sign_in("olga", "/replays/new/")
    page.get_by_role("link", name="Last hour").click()
    begin = down(timezone.now()) - timedelta(hours=3)
    chosen = page.url.partition("begin=")[2][:16]
    expect(page.locator("#utc-begin")).to_contain_text(f"{chosen[11:].replace('%3A', ':')} UTC")
    page.get_by_label("From").fill((begin + INDIA).strftime("%Y-%m-%dT%H:%M"))
    expect(page.locator("#utc-begin")).to_contain_text(f"{begin:%H:%M} UTC")
    expect(page.locator("#plan")).to_contain_text("X is asked 2 times")
    page.get_by_role("button", name="Request it").click()
    page.wait_for_url("**/replays/*/")
    assert Replay.objects.get().from_date == begin
    title = page.get_by_role("heading", level=1)
    expect(title).to_contain_text(f"{begin + INDIA:%H:%M}")
    expect(title).to_contain_text("GMT+5:30")
    in_utc = re.compile(f"^{begin:%-d %b %H:%M} – .* UTC$")
    expect(title.locator(".window")).to_have_attribute("title", in_utc)


@pytest.mark.parametrize("zone", ["Europe/Berlin"])
def test_an_hour_that_came_twice_is_the_one_that_a_link_means_and_the_first_when_typed(olga: Person) -> None:
    page = olga.sign_in("olga", "/replays/new/?begin=2026-10-25T00:30Z&end=2026-10-25T01:30Z")
    begin, end = page.get_by_label("From"), page.get_by_label("To", exact=False)
    expect(begin).to_have_value("2026-10-25T02:30")
    expect(end).to_have_value("2026-10-25T02:30")
    expect(page.locator("#utc-begin")).to_have_text("25 Oct 00:30 UTC.")
    expect(page.locator("#utc-end")).to_have_text("25 Oct 01:30 UTC.")
    with page.expect_request(lambda request: request.method == "POST") as sent:
        page.get_by_role("button", name="Request it").click()
    assert sent.value.post_data
    assert "begin=2026-10-25T00%3A30%3A00.000Z&end=2026-10-25T01%3A30%3A00.000Z" in sent.value.post_data
    expect(page.locator("#plan")).to_contain_text("X keeps deliveries for 5 days")
    expect(page.locator("#utc-end")).to_have_text("25 Oct 01:30 UTC.")
    begin.fill("2026-10-25T02:45")
    expect(page.locator("#utc-begin")).to_have_text("25 Oct 00:45 UTC. 02:45 came twice that night: this is the first.")
    begin.fill("2026-03-29T02:45")
    expect(page.locator("#utc-begin")).to_contain_text("There was no 02:45 that night")


@pytest.mark.parametrize("zone", ["America/New_York"])
def test_a_time_that_is_pasted_is_read_with_its_zone(olga: Person) -> None:
    page = olga.sign_in("olga", "/replays/new/")
    page.evaluate(
        """() => {
          const clipboardData = new DataTransfer();
          clipboardData.setData("text", " 2026-11-01T06:30:20Z ");
          const paste = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
          document.getElementById("id_begin").dispatchEvent(paste);
        }"""
    )
    expect(page.get_by_label("From")).to_have_value("2026-11-01T01:30")  # the second one of that night
    expect(page.locator("#utc-begin")).to_have_text("1 Nov 06:30 UTC.")


def test_an_emptied_field_takes_the_plan_with_it(olga: Person) -> None:
    page = olga.sign_in("olga", "/replays/new/")
    page.get_by_role("link", name="Last hour").click()
    expect(page.locator("#plan")).to_contain_text("X is asked once")
    page.get_by_label("From").fill("")
    expect(page.locator("#plan")).to_contain_text("Choose a window")


def test_a_replay_s_page_says_aloud_what_changed_and_then_rests(olga: Person, site: Site) -> None:
    page = olga.sign_in("olga", "/replays/new/")
    page.get_by_role("link", name="Last hour").click()
    page.get_by_role("button", name="Request it").click()
    expect(page.locator("#progress")).to_contain_text("Waiting")
    expect(page.locator("#said")).to_be_empty()
    ending.cancel(Replay.objects.get(), by=Actor("sam"), now=timezone.now())
    expect(page.locator("#said")).to_have_text("It was cancelled.")
    expect(page.locator("#progress")).to_contain_text("Cancelled")
    assert page.locator("#progress").get_attribute("hx-get") is None


@pytest.mark.parametrize("path", ["/replays/", "/replays/new/"])
def test_nothing_is_wider_than_a_telephone(olga: Person, path: str) -> None:
    page = olga.sign_in("olga", path)
    page.set_viewport_size({"width": 360, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
