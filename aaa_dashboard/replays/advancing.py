"""Take every replay one step further. Runs every 15 seconds, and at once after somebody asked for one."""

from datetime import datetime

from . import completing, ending, progress, recovering, requesting


def advance(now: datetime) -> int:
    """Release what workers left behind, count, make replays of gaps, end what is over, and ask X for what is next.

    Safe to do twice and at the same time: each step takes rows by conditional UPDATEs.

    Returns:
        How often X was asked for a replay.
    """
    requesting.release(now)
    completing.take_ends()
    progress.count(now)
    recovering.recover(now)
    ending.settle_all(now)
    return sum(requesting.ask(job, now=now) for job in requesting.due(now))
