"""A gap that is over is not shown as going on until the next minute's look."""

from typing import Any

from aaa_dashboard import background

from .finding import UNSURE


def look_soon(**_: Any) -> None:
    """Receive `webhooks.signals.valid_again`: look for gaps as soon as that moment is one that is looked at."""
    from .. import tasks

    background.nudge(tasks.find_gaps, in_seconds=UNSURE.total_seconds() + 1)
