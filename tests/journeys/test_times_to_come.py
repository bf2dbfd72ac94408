"""A time that is still to come is told as such, in the zone of the reader."""

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
