"""The overview in a browser: it refreshes itself, keeps what a reader has opened, and does what its button says."""

from collections.abc import Callable

from django.utils import timezone
from playwright.sync_api import expect

from aaa_dashboard.deliveries.models import TrafficMinute
from aaa_dashboard.staff.notices.models import Notice, Severity
from tests.deliveries.eventually import eventually

from .conftest import Person, Site


def invalid() -> Notice:
    return Notice.objects.create(
        kind="task-failing", subject="task", severity=Severity.WARNING, title="Events may be missing", text="At noon.",
        remedy="Have X send it again.", url="/gaps/", action="See the gap", raised_at=timezone.now(),
    )  # fmt: skip


def test_an_operator_lands_on_it_and_it_refreshes_itself(site: Site, people: Callable[..., Person]) -> None:
    olga = people("olga", "manage_webhooks")
    olga.page.clock.install()
    page = olga.sign_in("olga", "/overview/?hours=1")
    expect(page.get_by_role("heading", name="What to do first")).to_be_visible()
    page.get_by_text("The same as a table").click()
    page.get_by_role("link", name="All notices").focus()
    expect(page.get_by_role("columnheader", name="New events")).to_be_visible()
    # What it shows next is asked for by itself; the table that was opened stays open, the span that was chosen chosen.
    notice = invalid()
    site.deliver()
    eventually(TrafficMinute.objects.filter(events__gt=0).exists)
    page.clock.fast_forward(10_000)
    expect(page.get_by_text(notice.title)).to_be_visible()
    expect(page.get_by_role("heading", name="Events are flowing")).to_be_visible()
    expect(page.get_by_role("columnheader", name="New events")).to_be_visible()
    expect(page.get_by_role("link", name="All notices")).to_be_focused()
    expect(page.get_by_role("link", name="1 h", exact=True)).to_have_attribute("aria-current", "true")


def test_on_a_telephone_somebody_says_that_they_are_on_it(site: Site, people: Callable[..., Person]) -> None:
    invalid()
    olga = people("olga", "manage_webhooks", width=360)
    page = olga.sign_in("olga", "/overview/")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.get_by_role("button", name="I am on it").click()
    expect(page.get_by_text("olga is on it")).to_be_visible()
    page.get_by_role("link", name="See the gap").click()
    page.wait_for_url("**/gaps/")
