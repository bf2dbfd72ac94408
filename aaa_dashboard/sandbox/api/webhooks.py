"""Register, list, validate and delete webhooks: `/1.1/account_activity/webhooks…`.

Source: X, “Enterprise Account Activity API” (reference).
"""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse

from .. import registration, webhook_urls
from ..challenge import Fault
from ..models import App, Webhook
from ..oauth.callers import Caller
from .door import Admits, by_method, door
from .errors import Error, Refused

# What X says when a challenge goes wrong.
ERROR_OF_FAULT = {
    Fault.ANSWER: Error.CHALLENGE_ANSWER,
    Fault.CERTIFICATE: Error.WEBHOOK_URL,
    Fault.LATENCY: Error.CHALLENGE_LATENCY,
    Fault.STATUS: Error.CHALLENGE_STATUS,
}


@door(15, Admits.OWNER, writes=True)
def register(request: HttpRequest, caller: Caller) -> HttpResponse:
    """`POST webhooks.json?url=`: 200 with the webhook, after a challenge."""
    url = request.POST.get("url") or request.GET.get("url")
    if not url:
        raise Refused(Error.PARAMETER_MISSING, name="url")
    if not webhook_urls.is_acceptable(url, loopback=settings.ALLOW_LOOPBACK):
        raise Refused(Error.WEBHOOK_URL)
    _require_room(caller.app, url)
    outcome = registration.challenge_now(url, caller.app.consumer_secret)
    if outcome.fault:
        raise Refused(ERROR_OF_FAULT[outcome.fault])
    with transaction.atomic():
        _require_room(caller.app, url)  # once more: the challenge took its time
        hook = registration.keep(caller.app, url, outcome)
    return JsonResponse(described(hook))


@door(15, Admits.OWNER_OR_APP)
def listed(_request: HttpRequest, caller: Caller) -> HttpResponse:
    """`GET webhooks.json`: 200 with the app's webhooks."""
    return JsonResponse([described(hook) for hook in caller.app.webhooks.order_by("pk")], safe=False)


@door(15, Admits.OWNER_OR_APP, writes=True)
def validate(_request: HttpRequest, caller: Caller, webhook_id: str) -> HttpResponse:
    """`PUT webhooks/:webhook_id.json`: 204 after a challenge that was answered rightly."""
    outcome = registration.validate(found(caller.app, webhook_id))
    if outcome.fault:
        raise Refused(ERROR_OF_FAULT[outcome.fault])
    return HttpResponse(status=204)


@door(15, Admits.OWNER, writes=True)
def delete(_request: HttpRequest, caller: Caller, webhook_id: str) -> HttpResponse:
    """`DELETE webhooks/:webhook_id.json`: 204."""
    found(caller.app, webhook_id).delete()
    return HttpResponse(status=204)


webhooks = by_method(GET=listed, POST=register)
webhook = by_method(PUT=validate, DELETE=delete)


def found(app: App, webhook_id: str) -> Webhook:
    """The app's webhook with that id.

    Raises:
        Refused: It has none.
    """
    hook = app.webhooks.select_related("app__contract").filter(x_webhook_id=webhook_id).first()
    if hook is None:
        raise Refused(Error.NO_SUCH_WEBHOOK)
    return hook


def described(hook: Webhook) -> dict[str, object]:
    """A webhook in X's words."""
    body: dict[str, object] = {"id": hook.x_webhook_id, "url": hook.url, "valid": hook.valid}
    if settings.ANSWERS_AS_SEEN:
        return body | {"created_timestamp": f"{hook.created_at:%Y-%m-%d %H:%M:%S} +0000"}
    return body | {"created_at": written(hook.created_at)}


def written(at: datetime) -> str:
    """A time as X's API writes it: UTC, whole seconds."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _require_room(app: App, url: str) -> None:
    """X counts the webhooks of all apps under one contract, and takes no address twice for one app."""
    kept = Webhook.objects.filter(app__contract=app.contract) if app.contract else app.webhooks.all()
    allowed = app.contract.webhooks_allowed if app.contract else 1
    if kept.count() >= allowed or app.webhooks.filter(url=url).exists():
        raise Refused(Error.TOO_MANY_RESOURCES)
