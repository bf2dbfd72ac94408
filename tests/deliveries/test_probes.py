"""What watchers are told, and who is told what."""

import time

import pytest
import requests
from django.conf import LazySettings
from django.core.asgi import get_asgi_application
from django.db import DEFAULT_DB_ALIAS, OperationalError, connection, connections
from django.db.migrations.recorder import MigrationRecorder

from aaa_dashboard.asgi import Entry
from aaa_dashboard.deliveries import probes
from aaa_dashboard.deliveries.models import TrafficMinute
from tests.deliveries.serving import Sender, serving

BODY = b'{"for_user_id":"1","tweet_create_events":[{"id_str":"1924464219999999999"}]}'


def _get(url: str, **headers: str) -> requests.Response:
    return requests.get(url, headers={name.replace("_", "-"): value for name, value in headers.items()}, timeout=30)


def test_a_process_that_is_up_says_so(server: str) -> None:
    answer = _get(f"{server}/healthz")
    assert (answer.status_code, answer.text) == (200, "up\n")


def test_a_process_that_can_store_is_ready(server: str) -> None:
    assert _get(f"{server}/readyz").status_code == 200


def test_a_process_that_cannot_reach_the_database_is_not_ready_and_says_why(
    server: str, entry: Entry, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        raise ConnectionError("a name and an address that nobody needs to know")

    monkeypatch.setitem(entry._probes._checks, "database", away)
    answer = _get(f"{server}/readyz")
    assert (answer.status_code, answer.text) == (503, "database: ConnectionError\n")


def test_a_process_before_its_migrations_is_not_ready_and_says_so_until_they_were_applied(server: str) -> None:
    recorder = MigrationRecorder(connection)
    last = recorder.migration_qs.filter(app="deliveries").latest("pk").name
    recorder.record_unapplied("deliveries", last)
    try:
        answer = _get(f"{server}/readyz")
    finally:
        recorder.record_applied("deliveries", last)
    assert (answer.status_code, answer.text) == (503, "database: migrations are missing: run “manage.py migrate”\n")
    assert _get(f"{server}/readyz").status_code == 200


@pytest.mark.skipif(connection.vendor != "postgresql", reason="of PostgreSQL alone")
def test_what_the_server_says_is_told_and_not_that_the_pool_took_too_long(
    server: str, entry: Entry, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        raise OperationalError("couldn't get a connection after 5.00 sec")

    wrapper = type(connections[DEFAULT_DB_ALIAS])
    parameters = wrapper.get_connection_params
    monkeypatch.setattr(
        wrapper, "get_connection_params", lambda self: parameters(self) | {"user": "nobody_of_that_name"}
    )
    monkeypatch.setitem(entry._probes._checks, "database", away)
    assert _get(f"{server}/readyz").text == "database: the server does not know the role\n"


def test_a_writer_whose_last_commit_failed_is_not_ready(server: str, entry: Entry) -> None:
    assert entry._receiver is not None
    entry._receiver.writer.last_error = "OperationalError"
    answer = _get(f"{server}/readyz")
    assert answer.status_code == 503
    assert "writer" in answer.text


def test_a_writer_that_waits_for_a_silent_database_is_not_ready(server: str, entry: Entry) -> None:
    assert entry._receiver is not None
    entry._receiver.writer.busy_since = time.monotonic() - 60
    answer = _get(f"{server}/readyz")
    assert answer.status_code == 503
    assert answer.text.startswith("writer: has been waiting for the database for 60 s")


def test_a_receiver_is_ready_without_the_broker_but_the_dashboard_is_not(
    transactional_db: None, settings: LazySettings
) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    with serving(Entry(None)) as url:
        assert _get(f"{url}/readyz").status_code == 200
    with serving(Entry(get_asgi_application())) as url:
        answer = _get(f"{url}/readyz")
        assert (answer.status_code, answer.text) == (503, "broker: ConnectionError\n")


def test_a_check_that_hangs_is_not_waited_for(server: str, entry: Entry, monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    release = threading.Event()
    monkeypatch.setattr(probes, "CHECK_SECONDS", 0.1)
    monkeypatch.setitem(entry._probes._checks, "database", lambda: release.wait(60))
    try:
        assert _get(f"{server}/readyz").text == "database: no answer in 0.1 s\n"
    finally:
        release.set()


def test_metrics_count_what_came(server: str) -> None:
    sender = Sender(f"{server}/webhook/twitter")
    sender.post(BODY)
    sender.post(BODY)
    sender.post(BODY, x_twitter_webhooks_signature="sha256=forged")
    text = _get(f"{server}/metrics").text
    for line in (
        "aaa_deliveries_total 2.0",
        "aaa_events_total 1.0",
        "aaa_duplicates_total 1.0",
        'aaa_refusals_total{reason="wrong signature"} 1.0',
        "aaa_queued_deliveries 0.0",
    ):
        assert line in text


def test_metrics_are_not_for_everybody(server: str, settings: LazySettings) -> None:
    assert _get(f"{server}/metrics", x_forwarded_for="203.0.113.7").status_code == 403
    settings.METRICS_TOKEN = "for the scraper"
    assert _get(f"{server}/metrics", x_forwarded_for="203.0.113.7").status_code == 403
    wrong = _get(f"{server}/metrics", x_forwarded_for="203.0.113.7", authorization="Bearer another")
    assert wrong.status_code == 403
    right = _get(f"{server}/metrics", x_forwarded_for="203.0.113.7", authorization="Bearer for the scraper")
    assert right.status_code == 200


def test_probes_are_read_only(server: str) -> None:
    answer = requests.post(f"{server}/readyz", timeout=30)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


def test_the_pages_alone_do_not_count_as_a_receiver(transactional_db: None) -> None:
    with serving(Entry(get_asgi_application(), receives=False)) as url:
        assert _get(f"{url}/healthz").status_code == 200
        assert "aaa_deliveries" not in _get(f"{url}/metrics").text
        assert Sender(f"{url}/webhook/twitter").post(BODY).status_code == 404
    assert not TrafficMinute.objects.exists()
