"""One database's measurements: receiver and baselines in turns, so that a noisy minute troubles all of them."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from bench.alone import Alone
from bench.bodies import Numbers
from bench.challenges import Challenges, challenge
from bench.databases import CONSUMER_SECRET, Comparison, Database
from bench.load import LoadProcess, Outcome, Plan
from bench.machine import busy_seconds, cpu_seconds
from bench.servers import ROOT, Server

OFFERED_PER_SECOND = 2_500  # X's replay rate
_SENT_AGAIN = 1_000


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is sent. At saturation a fixed number of deliveries, since all of them are rendered beforehand."""

    rounds: int = 3
    deliveries: int = 40_000
    saturated_seconds: float = 8.0
    offered_seconds: float = 5.0
    connections: int = 256
    workers: int = 1

    @classmethod
    def quick(cls, connections: int, workers: int) -> "Effort":
        return cls(
            rounds=1,
            deliveries=20_000,
            saturated_seconds=4.0,
            offered_seconds=3.0,
            connections=connections,
            workers=workers,
        )


@dataclass(frozen=True, slots=True)
class Measured:
    """One round of one server: what the senders saw, and the processor seconds it took."""

    outcome: Outcome
    server_cpu_seconds: float | None
    database_cpu_seconds: float | None
    machine_cpu_seconds: float | None
    """Of everything that ran meanwhile."""

    def latency_ms(self, quantile: float) -> float:
        return quantile_ms(self.outcome.latencies, quantile)


@dataclass(slots=True)
class Findings:
    """All rounds on one database."""

    label: str
    version: str
    saturated: list[Measured] = field(default_factory=list)
    saturated_nothing: list[Measured] = field(default_factory=list)
    alone: list[Alone] = field(default_factory=list)
    challenges: list[Challenges] = field(default_factory=list)
    offered: list[Measured] = field(default_factory=list)
    offered_nothing: list[Measured] = field(default_factory=list)
    sent_again: int = 0
    redeliveries: int = 0
    comparison: Comparison | None = None

    @property
    def is_exact(self) -> bool:
        return self.comparison is not None and self.comparison.is_exact and self.redeliveries == self.sent_again


def quantile_ms(seconds: Sequence[float], quantile: float) -> float:
    """Return the value that this share of the sample does not exceed, in milliseconds."""
    if not seconds:
        return float("nan")
    return sorted(seconds)[min(len(seconds) - 1, int(len(seconds) * quantile))] * 1000


class Rounds:
    """Measures on one database."""

    def __init__(self, database: Database, effort: Effort) -> None:
        self._database = database
        self._effort = effort
        self._numbers = Numbers()
        self._acknowledged: list[int] = []

    def run(self) -> Findings:
        findings = Findings(self._database.label, self._database.version)
        variables, workers = self._database.variables, self._effort.workers
        with (
            Server("bench.nothing:application", variables, workers=workers) as nothing,
            Server("aaa_dashboard.asgi:receiver", variables, workers=workers) as receiver,
        ):
            warm_up = self._plan(receiver, _SENT_AGAIN, seconds=self._effort.saturated_seconds)
            self._keep(self._measure(receiver, warm_up)[0])
            for _ in range(self._effort.rounds):
                findings.saturated_nothing.append(self._saturate(nothing, self._effort.deliveries))
                measured, challenges = self._saturate_and_challenge(receiver)
                findings.saturated.append(self._keep(measured))
                findings.challenges.append(challenges)
                findings.alone.append(self._feed_alone())
            for _ in range(self._effort.rounds):
                findings.offered_nothing.append(self._offer(nothing))
                findings.offered.append(self._keep(self._offer(receiver)))
            findings.sent_again = self._send_again(receiver, warm_up)
        findings.comparison = self._database.compare(self._acknowledged)
        findings.redeliveries = self._database.redeliveries()
        return findings

    def _keep(self, measured: Measured) -> Measured:
        self._acknowledged += measured.outcome.acknowledged
        return measured

    def _plan(self, server: Server, count: int, *, per_second: float | None = None, seconds: float) -> Plan:
        return Plan(
            port=server.port,
            secret=CONSUMER_SECRET,
            numbers=self._numbers.take(count),
            connections=self._effort.connections,
            per_second=per_second,
            seconds=seconds,
        )

    def _saturate(self, server: Server, count: int) -> Measured:
        return self._measure(server, self._plan(server, count, seconds=self._effort.saturated_seconds))[0]

    def _saturate_and_challenge(self, server: Server) -> tuple[Measured, Challenges]:
        plan = self._plan(server, self._effort.deliveries, seconds=self._effort.saturated_seconds)
        return self._measure(server, plan, with_challenges=True)

    def _offer(self, server: Server) -> Measured:
        seconds = self._effort.offered_seconds
        count = int(OFFERED_PER_SECOND * seconds)
        return self._measure(server, self._plan(server, count, per_second=OFFERED_PER_SECOND, seconds=seconds + 5))[0]

    def _measure(self, server: Server, plan: Plan, *, with_challenges: bool = False) -> tuple[Measured, Challenges]:
        challenges = Challenges()
        database_pids = self._database.server_pids()
        with LoadProcess(plan) as load:
            before = cpu_seconds([server.pid]), cpu_seconds(database_pids)
            load.wait_until_sending()
            machine_before = busy_seconds()
            if with_challenges:
                challenges = challenge(server.port, plan.path, plan.secret, lambda: load.is_sending)
            outcome = load.outcome()
            machine_after = busy_seconds()
        after = cpu_seconds([server.pid]), cpu_seconds(database_pids)
        server_cpu, database_cpu, machine_cpu = (
            None if then is None or now is None else now - then
            for then, now in zip((*before, machine_before), (*after, machine_after), strict=True)
        )
        return Measured(outcome, server_cpu, database_cpu if database_pids else None, machine_cpu), challenges

    def _feed_alone(self) -> Alone:
        numbers = self._numbers.take(self._effort.deliveries)
        command = [sys.executable, "-m", "bench.alone", str(numbers.start), str(numbers.stop), str(numbers.step)]
        variables = self._database.variables | {"DJANGO_SETTINGS_MODULE": "aaa_dashboard.settings"}
        printed = subprocess.run(command, cwd=ROOT, env=variables, check=True, stdout=subprocess.PIPE).stdout
        self._acknowledged += numbers
        return Alone(**json.loads(printed))

    def _send_again(self, server: Server, plan: Plan) -> int:
        """Send the deliveries of a plan once more; return how many were answered 200."""
        return self._measure(server, plan)[0].outcome.statuses[200]


def middle(values: Sequence[float]) -> float:
    """Return the median, not-a-number of nothing."""
    return median(values) if values else float("nan")
