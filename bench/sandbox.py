"""`python -m bench.sandbox`: how fast the sandbox replays beside live traffic, and fail when a delivery is amiss.

The sandbox runs as its users start it and is told everything over HTTP: it fills a webhook that does nothing, its clock
is moved ahead, and a replay of all of that is asked for. Slowness is printed and fails nothing.
"""

import argparse
import json
import math
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from bench import machine
from bench.databases import CONSUMER_KEY, CONSUMER_SECRET, INHERITED, scratch_folder
from bench.report import Figure
from bench.rounds import OFFERED_PER_SECOND, middle
from bench.servers import ROOT, Program, free_port
from bench.webhook import Arrivals, Webhook

LIVE_PER_SECOND = 100
_PATIENCE_S = 60.0
_COMPLETE = "Complete"


@dataclass(frozen=True, slots=True)
class Replayed:
    """One replay, as the webhook saw it and as the sandbox tells it."""

    state: str
    arrivals: Arrivals
    missing: int
    """Deliveries of the window that did not come again, and live ones that the sandbox says it delivered."""
    processors: float
    """That the sandbox kept busy from the request until it told the end."""
    processors_of_others: float
    """That anything else on this machine kept busy, the webhook and this process apart."""

    @property
    def per_second(self) -> float:
        return self.arrivals.again / self.arrivals.replay_seconds if self.arrivals.replay_seconds else 0.0

    @property
    def live_per_second(self) -> float:
        return self.arrivals.live_meanwhile / self.arrivals.replay_seconds if self.arrivals.replay_seconds else 0.0

    @property
    def is_exact(self) -> bool:
        told = self.arrivals.ended == [self.state] == [_COMPLETE]
        return told and not self.missing and not self.arrivals.doubled


class Sandbox:
    """A sandbox with a database of its own in `folder`, and everything it is asked."""

    def __init__(self, folder: str, webhook_url: str, backlog: int) -> None:
        settings = {
            "PORT": (port := free_port()),
            "DATABASE_URL": f"sqlite:///{folder}/sandbox.sqlite3",
            "CONSUMER_KEY": CONSUMER_KEY,
            "CONSUMER_SECRET": CONSUMER_SECRET,
            "WEBHOOK_URL": webhook_url,
            "WARM_UP_SECONDS": 0,
            "RATE_LIMIT_SCALE": 0,
            "BACKLOG": backlog,
            "TRAFFIC_PER_SECOND": 0.001,  # without any there is no backlog
        }
        variables = INHERITED | {f"SANDBOX_{name}": str(value) for name, value in settings.items()}
        self.program = Program(["-m", "aaa_dashboard.sandbox"], variables, port=port, ready="/healthz")

    def state(self) -> Any:
        return self._ask("GET", "/control/")

    def advance(self, by: timedelta) -> None:
        self._ask("POST", "/control/clock", {"advance": by.total_seconds()})

    def set_traffic(self, per_second: float) -> None:
        self._ask("PUT", "/control/traffic", {"per_second": per_second})

    def be_quiet(self) -> int:
        """End the traffic; return how many deliveries arrived, replayed ones apart, when nothing is on its way."""
        self.set_traffic(0)
        eventually(lambda: self.state()["deliveries"]["waiting"] == 0)
        return int(self.state()["deliveries"]["delivered"])

    def replay(self, begins: datetime, ends: datetime) -> str:
        """Ask for these minutes as an app does; return the job."""
        state = self.state()
        minutes = urlencode({"from_date": f"{begins:%Y%m%d%H%M}", "to_date": f"{ends:%Y%m%d%H%M}"})
        path = f"/1.1/account_activity/replay/webhooks/{state['webhooks'][0]['id']}/subscriptions/all.json?{minutes}"
        answer = self._ask("POST", path, headers={"Authorization": f"Bearer {state['apps'][0]['bearer_token']}"})
        return str(answer["job_id"])

    def state_of(self, job: str) -> str:
        return next(str(one["state"]) for one in self.state()["replays"] if one["id"] == job)

    def _ask(self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", **(headers or {})}
        url = f"http://127.0.0.1:{self.program.port}{path}"
        request = urllib.request.Request(url, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
            return json.load(response)


def eventually(is_so: Callable[[], bool]) -> None:
    """Wait until something is so. Raises `TimeoutError` when it does not become so."""
    give_up = time.monotonic() + _PATIENCE_S
    while not is_so():
        if time.monotonic() > give_up:
            raise TimeoutError(f"The sandbox did not get that far in {_PATIENCE_S:.0f} s.")
        time.sleep(0.2)


def measure(deliveries: int, rounds: int) -> tuple[list[Replayed], list[float]]:
    """Return the replays, and in turns with them how many a second `send` reaches."""
    with (
        tempfile.TemporaryDirectory(prefix="bench-", dir=scratch_folder()) as folder,
        Webhook(CONSUMER_SECRET) as webhook,
    ):
        sandbox = Sandbox(folder, webhook.url, deliveries)
        with sandbox.program:
            eventually(lambda: webhook.arrivals().first >= deliveries)
            sandbox.be_quiet()
            filled = webhook.start_over().first
            sandbox.advance(timedelta(minutes=40))
            now = datetime.fromisoformat(sandbox.state()["now"]).astimezone(UTC)
            window = now - timedelta(minutes=60), now - timedelta(minutes=15)
            replays, sends = [], []
            for _ in range(rounds):
                replays.append(_replay(sandbox, webhook, window, filled))
                sends.append(_send(webhook.url, deliveries))
                webhook.start_over()
            return replays, sends


def _replay(sandbox: Sandbox, webhook: Webhook, window: tuple[datetime, datetime], filled: int) -> Replayed:
    before = sandbox.be_quiet()
    sandbox.set_traffic(LIVE_PER_SECOND)
    began, cpu_began = time.perf_counter(), _cpu_seconds(sandbox, webhook)
    job = sandbox.replay(*window)
    eventually(lambda: sandbox.state_of(job) != "Running")
    seconds, cpu_ended = time.perf_counter() - began, _cpu_seconds(sandbox, webhook)
    told = sandbox.be_quiet() - before
    arrivals = webhook.start_over()
    cpu, others = (ended - began for began, ended in zip(cpu_began, cpu_ended, strict=True))
    return Replayed(
        state=sandbox.state_of(job),
        arrivals=arrivals,
        missing=filled - arrivals.again + max(0, told - arrivals.first - len(arrivals.ended)),
        processors=cpu / seconds,
        processors_of_others=max(0.0, others / seconds),
    )


def _cpu_seconds(sandbox: Sandbox, webhook: Webhook) -> tuple[float, float]:
    """Return what the sandbox has used so far, and everything that has no part in this; not-a-number if unknown."""
    pids = [sandbox.program.pid], [webhook.pid]
    ours = [math.nan if (seconds := machine.cpu_seconds(pid)) is None else seconds for pid in pids]
    busy = machine.busy_seconds()
    return ours[0], (math.nan if busy is None else busy) - sum(ours) - time.process_time()


def _send(url: str, number: int) -> float:
    command = [sys.executable, "-m", "aaa_dashboard.sandbox", "send", "--url", url, "-n", str(number), "--json"]
    variables = INHERITED | {"X_CONSUMER_SECRET": CONSUMER_SECRET}
    printed = subprocess.run(command, cwd=ROOT, env=variables, check=True, stdout=subprocess.PIPE).stdout
    return float(json.loads(printed)["per_second"])


def text(replays: list[Replayed], sends: list[float]) -> str:
    """Return what a person reads; every value is the median of the rounds."""
    per_second = middle([one.per_second for one in replays])
    figures = [
        Figure("replayed", per_second, "/s", note=f"{replays[0].arrivals.again:,} deliveries a round"),
        Figure(f"  beside X's {OFFERED_PER_SECOND:,}/s", per_second / OFFERED_PER_SECOND, "", 0.99),
        Figure(
            "live meanwhile",
            middle([one.live_per_second for one in replays]),
            "/s",
            note=f"of {LIVE_PER_SECOND} events/s, some to several accounts",
        ),
        Figure("processors the sandbox used", middle([one.processors for one in replays]), ""),
        Figure("  by others", middle([one.processors_of_others for one in replays]), ""),
        Figure("send, as fast as answers come", middle(sends), "/s"),
    ]
    missing, doubled = sum(one.missing for one in replays), sum(one.arrivals.doubled for one in replays)
    states = ", ".join(one.state for one in replays)
    return "\n".join(
        [
            f"Sandbox, to a webhook that does nothing; medians of {len(replays)} rounds",
            *map(str, figures),
            f"  once each: {missing} missing, {doubled} doubled; {states}",
        ]
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.sandbox", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round instead of three")
    quick = parser.parse_args().quick
    replays, sends = measure(5_000, 1) if quick else measure(20_000, 3)
    print(f"\n{text(replays, sends)}", flush=True)
    if not all(one.is_exact for one in replays):
        print("\nA delivery is missing or doubled, or a replay did not end as complete.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
