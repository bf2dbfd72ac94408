"""Health in a browser: it refreshes itself in place, runs a task, and says when it is out of date."""

from collections.abc import Callable

from django.conf import settings
from django.utils import timezone
from playwright.sync_api import expect

from aaa_dashboard.staff.models import TaskRun
from aaa_dashboard.staff.schedule import install

from .conftest import Person, Site

TASK = "staff.tell"
REFRESHED = 5_000
"""Milliseconds after which the page asks again."""


def told_the_time(person: Person) -> Person:
    """Somebody whose page goes by a clock that the test moves on."""
    person.page.clock.install()
    return person


def test_it_refreshes_itself_and_leaves_the_reader_where_they_are(site: Site, people: Callable[..., Person]) -> None:
    install(settings.SCHEDULE, timezone.now())
    page = told_the_time(people("olga", "manage_webhooks")).sign_in("olga", "/health/")
    button = page.get_by_role("button", name=f"Run {TASK} now")
    button.focus()
    scrolled = page.evaluate("scrollY")
    TaskRun.objects.create(task=TASK, outcome="failed", failures_in_a_row=2, error="The mail server is away.")
    page.clock.fast_forward(REFRESHED)
    expect(page.get_by_text("It failed 2 times in a row. The mail server is away.")).to_be_visible()
    expect(button).to_be_focused()
    assert page.evaluate("scrollY") == scrolled


def test_it_says_when_it_is_out_of_date(site: Site, people: Callable[..., Person]) -> None:
    page = told_the_time(people("olga", width=360)).sign_in("olga", "/health/")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    note = page.get_by_text("this page shows what was last known")
    expect(note).to_be_hidden()
    page.route("**/health/", lambda route: route.abort())
    page.clock.fast_forward(REFRESHED)
    expect(note).to_be_visible()
    page.unroute("**/health/")
    page.clock.fast_forward(REFRESHED)
    expect(note).to_be_hidden()


def test_when_the_session_is_over_it_asks_for_a_sign_in(site: Site, people: Callable[..., Person]) -> None:
    page = told_the_time(people("olga")).sign_in("olga", "/health/")
    page.context.clear_cookies()
    page.clock.fast_forward(REFRESHED)
    page.wait_for_url("**/sign-in/**")
