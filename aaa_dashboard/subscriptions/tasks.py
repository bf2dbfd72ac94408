"""Background doors of `subscriptions`."""

import structlog
from django.utils import timezone

from aaa_dashboard import background

from . import moving_along, sign_in, visits
from .claims import Busy
from .reconciling import running

log = structlog.get_logger(__name__)


@background.task("subscriptions.reconcile", seconds=200)
def reconcile() -> None:
    """Compare everything with X, and forget what is left of sign-ins and visits that are over."""
    sign_in.prune()
    visits.prune()
    try:
        run = running.reconcile(timezone.now())
    except Busy:
        log.info("another comparison is running")
    else:
        log.info("compared with X", at_x=run.at_x, unread=run.unread, found=run.found, settled=run.settled)


@background.task("subscriptions.go_on_moving", seconds=60)
def go_on_moving() -> None:
    """Go on with moves of webhooks: when somebody wants it, and every minute with those whose worker died."""
    went = moving_along.go_on_with_all(timezone.now())
    log.info("went on with moves", moves=went.moves, left=went.left)
    if went.left:
        background.nudge(go_on_moving)
