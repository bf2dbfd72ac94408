"""Background door of `replays`."""

import structlog
from django.utils import timezone

from aaa_dashboard import background

from . import advancing

log = structlog.get_logger(__name__)


@background.task("replays.advance", seconds=100)
def advance() -> None:
    """Take every replay one step further. Runs every 15 seconds, and when somebody asks for one."""
    asked = advancing.advance(timezone.now())
    log.info("advanced replays", asked=asked)
