"""What /metrics tells of all processes together: from the database, seldom, in bounded time, never in the way."""

import asyncio
import re
import threading
import time
from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest
import requests
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client.core import Metric

from aaa_dashboard import asgi
from aaa_dashboard.asgi import Entry
from aaa_dashboard.deliveries import metrics
from aaa_dashboard.deliveries.metrics import AllTogether
from aaa_dashboard.deliveries.models import Gap, TrafficMinute
from aaa_dashboard.deliveries.traffic import minute_of
from aaa_dashboard.webhooks.models import App, Webhook
from tests.deliveries.serving import serving
from tests.environment import ROOT

MINUTE = timedelta(minutes=1)


@pytest.fixture
def app(db: None) -> App:
    return App.objects.get_or_create(slug="twitter", defaults={"name": "Default"})[0]


def count(app: App, minute: datetime, receiver: str, deliveries: int, **refusals: int) -> TrafficMinute:
    return TrafficMinute.objects.create(
        app=app, minute=minute, receiver=receiver, until=minute + MINUTE, deliveries=deliveries, events=deliveries * 2,
        duplicates=1, unsplit=0, crcs=0, refusals=refusals,
    )  # fmt: skip


def told(now: datetime) -> dict[str, float]:
    """Each value by what Prometheus would call it."""
    values = {}
    for metric in metrics.collect(now):
        for sample in metric.samples:
            labels = ",".join(sample.labels.values())
            values[f"{sample.name}[{labels}]" if labels else sample.name] = sample.value
    return values


def test_the_last_full_minute_is_summed_over_all_receivers(app: App) -> None:
    now = timezone.now()
    last = minute_of(now) - MINUTE
    count(app, last, "one", 10, signature=2)
    count(app, last, "two", 5, signature=1, queue=4)
    count(app, last - MINUTE, "one", 100)
    count(app, minute_of(now), "one", 1000)
    values = told(now)
    assert (values["aaa_last_minute_deliveries"], values["aaa_last_minute_events"]) == (15, 30)
    assert values["aaa_last_minute_duplicates"] == 2
    assert values["aaa_last_minute_refusals[signature]"] == 3
    assert values["aaa_last_minute_refusals[queue]"] == 4


def test_silence_is_counted_from_what_a_receiver_last_wrote(app: App) -> None:
    now = timezone.now()
    row = count(app, minute_of(now), "one", 0)
    TrafficMinute.objects.filter(pk=row.pk).update(until=now - timedelta(seconds=42))
    assert told(now)["aaa_receiver_silence_seconds"] == pytest.approx(42)


def test_without_any_receiver_ever_there_is_no_silence_to_count(db: None) -> None:
    assert "aaa_receiver_silence_seconds" not in told(timezone.now())


def test_webhooks_and_gaps_are_told(app: App) -> None:
    now = timezone.now()
    valid = Webhook.objects.create(app=app, x_id="1", url="https://one.example/", valid=True)
    Webhook.objects.create(app=app, x_id="2", url="https://two.example/", valid=False)
    Webhook.objects.create(app=app, x_id="3", url="https://gone.example/", valid=False, deleted_at=now)
    for state in (Gap.State.OPEN, Gap.State.RECOVERED):
        Gap.objects.create(
            webhook=valid, cause=Gap.Cause.SILENCE, began_at=now - timedelta(hours=1 + len(state)), state=state,
            state_since=now,
        )  # fmt: skip
    values = told(now)
    assert [values["aaa_webhook_valid[twitter,1]"], values["aaa_webhook_valid[twitter,2]"]] == [1, 0]
    assert "aaa_webhook_valid[twitter,3]" not in values
    assert [values["aaa_gaps[open]"], values["aaa_gaps[found]"]] == [1, 0]


def test_a_scrape_costs_four_queries_and_counts_no_events(app: App) -> None:
    for number in range(20):
        count(app, minute_of(timezone.now()) - number * MINUTE, "one", 1)
        Webhook.objects.create(app=app, x_id=f"{number}", url=f"https://one.example/{number}")
    with CaptureQueriesContext(connection) as captured:
        told(timezone.now())
    assert len(captured) == 4
    assert not any("deliveries_event" in query["sql"] for query in captured.captured_queries)


@pytest.mark.parametrize("kind", ["receiver", "web"])
def test_every_process_tells_what_holds_for_all(transactional_db: None, kind: str) -> None:
    app = App.objects.get_or_create(slug="twitter", defaults={"name": "Default"})[0]
    this = minute_of(timezone.now())
    for minute in (this - MINUTE, this):  # which may be the last one when it is asked for
        count(app, minute, "another", 7)
    with serving(asgi.receiver if kind == "receiver" else asgi.web) as url:
        text = requests.get(f"{url}/metrics", timeout=30).text
    assert "aaa_last_minute_deliveries 7.0" in text
    assert "aaa_shared_complete 1.0" in text
    assert "aaa_workers 0.0" in text


class Database:
    """Answers after a while, or not, and counts who asks."""

    def __init__(self) -> None:
        self.asked = 0
        self.is_away = False
        self.answer = threading.Event()
        self.answer.set()

    def collect(self, _now: datetime) -> Iterable[Metric]:
        self.asked += 1
        self.answer.wait(60)
        if self.is_away:
            raise OperationalError("a name that nobody needs to know")
        return []


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> Database:
    monkeypatch.setattr(metrics, "PATIENCE_SECONDS", 0.2)
    return Database()


@pytest.mark.any_database
def test_several_scrapes_ask_once(database: Database) -> None:
    async def scrape() -> None:
        all_together = AllTogether([database.collect])
        await asyncio.gather(*(all_together.text() for _ in range(5)))
        await all_together.text()

    asyncio.run(scrape())
    assert database.asked == 1


@pytest.mark.any_database
def test_a_database_that_hangs_is_said_in_time_and_not_asked_twice(database: Database) -> None:
    database.answer.clear()

    async def scrape() -> list[str]:
        all_together = AllTogether([database.collect])
        began = time.monotonic()
        hanging = [await all_together.text(), await all_together.text()]
        assert time.monotonic() - began < 30
        database.answer.set()
        assert all_together._asking is not None
        await all_together._asking
        return [*hanging, await all_together.text()]

    first, second, after = asyncio.run(scrape())
    assert "aaa_shared_complete 0.0" in first
    assert "aaa_shared_complete 0.0" in second
    assert "aaa_shared_complete 1.0" in after
    assert database.asked == 2


@pytest.mark.any_database
def test_a_database_that_is_away_is_said(database: Database) -> None:
    database.is_away = True
    text = asyncio.run(AllTogether([database.collect]).text())
    assert "aaa_shared_complete 0.0" in text
    assert "nobody needs to know" not in text


def test_the_receiver_goes_on_while_metrics_are_asked(server: str, entry: Entry) -> None:
    asked = Database()
    asked.answer.clear()
    entry._probes._all_together = AllTogether([asked.collect])
    scrape = threading.Thread(target=lambda: requests.get(f"{server}/metrics", timeout=90))
    scrape.start()
    try:
        while not asked.asked:
            time.sleep(0.01)
        assert requests.get(f"{server}/healthz", timeout=30).status_code == 200
    finally:
        asked.answer.set()
        scrape.join()


def test_every_metric_is_in_the_documents(server: str) -> None:
    told = re.findall(r"^# TYPE (\w+)", requests.get(f"{server}/metrics", timeout=30).text, flags=re.MULTILINE)
    document = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    assert len(told) > 20
    assert [name for name in told if f"`{name}" not in document] == []
