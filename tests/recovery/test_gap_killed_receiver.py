"""A receiver process that is killed leaves a gap that is exact to the seconds between two signs of life."""

import os
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.db.models import F

from aaa_dashboard.deliveries.models import Event, Gap, TrafficMinute
from aaa_dashboard.deliveries.receiver import PULSE_SECONDS
from bench.servers import Server
from tests.deliveries.eventually import eventually
from tests.deliveries.serving import Sender
from tests.recovery.history import History, find, only

# Signs of life are five seconds apart.
pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

BODY = b'{"for_user_id":"1000","tweet_create_events":[{"id_str":"%d"}]}'
AWAY = timedelta(minutes=20)
# Between a sign of life and its row: a busy machine, and a commit.
LATE = timedelta(seconds=20)


def receiver() -> Server:
    """A process of its own, as production runs it, on the test's database."""
    database = connection.settings_dict
    url = f"sqlite:///{database['NAME']}"
    if connection.vendor == "postgresql":
        password = f":{database['PASSWORD']}" if database["PASSWORD"] else ""
        host = f"{database['USER']}{password}@{database['HOST']}:{database['PORT']}"
        url = f"postgres://{host}/{database['NAME']}"
    return Server("aaa_dashboard.asgi:receiver", {**os.environ, "DATABASE_URL": url})


def deliver(server: Server, number: int) -> None:
    sender = Sender(f"http://127.0.0.1:{server.port}/webhook/twitter", secret=os.environ["X_CONSUMER_SECRET"])
    assert sender.post(BODY % (10**18 + number)).status_code == 200


def test_from_the_kill_to_the_next_start(history: History) -> None:
    with receiver() as server:
        deliver(server, 1)
        eventually(lambda: TrafficMinute.objects.filter(deliveries__gt=0).exists(), seconds=60)
        server.kill()
        killed_at = datetime.now(UTC)
    # Nobody waits twenty minutes: what the receiver wrote is moved back instead.
    moved = {name: F(name) - AWAY for name in ("minute", "began_at", "until")}
    TrafficMinute.objects.update(**moved)
    Event.objects.update(received_at=F("received_at") - AWAY)

    started_at = datetime.now(UTC)
    assert only(find(started_at)).state == Gap.State.OPEN
    with receiver() as server:
        deliver(server, 2)
        eventually(lambda: TrafficMinute.objects.filter(until__gt=started_at).exists(), seconds=60)
        gap = only(find(datetime.now(UTC) + timedelta(seconds=15)))

    silent = killed_at - AWAY - gap.began_at
    assert timedelta(0) <= silent <= timedelta(seconds=PULSE_SECONDS) + LATE
    assert gap.cause == Gap.Cause.NO_RECEIVER
    assert gap.state == Gap.State.FOUND
    assert gap.ended_at is not None
    assert started_at <= gap.ended_at <= started_at + timedelta(seconds=60)
