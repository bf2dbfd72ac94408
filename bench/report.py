"""What a person reads of the findings, and the same as JSON."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bench.alone import BATCH, Alone
from bench.rounds import OFFERED_PER_SECOND, Effort, Findings, Measured, middle, quantile_ms


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value; `goal` is the budget's, with its direction in `at_least`."""

    name: str
    value: float
    unit: str
    goal: float | None = None
    at_least: bool = True
    note: str = ""

    @property
    def is_reached(self) -> bool | None:
        if self.goal is None:
            return None
        return self.value >= self.goal if self.at_least else self.value <= self.goal

    def __str__(self) -> str:
        value = f"{self.value:,.0f}" if self.value >= 1000 else f"{self.value:,.2f}"
        line = f"  {self.name:<44}{value:>10} {self.unit:<4}"
        if self.goal is not None:
            sign = "≥" if self.at_least else "≤"
            line += f"  goal {sign} {self.goal:,g}: {'reached' if self.is_reached else 'MISSED'}"
        return f"{line}  {self.note}".rstrip()


def figures(findings: Findings) -> list[Figure]:
    """Return the budget's rows for one database, each with its baselines; every value is the median of the rounds."""
    stored = _rate(findings.saturated)
    nothing = _rate(findings.saturated_nothing)
    alone = middle([one.stored_per_second for one in findings.alone])
    crc = [seconds for one in findings.challenges for seconds in one.latencies]
    wrong = sum(one.wrong for one in findings.challenges)
    return [
        Figure("stored, saturated", stored, "/s", 10_000, note=_spread(findings.saturated)),
        Figure(
            "  an ASGI callable that does nothing", nothing, "/s", note=f"receiver: {_ratio(stored, nothing):.2f} of it"
        ),
        Figure(f"  the database alone, batches of {BATCH}", alone, "/s"),
        Figure("  receiver beside the database alone", _ratio(stored, alone), "", 0.5),
        *_latencies("answer, saturated", findings.saturated),
        *_latencies(f"answer at {OFFERED_PER_SECOND:,}/s offered", findings.offered, goal=25),
        *_latencies("  an ASGI callable that does nothing", findings.offered_nothing),
        Figure("CRC answer while saturated, p50", quantile_ms(crc, 0.5), "ms"),
        Figure("CRC answer while saturated, p99", quantile_ms(crc, 0.99), "ms", 100, at_least=False),
        Figure("  worst", quantile_ms(crc, 1), "ms", note=f"{len(crc)} asked, {wrong} answered wrongly or not at all"),
    ]


def processor_times(findings: Findings) -> dict[str, float]:
    """Return milliseconds of processor time per 1,000 deliveries at saturation, by process and by stage."""
    alone = findings.alone
    times = {
        "load generator": _per_thousand(findings.saturated, lambda one: one.outcome.cpu_seconds),
        "receiver, all of it": _per_thousand(findings.saturated, lambda one: one.server_cpu_seconds),
        "  HTTP alone (does nothing)": _per_thousand(findings.saturated_nothing, lambda one: one.server_cpu_seconds),
        "  verify": _stage(alone, lambda one: one.verify_cpu_seconds),
        "  split": _stage(alone, lambda one: one.split_cpu_seconds),
        "  store, our side of it": _stage(alone, lambda one: one.store_cpu_seconds),
        "database server": _per_thousand(findings.saturated, lambda one: one.database_cpu_seconds),
    }
    return {name: value for name, value in times.items() if not math.isnan(value)}


def processors_busy(rounds: Sequence[Measured]) -> tuple[float, float]:
    """Return how many processors worked meanwhile, for us and for anything else on this machine."""
    ours, others = [], []
    for one in rounds:
        parts = (one.outcome.cpu_seconds, one.server_cpu_seconds, one.database_cpu_seconds)
        ours.append(_ratio(sum(part for part in parts if part), one.outcome.seconds))
        if one.machine_cpu_seconds is not None:
            others.append(max(0.0, _ratio(one.machine_cpu_seconds, one.outcome.seconds) - ours[-1]))
    return middle(ours), middle(others)


def text(findings: Findings, effort: Effort) -> str:
    """Return the report on one database."""
    how = f"medians of {effort.rounds} rounds, {effort.connections} connections, receiver processes: {effort.workers}"
    return "\n".join(
        [
            f"{findings.version}; {how}",
            *map(str, figures(findings)),
            "  processor time per 1,000 deliveries, saturated:",
            *(f"    {name:<42}{value:>10.1f} ms" for name, value in processor_times(findings).items()),
            _busy("processors busy, saturated", findings.saturated),
            _busy(f"processors busy at {OFFERED_PER_SECOND:,}/s", findings.offered),
            f"  answers: {_answers(findings)}",
            f"  once each: {findings.comparison}",
            f"  sent again: {findings.sent_again:,}, counted as redelivered: {findings.redeliveries:,}",
        ]
    )


def as_json(findings: Findings) -> dict[str, Any]:
    """Return the same as plain values; what could not be measured is null."""
    return {
        "database": findings.version,
        "figures": [
            {
                "name": one.name.strip(),
                "value": _known(one.value),
                "unit": one.unit,
                "goal": one.goal,
                "reached": one.is_reached,
            }
            for one in figures(findings)
        ],
        "cpu_ms_per_1000": {name.strip(): value for name, value in processor_times(findings).items()},
        "processors_busy_with_others": _known(processors_busy([*findings.saturated, *findings.offered])[1]),
        "comparison": str(findings.comparison),
        "exact": findings.is_exact,
    }


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else math.nan


def _busy(name: str, rounds: Sequence[Measured]) -> str:
    ours, others = processors_busy(rounds)
    warning = ": too much to judge by these figures" if others > 0.3 else ""
    return f"  {name:<44}{ours:>10.2f}       and {others:.2f} by others{warning}"


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value


def _rate(rounds: Sequence[Measured]) -> float:
    return middle([one.outcome.stored_per_second for one in rounds])


def _spread(rounds: Sequence[Measured]) -> str:
    rates = [one.outcome.stored_per_second for one in rounds]
    return f"{min(rates):,.0f}–{max(rates):,.0f}" if len(rates) > 1 else ""


def _latencies(name: str, rounds: Sequence[Measured], goal: float | None = None) -> list[Figure]:
    p50, p99, worst = (middle([one.latency_ms(quantile) for one in rounds]) for quantile in (0.5, 0.99, 1))
    note = f"p50 {p50:.1f}, worst {worst:.1f}"
    return [Figure(f"{name}, p99", p99, "ms", goal, at_least=False, note=note)]


def _per_thousand(rounds: Sequence[Measured], cpu: Callable[[Measured], float | None]) -> float:
    spent = [(cpu(one), one.outcome.sent) for one in rounds]
    return middle([seconds / sent * 1e6 for seconds, sent in spent if seconds is not None and sent])


def _stage(alone: Sequence[Alone], cpu: Callable[[Alone], float]) -> float:
    return middle([cpu(one) / one.stored * 1e6 for one in alone])


def _answers(findings: Findings) -> str:
    answers: Counter[str] = Counter()
    for one in (*findings.saturated, *findings.offered):
        answers.update({str(status): number for status, number in one.outcome.statuses.items()})
        answers["none"] += one.outcome.unanswered
    return ", ".join(f"{status}: {number:,}" for status, number in sorted(answers.items()) if number)
