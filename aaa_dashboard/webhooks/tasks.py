"""Background doors of `webhooks`."""

import structlog
from django.utils import timezone

from aaa_dashboard import background

from . import revalidating

log = structlog.get_logger(__name__)


@background.task("webhooks.keep_valid", seconds=100)
def keep_valid() -> None:
    """Have invalid webhooks validated again, and others before X finds them out."""
    attempts = revalidating.keep_valid(timezone.now())
    log.info("kept webhooks valid", attempts=len(attempts), failed=sum(bool(one.failure) for one in attempts))
