"""A JSON API for tests: `/control/…`. It makes users and apps, lets things happen, and says what happened.

It is no part of X. Whoever reaches it can do everything, so it takes requests from this machine alone, unless the
settings say otherwise; and bodies as `application/json` alone, which no foreign web page can send unasked.
"""

from collections.abc import Callable
from typing import Any

import orjson
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from .. import asked, clock, making, service, switches
from ..activity import acts, doing
from ..asked import Wrong
from ..models import ApiRequest, App, Delivery, Replay, User, Webhook
from . import described

Body = dict[str, Any]
AT_ONCE = 100


def controls(**methods: Callable[..., object]) -> Callable[..., HttpResponse]:
    """Serve an address: `GET=function`, … Each is given the body (or query) and the parts of the path, and returns what
    is answered as JSON.
    """

    @csrf_exempt
    def view(request: HttpRequest, **parts: object) -> HttpResponse:
        if not settings.CONTROL:
            return JsonResponse({"error": "The control API is off: SANDBOX_CONTROL."}, status=403)
        method = methods.get(request.method or "")
        if method is None:
            return JsonResponse({"error": f"There is {', '.join(methods)} here."}, status=405)
        try:
            return JsonResponse(method(_body(request), **parts), safe=False)
        except (Wrong, acts.Impossible, LookupError, ValueError) as error:
            return JsonResponse({"error": str(error)}, status=400)

    return view


def _body(request: HttpRequest) -> Body:
    if request.method == "GET":
        return dict(request.GET.items())
    if not request.body and request.method == "DELETE":
        return {}
    if request.content_type != "application/json":
        raise Wrong("Send a JSON object as application/json.")
    try:
        body = orjson.loads(request.body or b"{}")
    except orjson.JSONDecodeError as error:
        raise Wrong(f"The body is not JSON: {error}.") from error
    if not isinstance(body, dict):
        raise Wrong("Send a JSON object.")
    return body


def state(_body: Body) -> object:
    """Everything at a glance."""
    return {
        "now": clock.now().isoformat(),
        "clock_ahead_seconds": clock.ahead().total_seconds(),
        "traffic_per_second": service.current.traffic.rate,
        "deliveries": {
            "delivered": service.current.dispatcher.delivered,
            "waiting": service.current.dispatcher.waiting,
            "lost": service.current.dispatcher.gone,
        },
        "faults": described.faults_on(),
        "users": [described.user(one) for one in User.objects.order_by("id")],
        "apps": [described.app(one) for one in App.objects.select_related("owner").order_by("id")],
        "webhooks": [
            described.webhook(one)
            for one in Webhook.objects.select_related("app").prefetch_related("subscriptions__user").order_by("id")
        ],
        "replays": [described.replay(one) for one in Replay.objects.select_related("webhook")[:AT_ONCE]],
    }


def make_user(body: Body) -> object:
    """A user more: `screen_name`; if need be `name`, `id`, `location`, `description`, `is_brand`, `is_protected`."""
    return described.user(making.user(body))


def make_app(body: Body) -> object:
    """An app more, with its keys and its owner's token: `name`; if need be `owner`, `callback_urls` and others."""
    return described.app(making.app(body))


def make_token(body: Body) -> object:
    """What a user's consent would bring, the token of an app for them: `user`, `app` (the first one)."""
    return described.token(making.token(body))


def do(body: Body) -> object:
    """Let something happen: `do`, `by`, and what the deed needs."""
    return doing.do(body)


def faults_on(_body: Body) -> object:
    """Which faults are on."""
    return described.faults_on()


def set_fault(body: Body, key: str) -> object:
    """Switch a fault on: `percent`, `seconds`."""
    asked.only(body, {"percent", "seconds"})
    seconds = asked.number(body, "seconds") if "seconds" in body else None
    switches.switch_on(key, asked.number(body, "percent", 100), seconds)
    return described.faults_on()


def end_fault(_body: Body, key: str) -> object:
    """Switch a fault off."""
    switches.switch_off(key)
    return described.faults_on()


def end_faults(_body: Body) -> object:
    """Switch all faults off."""
    switches.switch_off()
    return described.faults_on()


def set_traffic(body: Body) -> object:
    """Have so many events `per_second`."""
    asked.only(body, {"per_second"})
    rate = asked.number(body, "per_second")
    service.current.set_traffic(rate)
    return {"per_second": rate}


def set_clock(body: Body) -> object:
    """Move the clock ahead by `advance` seconds."""
    asked.only(body, {"advance"})
    switches.advance(asked.number(body, "advance"))
    return {"now": clock.now().isoformat(), "clock_ahead_seconds": clock.ahead().total_seconds()}


def requests(body: Body) -> object:
    """What X's API was asked, oldest first; after `after` (an id), or the last hundred."""
    return [described.request(one) for one in _newest(ApiRequest.objects.all(), body)]


def deliveries(body: Body) -> object:
    """What was delivered or tried, oldest first; `after` an id, for `for_user_id`, of `state`, of `kind`."""
    service.current.flush()
    found = Delivery.objects.prefetch_related("attempts")
    for name, lookup in (("for_user_id", "for_user_id"), ("state", "state"), ("kind", "payload__startswith")):
        if body.get(name):
            found = found.filter(**{lookup: body[name]})
    return [described.delivery(one) for one in _newest(found, body)]


def invalidate(_body: Body, webhook_id: str) -> object:
    """Mark a webhook invalid, until its owner has it validated."""
    hook = Webhook.objects.select_related("app").filter(x_webhook_id=webhook_id).first()
    if hook is None:
        raise Wrong(f"There is no webhook {webhook_id}.")
    switches.invalidate(hook)
    return described.webhook(hook)


def reset(_body: Body) -> object:
    """Forget everything that came after the first start; the clock stays where it is."""
    service.current.reset()
    return state({})


def _newest(found: Any, body: Body) -> list[Any]:
    """A hundred rows in the order of their ids: the first after one, or the last there are."""
    if after := body.get("after"):
        if after != "0" and not asked.is_x_id(after):
            raise Wrong("after: an id of this list, such as 17.")
        return list(found.filter(id__gt=int(after)).order_by("id")[:AT_ONCE])
    return list(found.order_by("-id")[:AT_ONCE])[::-1]
