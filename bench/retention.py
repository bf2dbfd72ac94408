"""`python -m bench.retention`: what the receiver feels of a million events that leave, and of the index of posts.

At 2,500 deliveries a second, in stretches that take turns: nothing beside it, retention beside it until the last
expired event has left, the follower that writes down which event holds which post. Slowness is printed and fails
nothing; an acknowledged event that has left does, and an expired one that has stayed.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from bench import machine
from bench.bodies import Numbers
from bench.databases import CONSUMER_SECRET, Database, databases
from bench.load import LoadProcess, Outcome, Plan
from bench.report import Figure
from bench.rounds import OFFERED_PER_SECOND, middle, quantile_ms
from bench.servers import ROOT, Server

TEMPLATES = 2_000
GOAL_RATIO = 2.0
_LONGEST_S = 1_800.0

_SET_UP = """
import json, sys, time
import django
django.setup()
from django.db import connection, transaction
from django.utils import timezone
"""
# Copies of what the receiver has stored, received long ago, with the index of their posts.
_AGE = """
copies = int(sys.argv[1])
postgresql = connection.vendor == "postgresql"
key = "gen_random_uuid()" if postgresql else "lower(hex(randomblob(16)))"
columns = "for_user_id, kind, category, actor_id"
then = "'2020-01-01 00:00:00'"
numbers = "generate_series(1, %s)" if postgresql else (
    "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %s) SELECT i FROM n)")
with connection.cursor() as cursor:
    cursor.execute(f"INSERT INTO deliveries_event (app_id, key, {columns}, occurred_at, received_at, text, payload, "
        f"redeliveries) SELECT app_id, {key}, {columns}, {then}, {then}, text, payload, 0 "
        f"FROM deliveries_event CROSS JOIN {numbers} AS numbers", [copies])
    cursor.execute("INSERT INTO deliveries_containedpost (event_id, post_id, author_id, due) "
        "SELECT id, 1000000000000000000 + id, actor_id, %s FROM deliveries_event", [False])
    cursor.execute("DELETE FROM deliveries_event WHERE received_at > '2021-01-01 00:00:00'")
    cursor.execute("SELECT max(id) FROM deliveries_event")
    newest, = cursor.fetchone()
    cursor.execute("INSERT INTO deliveries_follower (name, passed_id) VALUES ('copies', %s)", [newest])
    if postgresql:
        cursor.execute("ANALYZE")
        cursor.execute("CHECKPOINT")
"""
_EXPIRE = """
from aaa_dashboard.deliveries.retention import expire
began, events = time.time(), 0
while True:
    expired = expire(timezone.now(), 40)
    events += expired.events
    print(json.dumps({"events": events, "seconds": time.time() - began, "cpu": time.process_time()}), flush=True)
    if expired.is_done:
        break
"""
_FOLLOW = """
from aaa_dashboard.deliveries.takedown.index import follow, FOLLOWER
from aaa_dashboard.deliveries.following import newest_id, passed_id
from aaa_dashboard.deliveries.models import Event
events, posts, cpu = 0, 0, time.process_time()
ends = time.time() + float(sys.argv[1])
while time.time() < ends:
    followed = follow(timezone.now())
    events, posts = events + followed.events, posts + followed.posts
    time.sleep(5)
print(json.dumps({"events": events, "posts": posts, "cpu": time.process_time() - cpu,
    "behind": newest_id(Event) - passed_id(FOLLOWER)}), flush=True)
"""


@dataclass(slots=True)
class Findings:
    """What was measured on one database; latencies in stretches."""

    expired: int = 0
    stayed: int = 0
    lost: int = 0
    seconds: float = 0.0
    cpu: float = 0.0
    alone: list[Outcome] = field(default_factory=list)
    beside_retention: list[Outcome] = field(default_factory=list)
    beside_follower: list[Outcome] = field(default_factory=list)
    followed: dict[str, float] = field(default_factory=dict)

    @property
    def is_exact(self) -> bool:
        return not (self.stayed or self.lost)


class Stretches:
    """Measures on one database."""

    def __init__(self, database: Database, events: int, seconds: float) -> None:
        self._database, self._events, self._seconds = database, events, seconds
        self._numbers = Numbers()
        self._acknowledged: list[int] = []

    def run(self) -> Findings:
        findings = Findings()
        with Server("aaa_dashboard.asgi:receiver", self._database.variables) as receiver:
            warm_up = Plan(receiver.port, CONSUMER_SECRET, self._numbers.take(TEMPLATES))
            self._carry_out(warm_up)
            self._acknowledged.clear()
            self._run_beside(_AGE, str(self._events // TEMPLATES)).communicate()
            findings.alone.append(self._offer(receiver))
            with self._beside(_EXPIRE) as worker:
                began = time.monotonic()
                while worker.poll() is None and time.monotonic() - began < _LONGEST_S:
                    findings.beside_retention.append(self._offer(receiver))
            assert worker.stdout is not None
            told = json.loads(worker.stdout.read().splitlines()[-1])
            findings.expired, findings.seconds, findings.cpu = told["events"], told["seconds"], told["cpu"]
            findings.alone.append(self._offer(receiver))
            follower = self._run_beside(_FOLLOW, str(2 * self._seconds))
            findings.beside_follower += [self._offer(receiver), self._offer(receiver)]
            findings.followed = json.loads(follower.communicate()[0].splitlines()[-1])
            findings.alone.append(self._offer(receiver))
        comparison = self._database.compare(self._acknowledged)
        findings.lost, findings.stayed = comparison.missing, comparison.doubled
        return findings

    def _offer(self, receiver: Server) -> Outcome:
        count = int(OFFERED_PER_SECOND * self._seconds)
        return self._carry_out(
            Plan(receiver.port, CONSUMER_SECRET, self._numbers.take(count), per_second=OFFERED_PER_SECOND,
                 seconds=self._seconds + 5)
        )  # fmt: skip

    def _carry_out(self, plan: Plan) -> Outcome:
        with LoadProcess(plan) as load:
            load.wait_until_sending()
            outcome = load.outcome()
        self._acknowledged += outcome.acknowledged
        return outcome

    def _run_beside(self, code: str, *arguments: str) -> subprocess.Popen[str]:
        variables = self._database.variables | {"DJANGO_SETTINGS_MODULE": "aaa_dashboard.settings"}
        command = [sys.executable, "-c", _SET_UP + code, *arguments]
        return subprocess.Popen(command, cwd=ROOT, env=variables, stdout=subprocess.PIPE, text=True)

    @contextmanager
    def _beside(self, code: str) -> Iterator[subprocess.Popen[str]]:
        process = self._run_beside(code)
        try:
            yield process
        finally:
            process.terminate()
            process.wait()


def figures(findings: Findings) -> list[Figure]:
    """Return what a person reads, for one database."""
    alone, retention, follower = (
        middle([quantile_ms(one.latencies, 0.99) for one in stretch])
        for stretch in (findings.alone, findings.beside_retention, findings.beside_follower)
    )
    worst = max((quantile_ms(one.latencies, 0.99) for one in findings.beside_retention), default=0.0)
    cpu = findings.followed["cpu"] / max(findings.followed["events"], 1)
    return [
        Figure(f"answer at {OFFERED_PER_SECOND:,}/s, p99", alone, "ms", note=_each(findings.alone)),
        Figure("  while expired events leave", retention, "ms",
               note=f"{len(findings.beside_retention)} stretches, worst of them {worst:.1f}"),
        Figure("  ratio", retention / alone, "", GOAL_RATIO, at_least=False),
        Figure("expired", findings.expired / findings.seconds, "/s",
               note=f"{findings.expired:,} in {findings.seconds:,.0f} s, {findings.cpu:.0f} s of a processor"),
        Figure("  while posts are indexed", follower, "ms", note=_each(findings.beside_follower)),
        Figure("  ratio", follower / alone, ""),
        Figure("indexing, processor time per 1,000 events", cpu * 1e6, "ms",
               note=f"{findings.followed['events']:,.0f} events, {findings.followed['posts']:,.0f} posts in them, "
                    f"{findings.followed['behind']:,.0f} behind at the end"),
    ]  # fmt: skip


def _each(stretch: list[Outcome]) -> str:
    return ", ".join(f"{quantile_ms(one.latencies, 0.99):.1f}" for one in stretch)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.retention", description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000, help="how many have expired (default: a million)")
    parser.add_argument("--quick", action="store_true", help="forty thousand events, short stretches")
    parser.add_argument("--only", choices=("postgresql", "sqlite"), help="measure on one database")
    arguments = parser.parse_args()
    events, seconds = (40_000, 8.0) if arguments.quick else (arguments.events, 30.0)
    print(machine.description())
    is_exact = True
    for database in databases(arguments.only):
        with database:
            findings = Stretches(database, events, seconds).run()
            print(f"\n{database.version}; {events:,} expired events, stretches of {seconds:.0f} s", flush=True)
        print("\n".join(map(str, figures(findings))), flush=True)
        is_exact = is_exact and findings.is_exact
    if not is_exact:
        print("\nAn acknowledged event has left, or one is there twice.", file=sys.stderr)
    return 0 if is_exact else 1


if __name__ == "__main__":
    sys.exit(main())
