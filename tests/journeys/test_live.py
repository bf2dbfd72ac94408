"""Live in a real browser: what X delivers appears by itself and nothing is missed."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.activity.factory import ACME, Store, message, post

from .conftest import Person, Site


def connected(page: Page) -> None:
    expect(page.get_by_role("status")).to_have_text("Connected")


def test_a_delivery_appears_by_itself(site: Site, ada: Person) -> None:
    page = ada.sign_in()
    connected(page)
    expect(page.get_by_text("No event has come yet")).to_be_visible()
    site.deliver(post("Where is my parcel?"))
    row = page.locator(".row")
    expect(row).to_contain_text("Where is my parcel?")
    expect(row).to_contain_text("Mira Keller")
    expect(page.get_by_text("No event has come yet")).to_be_hidden()
    expect(page.get_by_text("events a second")).to_be_visible()


def test_the_newest_stands_on_top(site: Site, ada: Person) -> None:
    page = ada.sign_in()
    connected(page)
    for number in range(3):
        site.deliver(post(f"number {number}", id_str=str(100 + number)))
    expect(page.locator(".row .text")).to_have_text(["number 2", "number 1", "number 0"])


def test_a_pause_counts_what_waits_and_then_shows_it(site: Site, ada: Person) -> None:
    page = ada.sign_in()
    connected(page)
    page.keyboard.press("Space")
    for _ in range(3):
        site.deliver()
    expect(page.get_by_role("status")).to_have_text("Paused · 3 waiting")
    expect(page.locator(".row")).to_have_count(0)
    page.get_by_role("button", name="Go on").click()
    connected(page)
    expect(page.locator(".row")).to_have_count(3)


def test_after_the_server_was_away_nothing_is_missing(site: Site, ada: Person) -> None:
    page = ada.sign_in()
    connected(page)
    site.deliver(post("before"))
    expect(page.locator(".row")).to_have_count(1)
    site.stop()
    expect(page.get_by_role("status")).to_have_text("Reconnecting…")
    Store()(post("meanwhile"))
    site.start()
    site.deliver(post("after", id_str="7"))
    expect(page.locator(".row .text")).to_have_text(["after", "meanwhile", "before"])
    connected(page)


def test_filters_live_in_the_address_and_hold_for_what_comes(site: Site, ada: Person) -> None:
    page = ada.sign_in()
    page.get_by_role("link", name="Messages", exact=True).click()
    page.wait_for_url("**/live/?category=messages")
    connected(page)
    site.deliver(post())
    site.deliver(message("4000 1234"))
    expect(page.locator(".row")).to_have_count(1)
    expect(page.locator(".row")).to_contain_text("you need the permission “Read direct messages”")
    page.reload()
    expect(page.locator(".row")).to_have_count(1)


def test_an_account_can_be_chosen(site: Site, ada: Person) -> None:
    Store()
    page = ada.sign_in()
    page.get_by_label("Account").select_option("@acme")
    page.wait_for_url(f"**/live/?account={ACME}")
    connected(page)
    site.deliver(post("for another"))
    site.deliver(post("for us", for_user_id=ACME))
    expect(page.locator(".row .text")).to_have_text(["for us"])


def test_a_page_holds_two_hundred_rows_and_leads_on(site: Site, ada: Person) -> None:
    page = ada.sign_in()
    connected(page)
    for held in (90, 180, 200):
        Store().many(90)
        expect(page.locator(".row")).to_have_count(held)
    page.get_by_role("link", name="Older events are in Events").click()
    page.wait_for_url("**/events/")
    expect(page.locator(".row")).to_have_count(50)


def test_a_sign_in_that_has_ended_is_said(site: Site, ada: Person) -> None:
    page = ada.sign_in()
    connected(page)
    page.context.clear_cookies()
    site.stop()
    site.start()
    expect(page.get_by_role("status")).to_have_text("Signed out")
    page.get_by_role("link", name="Sign in again").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


@pytest.mark.slow  # the server asks every 15 seconds
def test_signing_out_in_one_tab_ends_live_in_the_others(site: Site, ada: Person) -> None:
    page = ada.sign_in()
    connected(page)
    other = page.context.new_page()
    other.goto(f"{site.url}/events/")
    other.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("status")).to_have_text("Signed out", timeout=60_000)


def test_two_people_see_the_same(site: Site, people: Callable[..., Person]) -> None:
    pages = [people(name).sign_in(name) for name in ("ada", "bob")]
    for page in pages:
        connected(page)
    site.deliver(post("for all"))
    for page in pages:
        expect(page.locator(".row .text")).to_have_text(["for all"])
