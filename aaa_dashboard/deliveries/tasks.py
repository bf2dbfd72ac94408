import structlog
from django.utils import timezone

from aaa_dashboard.celery import app
from aaa_dashboard.deliveries import retention

log = structlog.get_logger(__name__)


@app.task(name="deliveries.prune_refusals")
def prune_refusals() -> None:
    pruned = retention.prune_refusals(timezone.now())
    log.info("pruned records of traffic", refusals=pruned.refusals, traffic_minutes=pruned.traffic_minutes)
