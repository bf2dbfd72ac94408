"""A database that goes away costs no acknowledged delivery, and comes back without a restart."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests
from django.db import connection

from aaa_dashboard.deliveries.models import Event
from aaa_dashboard.deliveries.store.postgresql import APPLICATION_NAME
from tests.deliveries.eventually import eventually
from tests.deliveries.serving import Sender
from tests.sandbox.wire import free_port

BODY = b'{"for_user_id":"1","tweet_create_events":[{"id_str":"%d"}]}'


def _cut_the_connection_of_the_writer() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND application_name = %s",
            [APPLICATION_NAME],
        )
        return len(cursor.fetchall())


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no connections to cut")
def test_a_cut_connection_is_not_noticed_by_the_sender(sender: Sender) -> None:
    for number in range(5):
        assert sender.post(BODY % (10**18 + number)).status_code == 200
        assert _cut_the_connection_of_the_writer() == 1
    assert Event.objects.count() == 5


@contextmanager
def _receiver(database_url: str) -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "aaa_dashboard.asgi:receiver", "--port", str(port)]
    environment = os.environ | {"DATABASE_URL": database_url}
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"

    def is_up() -> bool:
        try:
            return requests.get(f"{url}/healthz", timeout=30).ok
        except requests.ConnectionError:
            return False

    try:
        eventually(is_up, seconds=60)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=60)


@pytest.mark.any_database
def test_a_receiver_starts_without_its_database_answers_challenges_and_lets_deliveries_come_again() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
        with _receiver(f"postgres://nobody@127.0.0.1:{nobody.getsockname()[1]}/none") as url:
            sender = Sender(f"{url}/webhook/twitter", secret=os.environ["X_CONSUMER_SECRET"])
            assert sender.request("GET", params={"crc_token": "token"}).status_code == 200

            def refused() -> float:
                answer = sender.post(BODY % 10**18)
                assert (answer.status_code, answer.text) == (503, "database away")
                return answer.elapsed.total_seconds()

            # X waits 3 s. The machine may be busy, though hardly three times.
            assert any(refused() < 3 for _ in range(3))
            assert requests.get(f"{url}/readyz", timeout=30).status_code == 503
