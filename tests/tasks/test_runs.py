"""One run of a task at a time: claimed before the work, let go after it, and taken over when its worker was killed."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from aaa_dashboard import runs
from aaa_dashboard.runs import Run
from aaa_dashboard.staff.models import TaskRun

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
LEASE = timedelta(seconds=80)
TASK = "deliveries.prune_refusals"


def run(message: str, at: datetime = NOW, *, is_alone: bool = True) -> Run:
    return Run(TASK, message, "celery@here 1", at, is_alone)


def begin(message: str, at: datetime = NOW, *, asks_again: bool = False) -> bool:
    return runs.begin(run(message, at), LEASE, asks_again=asks_again)


def row() -> TaskRun:
    return TaskRun.objects.get(task=TASK)


@pytest.mark.django_db
def test_a_second_run_does_not_begin_while_the_first_goes_on() -> None:
    assert begin("first")
    assert not begin("second", NOW + timedelta(seconds=79))
    assert row().claimed_by == "first"


@pytest.mark.django_db
def test_the_next_run_begins_when_the_first_has_ended() -> None:
    assert begin("first")
    runs.end(run("first"), NOW + timedelta(seconds=2), outcome="done")
    assert begin("second", NOW + timedelta(seconds=3))


@pytest.mark.django_db
def test_what_a_run_did_is_written_down() -> None:
    begin("first")
    runs.end(run("first"), NOW + timedelta(seconds=2), outcome="done")
    ended = row()
    assert (ended.outcome, ended.seconds, ended.succeeded_at) == ("done", 2.0, NOW + timedelta(seconds=2))
    assert (ended.runs, ended.failures, ended.failures_in_a_row) == (1, 0, 0)


@pytest.mark.django_db
def test_failures_are_counted_in_a_row_until_one_goes_well() -> None:
    in_a_row = []
    for minute, outcome in enumerate(["failed", "out of time", "done", "failed"]):
        at = NOW + timedelta(minutes=minute)
        begin(f"{minute}", at)
        runs.end(run(f"{minute}", at), at, outcome=outcome, error="" if outcome == "done" else "The disk is full.")
        in_a_row.append(row().failures_in_a_row)
    assert in_a_row == [1, 2, 0, 1]
    assert (row().failures, row().error) == (3, "The disk is full.")


@pytest.mark.django_db
def test_a_run_whose_worker_was_killed_is_a_failure_when_the_next_one_begins() -> None:
    begin("killed")
    assert begin("next", NOW + LEASE + timedelta(seconds=1))
    taken = row()
    assert (taken.claimed_by, taken.failures_in_a_row, taken.error) == ("next", 1, runs.ENDED_IN_THE_MIDDLE)


@pytest.mark.django_db
def test_a_run_that_lost_its_lease_does_not_let_go_of_its_successor() -> None:
    begin("slow")
    begin("next", NOW + LEASE + timedelta(seconds=1))
    runs.end(run("slow"), NOW + LEASE + timedelta(seconds=2), outcome="done")
    assert (row().claimed_by, row().outcome) == ("next", "running")


@pytest.mark.django_db
def test_who_was_asked_for_while_another_ran_is_run_once_more_and_once_only() -> None:
    begin("first")
    assert not begin("nudge", asks_again=True)
    assert not begin("another nudge", asks_again=True)
    assert runs.end(run("first"), NOW, outcome="failed", error="It could not.")
    begin("once more", NOW + timedelta(seconds=1))
    assert not runs.end(run("once more", NOW + timedelta(seconds=1)), NOW, outcome="done")


@pytest.mark.django_db
def test_what_the_clock_sends_twice_is_not_run_once_more() -> None:
    begin("first")
    assert not begin("the clock's")
    assert not runs.end(run("first"), NOW, outcome="done")


@pytest.mark.django_db
def test_runs_with_arguments_do_not_wait_for_each_other_and_are_written_down() -> None:
    one, other = run("one", is_alone=False), run("other", is_alone=False)
    assert runs.begin(one, LEASE, asks_again=True)
    assert runs.begin(other, LEASE, asks_again=True)
    runs.end(one, NOW, outcome="failed", error="It could not.")
    runs.end(other, NOW + timedelta(seconds=1), outcome="done")
    assert (row().runs, row().failures, row().outcome) == (2, 1, "done")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("killed_before", [False, True])
def test_of_many_that_begin_at_once_one_does(killed_before: bool) -> None:
    if killed_before:
        begin("killed", NOW - LEASE - timedelta(seconds=1))
    begun: list[str] = []
    barrier = threading.Barrier(6)

    def try_it(message: str) -> None:
        barrier.wait()
        try:
            if begin(message, asks_again=True):
                begun.append(message)
        finally:
            connection.close()

    threads = [threading.Thread(target=try_it, args=[f"{number}"]) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(begun) == 1
    assert row().claimed_by == begun[0]
    assert row().failures == int(killed_before)


@pytest.mark.django_db
def test_a_claim_of_a_clock_that_was_ahead_keeps_nobody_out() -> None:
    assert begin("ahead, and killed", NOW + timedelta(days=1))
    assert begin("next", NOW)
