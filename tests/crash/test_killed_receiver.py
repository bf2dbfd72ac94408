"""What was answered 200 outlives the process that answered it, and what was not can be sent again."""

import time

import pytest

from bench.databases import Database
from bench.load import LoadProcess, Outcome, Plan
from bench.servers import Server
from tests.crash.conftest import Situation

pytestmark = [pytest.mark.slow, pytest.mark.any_database]

# More than any receiver stores before the last of the moments below.
DELIVERIES = 40_000
# Seconds of load before the kill: ten different moments, the first of them in a young process.
MOMENTS = [0.05 + 0.07 * position for position in range(10)]


def kill_under_load(server: Server, plan: Plan, moment: float) -> Outcome:
    with LoadProcess(plan) as load:
        load.wait_until_sending()
        time.sleep(moment)
        server.kill()
        outcome = load.outcome()
    assert outcome.unanswered, "the receiver was idle when it was killed"
    assert set(outcome.statuses) <= {200}
    return outcome


def test_ten_kills_lose_nothing_that_was_acknowledged_and_double_nothing(
    database: Database, situation: Situation
) -> None:
    acknowledged: list[int] = []
    for moment in MOMENTS:
        with situation.receiver() as server:
            acknowledged += kill_under_load(server, situation.plan(server, DELIVERIES), moment).acknowledged

    comparison = database.compare(acknowledged)

    print(comparison)
    assert comparison.acknowledged > 1_000
    assert (comparison.missing, comparison.doubled, comparison.foreign) == (0, 0, 0)


def test_what_a_killed_receiver_left_open_is_taken_once_when_it_is_sent_again(
    database: Database, situation: Situation
) -> None:
    with situation.receiver() as server:
        plan = situation.plan(server, DELIVERIES // 2)
        kill_under_load(server, plan, 0.3)
    stored_before = database.compare([]).unacknowledged

    with situation.receiver() as server, LoadProcess(situation.plan_again(plan, server)) as load:
        load.wait_until_sending()
        again = load.outcome()

    assert again.statuses == {200: len(plan.numbers)}
    comparison = database.compare(again.acknowledged)
    assert comparison.is_exact
    assert comparison.unacknowledged == 0
    assert database.redeliveries() == stored_before
