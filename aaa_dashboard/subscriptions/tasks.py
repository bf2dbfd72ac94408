"""Background doors of `subscriptions`."""

import structlog

from aaa_dashboard.celery import app as celery
from aaa_dashboard.webhooks.models import App, Webhook
from aaa_dashboard.x_api.errors import XError

from . import checking, profiles, sign_in, visits

log = structlog.get_logger(__name__)


@celery.task(name="subscriptions.compare")
def compare() -> None:
    """Compare every webhook with X, count what is used, and read the oldest profiles anew. Runs every 15 minutes.

    What is left of sign-ins and visits that are over is forgotten on the way.
    """
    sign_in.prune()
    visits.prune()
    for webhook in Webhook.objects.filter(deleted_at=None).select_related("app"):
        try:
            found = checking.check_all(webhook)
        except XError as error:
            log.warning("comparing subscriptions failed", webhook=webhook.x_id, because=error.failure.key)
        else:
            log.info("compared subscriptions", webhook=webhook.x_id, at_x=found.at_x, missing=found.missing)
    for app in App.objects.filter(webhooks__deleted_at=None, webhooks__isnull=False).distinct():
        try:
            checking.count(app)
            profiles.refresh(app, profiles.stale())
        except XError as error:
            log.warning("reading profiles failed", app=app.slug, because=error.failure.key)
