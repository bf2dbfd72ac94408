"""Somebody who opens a page signs in and is where they wanted to be."""

from playwright.sync_api import expect

from .conftest import PASSWORD, Person, Site


def test_the_form_leads_on_to_the_page_that_was_opened(site: Site, ada: Person) -> None:
    page = ada.open("/events/?category=likes")
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/events/?category=likes")
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
