"""Send a number of deliveries at a chosen rate, and measure the answers. Needs no database and no Django."""

import argparse
import asyncio
import math
import os
import random
import time
from collections import Counter, deque
from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from . import mix, payloads
from .anatomy import take
from .delivery.posting import post, session
from .mint import Mint

DEFAULT_URL = "http://127.0.0.1:8000/webhook/twitter"
REMEMBERED = 1_000  # earlier deliveries that a duplicate is drawn from


@dataclass
class Result:
    """What came of a run."""

    sent: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    problems: Counter[str] = field(default_factory=Counter)
    answer_ms: list[float] = field(default_factory=list)
    elapsed_s: float = 0.0

    @property
    def is_good(self) -> bool:
        """Whether everything was answered 200."""
        return self.statuses[200] == self.sent

    def summary(self) -> dict[str, object]:
        """The figures by name."""
        times = sorted(self.answer_ms)
        return {
            "sent": self.sent,
            "answered": {str(status): number for status, number in sorted(self.statuses.items())},
            "failed": dict(self.problems.most_common()),
            "elapsed_s": round(self.elapsed_s, 3),
            "per_second": round(self.sent / self.elapsed_s, 1) if self.elapsed_s else 0.0,
            "answer_ms_p50": round(percentile(times, 50), 2),
            "answer_ms_p99": round(percentile(times, 99), 2),
        }


def percentile(ordered: Sequence[float], percent: float) -> float:
    """The smallest of some ordered values that at least so many percent of them do not exceed; 0 for no values."""
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)] if ordered else 0.0


async def send(url: str, secret: str, bodies: Iterator[bytes], number: int, rate: float, concurrency: int) -> Result:
    """Post `number` bodies, at most `concurrency` at once.

    `rate` is in deliveries a second, 0 for as fast as answers come. The timetable does not wait for slow answers until
    `concurrency` of them are missing.
    """
    result = Result()
    numbers = iter(range(number))
    began = time.perf_counter()

    async def work() -> None:
        for i in numbers:
            if rate and (ahead := began + i / rate - time.perf_counter()) > 0:
                await asyncio.sleep(ahead)
            body = next(bodies)
            result.sent += 1
            answer = await post(client, url, secret, body)
            result.answer_ms.append(answer.answer_ms)
            if answer.status is None:
                result.problems[answer.problem] += 1
            else:
                result.statuses[answer.status] += 1

    async with session(concurrency, answer_seconds=3.0) as client, asyncio.TaskGroup() as workers:
        for _ in range(min(concurrency, number)):
            workers.create_task(work())
    result.elapsed_s = time.perf_counter() - began
    return result


def minted(mint: Mint, chooser: mix.Chooser, duplicates: float, rng: random.Random) -> Iterator[bytes]:
    """Fresh bodies without end; so many percent of them are an earlier one once more, byte by byte."""
    earlier: deque[bytes] = deque(maxlen=REMEMBERED)
    while True:
        if earlier and rng.random() * 100 < duplicates:
            yield rng.choice(earlier)
            continue
        body = mint.one(chooser.name()).body
        if duplicates:
            earlier.append(body)
        yield body


def as_they_are(files: Sequence[Path]) -> Iterator[bytes]:
    """The bytes of the files, in turn and without end."""
    contents = [path.read_bytes() for path in files]
    while True:
        yield from contents


def main(arguments: Sequence[str]) -> int:
    """Returns 0 when everything was answered 200, 1 when not, 2 for wrong arguments, 130 when interrupted."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.list:
        print("\n".join(payloads.names()))
        return 0
    secret = os.environ.get(options.secret_env, "")
    if not secret:
        parser.error(f"the environment variable {options.secret_env} must hold the consumer secret")
    try:
        bodies = _bodies(options)
    except (OSError, ValueError) as error:
        parser.error(str(error))
    run = send(options.url, secret, bodies, options.number, options.rate, options.concurrency)
    try:
        result = _run(run)
    except KeyboardInterrupt:
        return 130
    summary = result.summary()
    print(orjson.dumps(summary).decode() if options.json else _in_words(summary))
    return 0 if result.is_good else 1


def _bodies(options: argparse.Namespace) -> Iterator[bytes]:
    """What the options ask to send. Raises OSError and ValueError for files and mixes that are not what they should."""
    if options.as_is:
        if not options.file:
            raise ValueError("--as-is needs at least one --file")
        return as_they_are(options.file)
    rng = random.Random(options.seed)
    mint = Mint(seed=options.seed)
    names = [str(path) for path in options.file]
    for path, name in zip(options.file, names, strict=True):
        mint.learn(name, take(payloads.read(path)))
    asked = mix.parse(options.mix) if options.mix else {} if names else mix.EVERYDAY
    return minted(mint, mix.Chooser(asked, rng, own=names), options.duplicates, rng)


def _run(run: Coroutine[None, None, Result]) -> Result:
    try:
        import uvloop
    except ImportError:  # Windows
        return asyncio.run(run)
    return uvloop.run(run)


def _in_words(summary: dict[str, object]) -> str:
    answered, failed = summary["answered"], summary["failed"]
    assert isinstance(answered, dict)
    assert isinstance(failed, dict)
    lines = [
        f"sent      {summary['sent']}",
        *(f"answered  {number} × {status}" for status, number in answered.items()),
        *(f"failed    {number} × {problem}" for problem, number in failed.items()),
        f"elapsed   {summary['elapsed_s']} s, {summary['per_second']} deliveries/s",
        f"answers   p50 {summary['answer_ms_p50']} ms, p99 {summary['answer_ms_p99']} ms",
    ]
    return "\n".join(lines)


def _count(text: str) -> int:
    """An argparse type: a whole number from 1."""
    if (value := int(text)) < 1:
        raise argparse.ArgumentTypeError("it must be 1 or more")
    return value


def _share(text: str) -> float:
    """An argparse type: a number from 0."""
    if (value := float(text)) < 0:
        raise argparse.ArgumentTypeError("it must not be below 0")
    return value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m aaa_dashboard.sandbox send",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Post signed deliveries to a webhook, as X does but without repeating failed ones, and print what\n"
        "was sent, how it was answered, what failed, and how fast. The exit code is 0 only when every\n"
        "delivery was answered 200. The sandbox need not be running.",
        epilog="""examples:
  # a hundred events of an everyday mix, as fast as they are answered
  X_CONSUMER_SECRET=… python -m aaa_dashboard.sandbox send -n 100

  # X's replay rate for ten seconds, every twentieth delivery a duplicate
  … send -n 25000 --rate 2500 --duplicates 5

  # five posts for every direct message; a kind stands for all its variants, a payload for itself
  … send -n 600 --mix "tweet_create_events=5,direct_message_events__text=1"

  # your own payload, with new ids and times each time; with --as-is byte by byte
  … send --file body.json -n 3
""",
    )
    parser.add_argument("--url", default=DEFAULT_URL, help=f"address of the webhook ({DEFAULT_URL})")
    parser.add_argument(
        "--secret-env",
        default="X_CONSUMER_SECRET",
        metavar="NAME",
        help="environment variable with the consumer secret that signs (X_CONSUMER_SECRET)",
    )
    parser.add_argument("-n", "--number", type=_count, default=1, metavar="N", help="how many deliveries (1)")
    parser.add_argument(
        "--rate", type=_share, default=0.0, metavar="R", help="deliveries a second; 0: as fast as answered (0)"
    )
    parser.add_argument(
        "--mix", metavar="MIX", help="kinds or payloads with weights, comma-separated (an everyday mix; see --list)"
    )
    parser.add_argument(
        "--file", type=Path, action="append", default=[], metavar="JSON", help="a payload of your own; may be repeated"
    )
    parser.add_argument("--as-is", action="store_true", help="send the files byte by byte, changed in nothing")
    parser.add_argument(
        "--concurrency", type=_count, default=32, metavar="N", help="answers waited for at the same time (32)"
    )
    parser.add_argument(
        "--duplicates", type=_share, default=0.0, metavar="PERCENT", help="share of deliveries sent again (0)"
    )
    parser.add_argument("--seed", type=int, help="the same seed draws the same kinds in the same order")
    parser.add_argument("--json", action="store_true", help="print the figures as one JSON object")
    parser.add_argument("--list", action="store_true", help="print the names of all payloads and leave")
    return parser
