"""`python -m bench.lists`: how long the list of events takes, by filter and depth, over few events and over many.

The same pages are asked for over a thousand events and over `--events` of them, one after another over HTTP. What a
page takes should depend neither on how many events there are nor on how deep in them it lies. Slowness fails nothing.
"""

import argparse
import http.client
import random
import subprocess
import sys
import time
from dataclasses import dataclass

from bench import machine
from bench.bodies import Numbers
from bench.databases import Database, databases
from bench.live import sign_in
from bench.report import Figure
from bench.rounds import quantile_ms
from bench.servers import ROOT, Server

FEW = 1_000
GOAL_MS = 50
AT_ONCE = 50_000
"""Rows that one process makes and holds."""
PAGES = 60
"""Of each filter, at depths drawn by lot."""
_ACCOUNT = 1_460_323_737_035_677_003
_FILTERS = {
    "no filter": "",
    "a kind": "&category=likes",
    "a kind that has none": "&category=deletions",
    "an account": f"&account={_ACCOUNT}",
    "an account and a kind": f"&account={_ACCOUNT}&category=messages",
    "an account nobody knows": "&account=1",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """Seconds that pages took over so many events, by filter."""

    events: int
    seconds: dict[str, list[float]]

    @property
    def all(self) -> list[float]:
        return [second for seconds in self.seconds.values() for second in seconds]


def measure(database: Database, events: int) -> tuple[Asked, Asked]:
    """Return what pages took over few events and over many."""
    numbers = Numbers()
    with Server("aaa_dashboard.asgi:web", database.variables, ready="/healthz") as server:
        cookie = sign_in(database)
        fill(database, numbers.take(FEW))
        few = _ask(server.port, cookie, FEW)
        fill(database, numbers.take(events - FEW))
        return few, _ask(server.port, cookie, events)


def fill(database: Database, numbers: range) -> None:
    """Store these deliveries as the receiver would, without the receiver."""
    variables = database.variables | {"DJANGO_SETTINGS_MODULE": "aaa_dashboard.settings"}
    for start in range(0, len(numbers), AT_ONCE):
        some = numbers[start : start + AT_ONCE]
        command = [sys.executable, "-m", "bench.alone", str(some.start), str(some.stop), str(some.step)]
        subprocess.run(command, cwd=ROOT, env=variables, check=True, stdout=subprocess.DEVNULL)


def _ask(port: int, cookie: str, events: int) -> Asked:
    draw, connection = random.Random(7), http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    seconds: dict[str, list[float]] = {name: [] for name in _FILTERS}
    for name, query in _FILTERS.items():
        for turn in range(PAGES + 1):
            before = "" if turn < 2 else f"&before={draw.randrange(2, events)}"
            began = time.perf_counter()
            connection.request("GET", f"/events/?{before}{query}", headers={"Cookie": cookie})
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                raise SystemExit(f"A page was answered {answer.status}.")
            if turn:  # the first of its kind finds nothing prepared
                seconds[name].append(time.perf_counter() - began)
    connection.close()
    return Asked(events, seconds)


def text(label: str, few: Asked, many: Asked) -> str:
    """Return what a person reads."""
    p95 = quantile_ms(many.all, 0.95)
    worst = quantile_ms(many.all, 1)
    figures = [
        Figure("a page of the list, p95", p95, "ms", GOAL_MS, at_least=False, note=f"worst {worst:.0f}"),
        Figure(f"  beside {few.events:,} events", p95 / quantile_ms(few.all, 0.95), ""),
        *(Figure(f"  {name}, p95", quantile_ms(seconds, 0.95), "ms") for name, seconds in many.seconds.items()),
    ]
    return "\n".join([f"Lists over {many.events:,} events, {label}", *map(str, figures)])


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.lists", description=__doc__)
    parser.add_argument("--events", type=int, default=300_000, help="how many is many (default: %(default)s)")
    parser.add_argument("--quick", action="store_true", help="the same with 20,000")
    parser.add_argument("--only", choices=("postgresql", "sqlite"), help="measure on one database")
    arguments = parser.parse_args()
    print(f"\n{machine.description()}")
    for database in databases(arguments.only):
        with database:
            asked = measure(database, 20_000 if arguments.quick else arguments.events)
            print(f"\n{text(database.version, *asked)}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
