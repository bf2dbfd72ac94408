"""Receivers as production runs them, on a database of their own, under the load of the benchmark."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bench.bodies import Numbers
from bench.databases import CONSUMER_SECRET, Database, PostgreSQL, SQLite
from bench.load import Plan
from bench.servers import Server


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """An empty database that receiver processes share."""
    kind = SQLite() if request.param == "sqlite" else PostgreSQL(request.getfixturevalue("postgresql_url"))
    with kind as database:
        yield database


class Situation:
    """Starts receivers on the database and plans loads of deliveries that no other plan has."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._numbers = Numbers()

    def receiver(self) -> Server:
        return Server("aaa_dashboard.asgi:receiver", self._database.variables)

    def plan(self, server: Server, count: int, *, connections: int = 64) -> Plan:
        return Plan(server.port, CONSUMER_SECRET, self._numbers.take(count), connections=connections)

    def plan_again(self, plan: Plan, server: Server) -> Plan:
        """The same deliveries, to another receiver."""
        return replace(plan, port=server.port)


@pytest.fixture
def situation(database: Database) -> Situation:
    return Situation(database)
