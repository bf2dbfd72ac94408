"""What follows when X does not take a replay: wait for how long, or give up, and for whom."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from aaa_dashboard.x_api import errors
from aaa_dashboard.x_api.errors import XError

OTHERS_JOB = timedelta(minutes=4)
"""Between two looks whether a job of somebody else is over: each look is one of five requests in 15 minutes."""
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)
MOST_TOO_YOUNG = 3


@dataclass(frozen=True, slots=True)
class Answer:
    """What to do."""

    wait_until: datetime | None
    """None: give up."""
    reason: str = ""
    """Why it waits, for people."""
    everywhere: bool = False
    """Whether every replay of the app is given up."""
    is_no_fault: bool = False
    """Whether nothing is wrong, so that the next pause need not be longer."""


def answer_to(error: XError, refusals: int, *, now: datetime) -> Answer:
    """Say what to do about a refusal.

    What a person or X may mend is waited for as long as X has the window, with longer and longer pauses: keys, tokens,
    the webhook, an outage. What nobody here can mend ends it.

    Args:
        error: What X said.
        refusals: How often X has refused this job before.
        now: When.
    """
    pause = min(FIRST_PAUSE * 2 ** min(refusals, 10), LONGEST_PAUSE)
    match error:
        case errors.ReplayInProgress():
            answer = Answer(now + OTHERS_JOB, "Another replay of this webhook runs at X.", is_no_fault=True)
        case errors.RateLimited():
            answer = Answer(max(error.resets_at, now), "X’s limit of requests is used up.", is_no_fault=True)
        case errors.NotEntitled():
            answer = Answer(None, everywhere=True)
        case errors.WebhookNotFound():
            answer = Answer(None)
        case errors.ParametersRefused():
            is_too_young = error.failure.key == "parameter-not-past" and refusals < MOST_TOO_YOUNG
            answer = Answer(now + pause if is_too_young else None, "X says that it is too young.")
        case errors.WebhookInvalid():
            answer = Answer(now + pause if refusals else now, "The webhook is invalid; X asks its challenge first.")
        case errors.ChallengeFailed():
            answer = Answer(now + pause, "The webhook is invalid, and fails X’s challenge.")
        case _:
            answer = Answer(now + pause, "X did not take it; it is asked again.")
    return answer
