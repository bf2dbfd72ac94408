"""Register an address at X; one that X has already is adopted."""

from django.utils import timezone

from aaa_dashboard.audit import Actor
from aaa_dashboard.x_api import errors

from .asking import adopt
from .credentials import api_of
from .models import App, Webhook


def register(app: App, url: str, *, by: Actor) -> Webhook:
    """Register an address. Registering it twice, or two at once, leads to one webhook.

    Raises:
        XError: X refuses, and has no webhook of this address.
    """
    api, began = api_of(app), timezone.now()
    try:
        return adopt(app, api.register_webhook(url), by=by, as_of=began, registered=True)
    except (errors.LimitReached, errors.NoAnswer, errors.UnreadableAnswer):
        # X words “you have this one” as “too many”, and may have done what it gave no answer to.
        found = next((one for one in api.webhooks() if one.url == url), None)
        if found is None:
            raise
    return adopt(app, found, by=by, as_of=began)


def adopt_by_id(app: App, x_id: str, *, by: Actor) -> Webhook:
    """Adopt a webhook that X has, by X's id.

    Raises:
        XError: X does not tell.
        LookupError: X has none by that id for this app.
    """
    began = timezone.now()
    for one in api_of(app).webhooks():
        if one.id == x_id:
            return adopt(app, one, by=by, as_of=began)
    raise LookupError(x_id)
