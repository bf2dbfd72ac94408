import structlog
from django.core.management import call_command

from aaa_dashboard.celery import app

log = structlog.get_logger(__name__)


@app.task(name="staff.clear_expired_sessions")
def clear_expired_sessions() -> None:
    call_command("clearsessions")
    log.info("cleared expired sessions")
