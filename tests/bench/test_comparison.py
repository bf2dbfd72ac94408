"""The benchmark notices what is lost, doubled or sent by nobody."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from uuid import uuid4

import pytest

from bench.bodies import Deliveries, Numbers
from bench.databases import SQLite

pytestmark = pytest.mark.any_database

Store = Callable[[str], None]


@pytest.fixture(scope="module")
def database() -> Iterator[SQLite]:
    with SQLite() as database:
        yield database


@pytest.fixture
def store(database: SQLite) -> Iterator[Store]:
    """Put a payload into the table, as a receiver with a defect could."""
    path = database.url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("DELETE FROM deliveries_event")

        def store(payload: str) -> None:
            connection.execute(
                "INSERT INTO deliveries_event (app_id, key, for_user_id, kind, category, actor_id, occurred_at,"
                " received_at, text, payload) VALUES (1, ?, '', 'k', 'posts', '', '2026-01-01', '2026-01-01', '', ?)",
                (uuid4().hex, payload),
            )

        yield store


@pytest.fixture
def numbers() -> range:
    return Numbers().take(1_000)


deliveries = Deliveries(b"secret")


def payload(number: int) -> str:
    return deliveries.body(number).decode()


def test_every_kind_of_delivery_is_found_again_by_its_number(database: SQLite, store: Store, numbers: range) -> None:
    for number in numbers:
        store(payload(number))

    comparison = database.compare(numbers)

    assert comparison.is_exact
    assert (comparison.acknowledged, comparison.unacknowledged) == (1_000, 0)


def test_an_acknowledged_delivery_that_is_not_there_is_missing(database: SQLite, store: Store, numbers: range) -> None:
    store(payload(numbers[0]))

    comparison = database.compare(numbers[:2])

    assert comparison.missing == 1
    assert not comparison.is_exact


def test_a_delivery_that_is_there_twice_is_doubled(database: SQLite, store: Store, numbers: range) -> None:
    store(payload(numbers[0]))
    store(payload(numbers[0]))

    comparison = database.compare(numbers[:1])

    assert comparison.doubled == 1
    assert not comparison.is_exact


def test_an_event_that_nobody_sent_is_foreign(database: SQLite, store: Store, numbers: range) -> None:
    store('{"for_user_id":"1"}')

    comparison = database.compare([])

    assert comparison.foreign == 1
    assert not comparison.is_exact


def test_a_stored_delivery_whose_answer_was_lost_is_allowed(database: SQLite, store: Store, numbers: range) -> None:
    store(payload(numbers[0]))

    comparison = database.compare([])

    assert comparison.unacknowledged == 1
    assert comparison.is_exact
