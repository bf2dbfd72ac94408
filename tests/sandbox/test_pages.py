"""The pages in a real browser: act as somebody, see what came of it, switch traffic and faults."""

from collections.abc import Iterator

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from tests.sandbox.control import Control
from tests.sandbox.wire import Receiver, eventually

pytestmark = [pytest.mark.any_database, pytest.mark.browser]


@pytest.fixture
def page(browser: Browser, control: Control) -> Iterator[Page]:
    """A page that complains of nothing: no error of a script, nothing that the policy refused."""
    context = browser.new_context(base_url=control.sandbox.url)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if "400" not in message.text else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


def test_a_person_posts_and_another_answers(page: Page, control: Control, webhook: Receiver) -> None:
    page.goto("/people")
    page.get_by_role("link", name="Mira Keller").click()
    page.get_by_label("Post as @mirakeller").fill("@acme is the ferry on time?")
    page.get_by_role("button", name="Post", exact=True).click()
    expect(page.get_by_role("status")).to_have_text("Posted.")
    post = page.get_by_role("article").filter(has_text="is the ferry on time?")
    expect(post).to_be_visible()

    page.goto("/people/acme")
    post = page.get_by_role("article").filter(has_text="is the ferry on time?")
    post.get_by_text("Reply", exact=True).first.click()
    post.get_by_label("Reply as @acme").fill("Yes.")
    post.get_by_role("button", name="Reply").click()

    expect(page.get_by_role("article").filter(has_text="@mirakeller Yes.")).to_be_visible()
    eventually(lambda: len(webhook.deliveries) == 2)
    assert [one["payload"] for one in control.deliveries()] == [
        "tweet_create_events__post",
        "tweet_create_events__reply",
    ]


def test_everything_else_that_can_be_done_to_a_post(page: Page, control: Control) -> None:
    control.do("post", "acme", text="We are back.")
    page.goto("/people/mirakeller")
    post = page.get_by_role("article").filter(has_text="We are back.").last

    post.get_by_role("button", name="Like").click()
    expect(post.get_by_role("button", name="Liked")).to_be_visible()
    post.get_by_role("button", name="Repost").click()
    expect(page.get_by_role("status")).to_have_text("Reposted.")
    post.get_by_text("Quote", exact=True).first.click()
    post.get_by_label("Quote as @mirakeller").fill("At last!")
    post.get_by_role("button", name="Quote").click()
    own = page.get_by_role("article").filter(has_text="At last!")
    own.get_by_text("Edit", exact=True).first.click()
    own.get_by_label("Edit as @mirakeller").fill("At long last!")
    own.get_by_role("button", name="Edit").click()
    own = page.get_by_role("article").filter(has_text="At long last!")
    expect(own).to_contain_text("Edited")
    own.get_by_role("button", name="Delete").click()
    expect(own).to_have_count(0)

    assert [one["payload"].partition("__")[2] for one in control.deliveries(for_user_id="613278910244360193")] == [
        "post", "like", "repost", "quote", "edited",
    ]  # fmt: skip


def test_relations_and_what_is_impossible(page: Page, control: Control) -> None:
    page.goto("/people/acme")
    mira = page.get_by_role("listitem").filter(has_text="@mirakeller")

    mira.get_by_role("button", name="Follow").click()
    expect(mira.get_by_role("button", name="Following")).to_be_visible()
    mira.get_by_role("button", name="Block").click()
    expect(mira.get_by_role("button", name="Blocked")).to_be_visible()
    expect(mira.get_by_role("button", name="Following")).to_have_count(0)

    page.goto("/people/mirakeller")
    page.get_by_role("listitem").filter(has_text="@acme ").get_by_role("button", name="Follow").first.click()
    expect(page.get_by_role("alert")).to_have_text("@acme has blocked @mirakeller.")
    assert [one["payload"] for one in control.deliveries()] == ["follow_events__follow", "block_events__block"]


def test_a_conversation_from_both_sides(page: Page, control: Control) -> None:
    page.goto("/people/mirakeller/messages/acme_support")
    page.get_by_role("button", name="Let them see you typing").click()
    page.get_by_label("Message as @mirakeller").fill("Hello, where is order 40 221?")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Hello, where is order 40 221?")).to_be_visible()

    page.get_by_role("link", name="Change sides").click()
    page.get_by_role("button", name="Mark as read").click()
    page.get_by_label("Message as @acme_support").fill("On its way.")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("On its way.")).to_be_visible()

    assert [one["payload"].partition("__")[0] for one in control.deliveries()] == [
        "direct_message_indicate_typing_events", "direct_message_events", "direct_message_events",
    ]  # fmt: skip


def test_an_app_is_revoked(page: Page, control: Control) -> None:
    control.json("POST", "tokens", {"user": "northwind"})
    page.goto("/people/northwind")

    page.get_by_role("button", name="Revoke").click()

    expect(page.get_by_text("No app has access to @northwind.")).to_be_visible()
    assert [one["payload"] for one in control.deliveries()] == ["user_event__revoke"]


def test_the_traffic_is_switched(page: Page, control: Control, webhook: Receiver) -> None:
    page.goto("/")
    page.get_by_label("Events a second").fill("50")
    page.get_by_role("button", name="Switch on").click()
    eventually(lambda: len(webhook.deliveries) > 5)

    page.get_by_role("button", name="Switch off").click()

    expect(page.get_by_text("Off", exact=True)).to_be_visible()
    assert control.state()["traffic_per_second"] == 0


def test_a_fault_is_switched_and_seen_on_the_first_page(page: Page, control: Control) -> None:
    page.goto("/faults")
    delay = page.get_by_role("listitem").filter(has_text="Deliveries leave so much later.")
    delay.get_by_label("Seconds").fill("30")
    delay.get_by_role("button", name="Switch on: Delay").click()
    assert control.json("GET", "faults") == {"delayed": {"percent": 100.0, "seconds": 30.0}}

    page.goto("/")
    expect(page.get_by_text("On purpose goes wrong: Delay.")).to_be_visible()
    page.goto("/faults")
    page.get_by_role("button", name="Switch all off").click()

    expect(page.get_by_text("On", exact=True)).to_have_count(0)
    assert control.json("GET", "faults") == {}


def test_a_delivery_is_looked_into(page: Page, control: Control) -> None:
    control.do("post", "acme", text="We are back.")
    eventually(lambda: bool(control.deliveries(state="delivered")))
    page.goto("/deliveries?state=delivered")

    page.get_by_role("link", name="tweet_create_events__post").click()

    expect(page.get_by_text('"text": "We are back."')).to_be_visible()
    expect(page.get_by_role("cell", name="200")).to_be_visible()


def test_requests_are_listed_with_their_answers(page: Page, control: Control) -> None:
    requests.get(f"{control.sandbox.url}/1.1/account_activity/webhooks.json", timeout=30)
    page.goto("/requests")

    row = page.get_by_role("row").filter(has_text="/1.1/account_activity/webhooks.json")
    row.get_by_text("Body").click()

    expect(row.get_by_text("Bad Authentication data.")).to_be_visible()


def test_a_webhook_is_marked_invalid(page: Page, control: Control) -> None:
    eventually(lambda: control.state()["webhooks"][0]["valid"] is True)
    page.goto("/")

    page.get_by_role("button", name="Mark invalid").click()

    expect(page.get_by_text("It was marked invalid; its owner has it validated (PUT).")).to_be_visible()
    assert control.state()["webhooks"][0]["valid"] is False


@pytest.mark.parametrize("path", ["", "people", "people/acme", "deliveries", "requests", "replays", "faults", "guide"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_is_wider_than_a_phone(browser: Browser, control: Control, path: str, scheme: str) -> None:
    control.do("post", "acme", text="A " + "very" * 80 + " long word")
    context = browser.new_context(viewport={"width": 360, "height": 740}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()

    page.goto(f"{control.sandbox.url}/{path}")

    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    context.close()


def test_forms_of_other_pages_do_nothing(control: Control) -> None:
    for path in ("people/acme/act", "traffic", "faults/delayed", "faults/off"):
        answer = requests.post(f"{control.sandbox.url}/{path}", data={"do": "post", "text": "Hello"}, timeout=30)
        assert answer.status_code == 403, path
    assert control.deliveries() == []
