"""Several receiver processes may run on one database; it decides what is a duplicate."""

import pytest

from bench.databases import Database
from bench.load import LoadProcess
from tests.crash.conftest import Situation

pytestmark = [pytest.mark.slow, pytest.mark.any_database]

DELIVERIES = 10_000


def test_the_same_deliveries_at_two_receivers_at_once_become_each_one_event(
    database: Database, situation: Situation
) -> None:
    with situation.receiver() as one, situation.receiver() as other:
        plan = situation.plan(one, DELIVERIES)
        twin = situation.plan_again(plan, other)
        with LoadProcess(plan) as load, LoadProcess(twin) as twin_load:
            load.wait_until_sending()
            twin_load.wait_until_sending()
            outcome, twin_outcome = load.outcome(), twin_load.outcome()

    assert outcome.statuses == twin_outcome.statuses == {200: DELIVERIES}
    comparison = database.compare(outcome.acknowledged)
    assert comparison.is_exact
    assert comparison.acknowledged == DELIVERIES
    assert comparison.unacknowledged == 0
    assert database.redeliveries() == DELIVERIES
