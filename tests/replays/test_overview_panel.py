"""The overview shows which replays wait and run, and leads to them."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from aaa_dashboard.replays.models import Replay
from aaa_dashboard.webhooks.models import App, Webhook

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.django_db
def test_open_replays_are_on_the_overview_and_ended_ones_are_not(admin_client: Client) -> None:
    assert "No replay waits or runs." in admin_client.get("/overview/").content.decode()
    app = App.objects.get_or_create(slug="twitter", defaults={"name": "Acme Care"})[0]
    webhook = Webhook.objects.create(app=app, x_id="1", url="https://acme.example/webhook/twitter", valid=True)
    for hours, state in enumerate(("running", "waiting", "complete")):
        begin = AT + timedelta(hours=hours)
        Replay.objects.create(webhook=webhook, from_date=begin, to_date=begin + timedelta(hours=1), state=state)
    page = admin_client.get("/overview/").content.decode()
    for words in ("Running", "1 March 12:00 to 1 March 13:00 UTC", "Waiting", "1 March 13:00 to 1 March 14:00 UTC"):
        assert words in page
    assert "1 March 14:00 to 1 March 15:00 UTC" not in page
    assert f'href="/replays/{Replay.objects.get(state="running").pk}/"' in page
