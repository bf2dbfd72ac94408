"""A receiver that is told to stop finishes what it accepted, and only that."""

import time

import pytest

from bench.databases import Database
from bench.load import LoadProcess
from tests.crash.conftest import Situation

pytestmark = [pytest.mark.slow, pytest.mark.any_database]

DELIVERIES = 40_000  # more than a receiver stores before it is stopped


def test_a_stop_under_load_stores_and_answers_everything_that_was_accepted(
    database: Database, situation: Situation
) -> None:
    with situation.receiver() as server, LoadProcess(situation.plan(server, DELIVERIES)) as load:
        load.wait_until_sending()
        time.sleep(0.5)  # of load
        took = server.terminate(seconds=10)
        outcome = load.outcome()
        printed = server.printed()

    comparison = database.compare(outcome.acknowledged)
    print(f"ended after {took:.2f} s; {comparison}")
    assert outcome.sent < DELIVERIES, "the load was over before the stop"
    assert set(outcome.statuses) == {200}
    assert comparison.is_exact
    assert comparison.unacknowledged == 0, "a delivery was accepted and its sender never told"
    assert "Traceback" not in printed
