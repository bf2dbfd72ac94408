import structlog
from django.core.management import call_command
from django.utils import timezone

from aaa_dashboard import background

from . import sign_ins
from .notices import outbox, retention, round  # noqa: A004 - a look round
from .notices.models import Turn

log = structlog.get_logger(__name__)


@background.task("staff.clear_expired_sessions")
def clear_expired_sessions() -> None:
    """Forget sign-ins that are over, and what is known of those of long ago."""
    call_command("clearsessions")
    log.info("cleared expired sessions")
    log.info("forgot sign-ins of long ago", removed=sign_ins.prune(timezone.now()))


@background.task("staff.look_round")
def look_round() -> None:
    """Raise and clear notices. What is new is told at once. Runs every minute."""
    looked = round.look(timezone.now(), by=Turn.WORKER)
    if looked is None:
        return
    log.info("looked round", raised=looked.raised, worse=looked.worse, cleared=looked.cleared)
    if looked.has_news:
        background.nudge(tell)


@background.task("staff.tell", seconds=100)
def tell() -> None:
    """Send what is due, and again what failed. Runs every minute."""
    sent = outbox.send_due(timezone.now())
    log.info("told notices", sent=sent.sent, failed=sent.failed)


@background.task("staff.prune_notices")
def prune_notices() -> None:
    """Forget notices that were over long ago."""
    log.info("pruned notices", removed=retention.prune(timezone.now()))
