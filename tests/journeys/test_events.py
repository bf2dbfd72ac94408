"""Finding an event and reading it, with the keyboard and on a telephone."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from aaa_dashboard.subscriptions.models import Account
from tests.activity.factory import ACME, Store, message, payload, post

from .conftest import Person, Site

BIG = 9007199254740993123  # a float would make it …992


def test_ids_beyond_two_to_the_53_are_exact_in_the_page_and_in_the_download(site: Site, ada: Person) -> None:
    document = post("exact", id=BIG)
    del document["tweet_create_events"][0]["id_str"]
    site.deliver(document)
    page = ada.sign_in(path="/events/")
    page.get_by_text("Mira Keller").click()
    expect(page.locator("dd .id", has_text=str(BIG))).to_be_visible()
    assert json.loads(page.locator("#raw").inner_text()) == document
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert json.loads(Path(download.value.path()).read_text()) == document


def test_rows_are_walked_and_opened_with_the_keyboard(site: Site, ada: Person) -> None:
    events = Store().many(3)
    page = ada.sign_in(path="/events/")
    for key in ("j", "j", "j", "k"):
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/events/{events[1].pk}/")


def test_the_first_key_leads_past_the_frame_to_the_page(site: Site, ada: Person) -> None:
    page = ada.sign_in(path="/events/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_an_id_is_copied(site: Site, ada: Person) -> None:
    event = Store()(post())
    page = ada.sign_in(path=f"/events/{event.pk}/")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy Post", exact=True).click()
    assert page.evaluate("navigator.clipboard.readText()") == "1991461964141402118"


def test_times_are_told_in_the_zone_of_the_reader(site: Site, ada: Person) -> None:
    event = Store()(post())
    page = ada.sign_in(path=f"/events/{event.pk}/")
    expect(page.locator("dd time").first).to_contain_text("ago")
    assert page.locator("dd time").first.get_attribute("title")


def test_a_direct_message_is_read_by_who_may(site: Site, people: Callable[..., Person]) -> None:
    event = Store()(message("4000 1234"))
    refused = people("ada").sign_in("ada", f"/events/{event.pk}/")
    expect(refused.get_by_text("An administrator can give it to you")).to_be_visible()
    expect(refused.get_by_text("4000 1234")).to_have_count(0)
    allowed = people("rita", "read_direct_messages").sign_in("rita", f"/events/{event.pk}/")
    expect(allowed.locator(".full", has_text="4000 1234")).to_be_visible()
    expect(allowed.get_by_text("Your reading of this message has been recorded.")).to_be_visible()


@pytest.mark.parametrize("width", [320, 360, 768])
def test_nothing_is_wider_than_a_narrow_screen(site: Site, people: Callable[..., Person], width: int) -> None:
    store = Store()
    posts = [store(payload(name)) for name in ("tweet_create_events__extended_media", "tweet_create_events__quote")]
    endless = {"id_str": ACME, "name": "N" * 50, "screen_name": "s" * 15}
    long = store(post("w" * 270, author=ACME, user=endless, quoted_status={"text": "q" * 270, "user": endless}))
    Account.objects.filter(x_user_id=ACME).update(name="N" * 200, screen_name="s" * 64)
    page = people("ada", width=width, is_staff=True).sign_in()
    for path in ("/live/", "/events/", *(f"/events/{event.pk}/" for event in (*posts, long)), "/sign-in/", "/nowhere/"):
        page.goto(site.url + path)
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), path
        for entry in page.locator(".rail a, .rail button").all():
            box = entry.bounding_box()
            assert box is None or box["x"] + box["width"] <= width, path


def test_a_name_that_runs_backwards_leaves_what_stands_beside_it_alone(site: Site, ada: Person) -> None:
    event = Store()(post("abc", user={"id_str": "7", "name": "\u202eevil", "screen_name": "mirakeller"}))
    page = ada.sign_in(path="/events/")
    for path in ("/events/", f"/events/{event.pk}/"):
        page.goto(site.url + path)
        name, handle = page.locator("bdi", has_text="evil").last, page.get_by_text("@mirakeller").first
        name_box, handle_box = name.bounding_box(), handle.bounding_box()
        assert name_box
        assert handle_box
        # Left to right: had the name its way, the handle would stand mirrored before it.
        assert handle_box["x"] >= name_box["x"] + name_box["width"]


def test_coming_back_finds_the_account_that_the_page_shows(site: Site, ada: Person) -> None:
    Store()
    page = ada.sign_in(path="/events/")
    for _ in range(2):
        page.get_by_label("Account").select_option("@acme")
        page.wait_for_url(f"**/events/?account={ACME}")
        page.go_back()
        page.wait_for_url("**/events/")
        expect(page.get_by_label("Account")).to_have_value("")


def test_no_page_breaks_its_own_content_policy(site: Site, people: Callable[..., Person]) -> None:
    person = people("root", is_staff=True, is_superuser=True)
    event = Store()(post())
    page = person.sign_in("root")
    for path in ("/events/", f"/events/{event.pk}/", "/admin/", "/admin/deliveries/event/", "/admin/webhooks/app/",
                 f"/admin/deliveries/event/{event.pk}/change/", "/admin/auth/user/add/", "/nowhere/"):  # fmt: skip
        page.goto(site.url + path)
    assert person.faults == []
