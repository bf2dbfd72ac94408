"""How much a gap is missing, and the words for it."""

from dataclasses import dataclass
from datetime import timedelta

from ..models import Gap
from . import retries, silence
from .causes import Facts
from .expectation import Expected, expected
from .stretches import Stretch, intersect, total

Cause = Gap.Cause
NO_TIME = timedelta(0)


@dataclass(frozen=True, slots=True)
class Estimate:
    missing: int | None
    """Events; None: no idea."""
    words: str


@dataclass(frozen=True, slots=True)
class Reach:
    """How far X's own retries reach into a gap."""

    lost: timedelta
    """Time whose deliveries met none of X's attempts with success."""
    in_replay: bool
    is_settled: bool
    """Whether the last of X's attempts are over."""

    @property
    def is_mended(self) -> bool:
        return self.lost <= NO_TIME and not self.in_replay


def reach(facts: Facts, cause: str, stretch: Stretch) -> Reach:
    """Work out what X's retries bring. Nothing was attempted without a valid webhook or in a silence."""
    if cause in (Cause.INVALID, Cause.GONE, Cause.SILENCE):
        return Reach(stretch.length, in_replay=False, is_settled=True)
    # Of what began before that time, all is taken for lost: it is long.
    before = max(facts.since - stretch.began_at, NO_TIME)
    return Reach(
        lost=before + total(intersect([stretch], facts.beyond_retries)),
        in_replay=retries.is_in_replay(facts.webhook, stretch),
        is_settled=facts.until >= stretch.ended_at + retries.LAST,
    )


def estimate(facts: Facts, cause: str, stretch: Stretch, reached: Reach) -> Estimate:
    """Say how many events are missing from a stretch, and by what."""
    if reached.is_mended:
        return Estimate(0, MENDED if reached.is_settled else MAY_BE_MENDED)
    if cause == Cause.REFUSED and stretch.began_at >= facts.since:
        return _by_refusals(facts, stretch, reached)
    usual = expected(facts.webhook, stretch)
    missing = round(usual.events * (reached.lost / stretch.length)) if usual else None
    return Estimate(missing, _words(cause, usual))


MENDED = "Shorter than X’s own retries last (about 4½ minutes): they brought what came meanwhile."
MAY_BE_MENDED = "Shorter than X’s own retries last (about 4½ minutes): they are bringing what came meanwhile."


def _by_refusals(facts: Facts, stretch: Stretch, reached: Reach) -> Estimate:
    """Count what X was told to send again; when it fell into a replay, X did not."""
    failing, refused = facts.failing(stretch)
    if reached.in_replay:
        return Estimate(refused, f"{refused:,} deliveries were answered 503 during a replay, which X does not repeat.")
    missing = round(refused * retries.share_lost(failing))
    return Estimate(missing, f"{refused:,} answers of 503, {failing:.0%} of all: X’s retries brought a part.")


def _words(cause: str, usual: Expected | None) -> str:
    if cause == Cause.SILENCE:
        return silence.words(usual)
    basis = f"Estimated by {usual.basis}." if usual else "There is no earlier traffic to estimate by."
    if cause == Cause.INVALID:
        return f"X sends nothing to an invalid webhook and may have nothing of it to send again. {basis}"
    if cause == Cause.GONE:
        return f"X sends nothing without a webhook, and has nothing of it to send again. {basis}"
    return basis
