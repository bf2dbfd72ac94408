"""Gaps: stretches in which events may have been missed. Found every minute by a task, recovered by `replays`.

In order: `finding` reads what is stored since the last look (`minutes`, `life`) → `causes` and `silence` work out
stretches in which events may be missing → `keeping` compares them with the rows, with how much is missing
(`estimating`, `expectation`, `retries`) → `states` and `splitting`: what becomes of a gap after that.
"""

from .finding import REPLAY_WINDOW, Found, find
from .retries import register_replays
from .splitting import split_off
from .states import dismiss, found_again, lost, recovered, recovering, waiting

__all__ = [
    "REPLAY_WINDOW",
    "Found",
    "dismiss",
    "find",
    "found_again",
    "lost",
    "recovered",
    "recovering",
    "register_replays",
    "split_off",
    "waiting",
]
