"""`python -m bench.live`: how long a stored event takes to reach the open pages, with 100 of them and with one.

Pages and receiver are one process, as in an embedded installation. Posts are sent at a steady rate; what counts is the
time from their answer, which comes after the commit, to the last byte of their row at each page. Slowness is printed
and fails nothing; an event that a page was not sent does.
"""

import argparse
import asyncio
import re
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field

import aiohttp

from bench import machine
from bench.bodies import Deliveries, Numbers
from bench.databases import CONSUMER_SECRET, Database, databases
from bench.report import Figure
from bench.rounds import middle, quantile_ms
from bench.servers import ROOT, Server

PAGES = 100
PER_SECOND = 200
GOAL_MS = 250
# A page shows the link of a post, and that ends in the number of its delivery.
_SHOWN = re.compile(rb"t\.co/(2\d{18})")
_LAST_ARRIVALS_S = 3.0
_SIGN_IN = """
from importlib import import_module
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
person = User.objects.create_user("bench")
session = import_module(settings.SESSION_ENGINE).SessionStore()
session[SESSION_KEY] = str(person.pk)
session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
session[HASH_SESSION_KEY] = person.get_session_auth_hash()
session.create()
print(f"{settings.SESSION_COOKIE_NAME}={session.session_key}")
"""


@dataclass(slots=True)
class Watched:
    """What so many pages were sent."""

    pages: int
    answered: dict[int, float] = field(default_factory=dict)
    """When each delivery was answered 200."""
    arrivals: list[tuple[int, float]] = field(default_factory=list)
    """Number of a delivery and when its row had come, of all pages."""

    @property
    def delays(self) -> list[float]:
        # A row can be there before its answer is read; that is no time at all.
        return [max(0.0, at - self.answered[number]) for number, at in self.arrivals if number in self.answered]

    @property
    def missing(self) -> int:
        """Rows that a page was not sent."""
        shown = Counter(number for number, _ in self.arrivals)
        return sum(max(0, self.pages - shown[number]) for number in self.answered)


async def _watch(session: aiohttp.ClientSession, url: str, watched: Watched) -> None:
    async with session.get(f"{url}/live/stream/?position=0") as response:
        response.raise_for_status()
        rest = b""
        async for chunk in response.content.iter_any():
            now = time.perf_counter()
            *messages, rest = (rest + chunk).split(b"\n\n")
            watched.arrivals += ((int(number), now) for message in messages for number in set(_SHOWN.findall(message)))


async def _send(session: aiohttp.ClientSession, url: str, request: tuple[int, bytes, str], watched: Watched) -> None:
    number, body, signature = request
    async with session.post(url, data=body, headers={"x-twitter-webhooks-signature": signature}) as response:
        if response.status == 200:
            watched.answered[number] = time.perf_counter()


async def _round(url: str, cookie: str, pages: int, seconds: float, numbers: Numbers) -> Watched:
    watched = Watched(pages)
    deliveries = Deliveries(CONSUMER_SECRET.encode())
    posts = [one for one in map(deliveries.signed, numbers.take(int(seconds * PER_SECOND * 2))) if _is_post(one[1])]
    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        reader = aiohttp.ClientSession(connector=connector, connector_owner=False, timeout=timeout)
        async with reader:
            reader.headers["Cookie"] = cookie
            streams = [asyncio.create_task(_watch(reader, url, watched)) for _ in range(pages)]
            await asyncio.sleep(1.0)
            sent, began = [], time.perf_counter()
            for position, post in enumerate(posts[: int(seconds * PER_SECOND)]):
                await asyncio.sleep(max(0.0, began + position / PER_SECOND - time.perf_counter()))
                sent.append(asyncio.create_task(_send(session, f"{url}/webhook/twitter", post, watched)))
            await asyncio.gather(*sent)
            await asyncio.sleep(_LAST_ARRIVALS_S)
            for stream in streams:
                stream.cancel()
            await asyncio.gather(*streams, return_exceptions=True)
    return watched


def _is_post(body: bytes) -> bool:
    return b"tweet_create_events" in body


def sign_in(database: Database) -> str:
    """Make a sign-in that may look at everything but messages; return the cookie of its browser."""
    command = [sys.executable, "manage.py", "shell", "--no-imports", "--command", _SIGN_IN]
    printed = subprocess.run(command, cwd=ROOT, env=database.variables, check=True, stdout=subprocess.PIPE).stdout
    return printed.decode().strip()


def measure(database: Database, seconds: float, rounds: int) -> tuple[list[Watched], list[Watched]]:
    """Return the rounds with many pages, and those with one, in turns."""
    numbers = Numbers()
    # There is no broker, and nothing here needs one.
    with Server("aaa_dashboard.asgi:application", database.variables, ready="/healthz") as server:
        url = f"http://127.0.0.1:{server.port}"
        cookie = sign_in(database)
        many, one = [], []
        for _ in range(rounds):
            one.append(asyncio.run(_round(url, cookie, 1, seconds, numbers)))
            many.append(asyncio.run(_round(url, cookie, PAGES, seconds, numbers)))
        return many, one


def text(label: str, many: list[Watched], one: list[Watched]) -> str:
    """Return what a person reads; every value is the median of the rounds."""

    def p(quantile: float, rounds: list[Watched]) -> float:
        return middle([quantile_ms(watched.delays, quantile) for watched in rounds])

    figures = [
        Figure(
            f"stored → shown, {PAGES} pages, p95",
            p(0.95, many),
            "ms",
            GOAL_MS,
            at_least=False,
            note=f"p50 {p(0.5, many):.0f}, p99 {p(0.99, many):.0f}",
        ),
        Figure("  one page, p95", p(0.95, one), "ms", note=f"p50 {p(0.5, one):.0f}, p99 {p(0.99, one):.0f}"),
        Figure(f"  {PAGES} pages beside one", p(0.95, many) / p(0.95, one), ""),
    ]
    rows, missing = sum(len(each.arrivals) for each in many), sum(each.missing for each in (*many, *one))
    return "\n".join(
        [
            f"Live, {PER_SECOND} events/s, {label}; medians of {len(many)} rounds",
            *map(str, figures),
            f"  every event at every page: {rows:,} rows, {missing} missing",
        ]
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.live", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round instead of three")
    parser.add_argument("--only", choices=("postgresql", "sqlite"), help="measure on one database")
    arguments = parser.parse_args()
    print(f"\n{machine.description()}")
    missing = 0
    for database in databases(arguments.only):
        with database:
            many, one = measure(database, *((5.0, 1) if arguments.quick else (12.0, 3)))
            print(f"\n{text(database.version, many, one)}", flush=True)
        missing += sum(each.missing for each in (*many, *one))
    if missing:
        print("\nA page was not sent every event.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
