"""Times in the zone of the reader: one that is still to come, and one since when something is so."""

import re
from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import expect

from aaa_dashboard.webhooks.models import App, Webhook
from tests.journeys.conftest import Person, Site


def test_the_next_attempt_is_told_by_how_long_it_is_until_then(site: Site, ada: Person) -> None:
    app, _ = App.objects.get_or_create(slug="twitter", defaults={"name": "First app"})
    webhook = Webhook.objects.create(
        app=app, x_id="1", url="https://hooks.example/webhook/twitter", failures=3, finding="Nobody answers there.",
        next_attempt_at=timezone.now() + timedelta(minutes=8),
    )  # fmt: skip
    page = ada.sign_in(path=f"/webhooks/{webhook.pk}/")
    trouble = page.get_by_label("Trouble")
    expect(trouble.locator("time")).to_have_text(re.compile("^in [678] min$"))
    assert trouble.locator("time").get_attribute("title")
    expect(trouble).to_contain_text("Nobody answers there.")


def test_since_when_is_told_by_the_moment(site: Site, ada: Person) -> None:
    app, _ = App.objects.get_or_create(slug="twitter", defaults={"name": "First app"})
    Webhook.objects.create(
        app=app, x_id="1", url="https://hooks.example/webhook/twitter", valid=True, valid_since=timezone.now()
    )
    page = ada.sign_in(path="/webhooks/")
    hook = page.locator(".hook")
    expect(hook).to_contain_text(re.compile(r"valid since \d+:\d\d"))
    expect(hook.locator("time").first).to_have_attribute("title", re.compile("20"))


def test_every_column_of_how_long_things_are_kept_is_seen_on_a_telephone(site: Site, ada: Person) -> None:
    page = ada.sign_in(path="/retention/")
    page.set_viewport_size({"width": 360, "height": 800})
    table = page.locator(".scrolls")
    assert table.evaluate("one => one.scrollWidth <= one.clientWidth")
    expect(table.get_by_role("cell").nth(4)).to_be_in_viewport()
