"""Ask X which webhooks an app has, and put it beside what we have."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from aaa_dashboard.audit import Actor, record
from aaa_dashboard.clocks import is_ahead
from aaa_dashboard.x_api import errors
from aaa_dashboard.x_api.interface import XApi
from aaa_dashboard.x_api.results import Webhook as AtX
from aaa_dashboard.x_api.transport import PATIENCE_SECONDS

from .credentials import api_of
from .models import App, Webhook
from .signals import began, ended
from .timeline import Kind, note, set_valid


def ask(app: App, *, patience_seconds: float = PATIENCE_SECONDS, now: datetime | None = None) -> list[AtX]:
    """Read X's list: states are brought up to date, what is gone is marked, the rest is kept as the app's strangers.

    A webhook of the app's own address is adopted: whoever registered it, what it delivers comes here.

    Args:
        app: Whose webhooks.
        patience_seconds: How long to wait for limits and retries, beyond the time X takes to answer.
        now: The time, where it is another than the clock's.

    Returns:
        The strangers: what X has and we have not.

    Raises:
        XError: X does not tell.
    """
    asked_at = now or timezone.now()
    api = api_of(app, patience_seconds=patience_seconds)
    at_x = api.webhooks()
    for one in at_x:
        if is_ours(app, one.url):
            adopt(app, one, by=Actor("the dashboard"), as_of=asked_at)
    ours = {webhook.x_id: webhook for webhook in app.webhooks.filter(deleted_at=None)}
    for one in at_x:
        known = ours.pop(one.id, None)
        # What X has validated while it was answering is newer than its answer.
        is_older = known and (known.validated_at is None or known.validated_at <= asked_at)
        if known and (is_older or is_ahead(known.validated_at, asked_at)):
            set_valid(known, one.is_valid, at=asked_at)
    for gone in ours.values():
        # One that was registered while X was answering is not in its answer.
        if gone.created_at < asked_at and _is_gone(api, gone):
            mark_gone(gone)
    known_ids = set(app.webhooks.filter(deleted_at=None).values_list("x_id", flat=True))
    strangers = [one for one in at_x if one.id not in known_ids]
    app.asked_at = asked_at
    app.strangers = [{"id": one.id, "url": one.url, "valid": one.is_valid} for one in strangers]
    app.save(update_fields=["asked_at", "strangers"])
    return strangers


def _is_gone(api: XApi, webhook: Webhook) -> bool:
    """Ask X about the webhook itself: a list that came empty or short ends nothing."""
    try:
        api.subscriptions(webhook.x_id)
    except errors.WebhookNotFound:
        return True
    except errors.XError:
        return False  # the next list is followed by another look
    return False


def is_ours(app: App, url: str) -> bool:
    """Whether an address is the app's own, in either form that the receiver answers."""
    return url.removesuffix("/") == app.receive_url


def adopt(app: App, one: AtX, *, by: Actor, as_of: datetime, registered: bool = False) -> Webhook:
    """Make a webhook that X has ours. Doing it twice, or two at once, is doing it once.

    Args:
        app: Whose it is.
        one: What X says of it.
        by: Who wants it.
        as_of: When X was asked. What was deleted since then stays deleted.
        registered: Whether it was registered just now, rather than found.
    """
    since = {"valid_since" if one.is_valid else "invalid_since": timezone.now()}
    if registered and one.is_valid:
        since["validated_at"] = timezone.now()  # X asks the challenge before it takes an address
    with transaction.atomic():
        webhook, is_new = Webhook.objects.get_or_create(
            app=app,
            x_id=one.id,
            defaults={
                "url": one.url,
                "valid": one.is_valid,
                "registered_at": one.created_at,
                "last_checked_at": timezone.now(),
                **since,
            },
        )
        came_back = Webhook.objects.filter(pk=webhook.pk, deleted_at__lt=as_of).update(
            deleted_at=None, valid=one.is_valid, **since
        )
        if is_new or came_back:
            note(webhook, Kind.REGISTERED if registered else Kind.ADOPTED, by=by)
            action = "registered a webhook" if registered else "adopted a webhook"
            began.send(Webhook, webhook=webhook)
            record(by, action, webhook, after={"app": app.slug, "X id": one.id, "address": one.url})
            app.strangers = [other for other in app.strangers if other["id"] != one.id]
            app.save(update_fields=["strangers"])
    webhook.refresh_from_db()
    return webhook


def mark_gone(webhook: Webhook) -> None:
    """Keep that X has a webhook no more, and that nobody here deleted it."""
    with transaction.atomic():
        if Webhook.objects.filter(pk=webhook.pk, deleted_at=None).update(
            deleted_at=timezone.now(), valid=False, valid_since=None, invalid_since=None
        ):
            note(webhook, Kind.GONE, "X does not have it any more.")
            ended.send(Webhook, webhook=webhook)
