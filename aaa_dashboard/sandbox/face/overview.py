"""The first page, the switches on it, and the sign of life."""

from collections.abc import Iterable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from .. import clock, faults, service, switches
from ..models import App, Attempt, Delivery, User, Webhook

SHOWN_DELIVERIES = 25


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """The app, webhooks and who is subscribed, the traffic and the last deliveries."""
    return _page(request)


@require_POST
def set_traffic(request: HttpRequest) -> HttpResponse:
    """Have another rate of events."""
    try:
        rate = float(request.POST.get("rate", "")) if request.POST.get("switch") != "off" else 0.0
        service.current.set_traffic(rate)
    except ValueError:
        return _page(request, problem="The rate is a number from 0 to 1000.")
    return HttpResponseRedirect(f"{redirect('overview').url}#traffic")


@require_POST
def invalidate(request: HttpRequest, webhook_id: str) -> HttpResponse:  # noqa: ARG001 - the form says it all
    """Mark a webhook invalid."""
    switches.invalidate(get_object_or_404(Webhook, x_webhook_id=webhook_id))
    return redirect("overview")


def _page(request: HttpRequest, problem: str = "") -> HttpResponse:
    hooks = Webhook.objects.select_related("app").prefetch_related("subscriptions__user").order_by("created_at")
    deliveries = Delivery.objects.defer("body").prefetch_related("attempts").order_by("-id")[:SHOWN_DELIVERIES]
    context = {
        "apps": App.objects.order_by("id"),
        "webhooks": [(hook, [one.user for one in hook.subscriptions.all()]) for hook in hooks],
        "deliveries": rows(deliveries),
        "dispatcher": service.current.dispatcher,
        "traffic": service.current.traffic,
        "now": clock.now(),
        "ahead": clock.ahead(),
        "faults": [kind for key, kind in faults.FAULTS.items() if faults.setting(key)],
        "configured_url": settings.WEBHOOK_URL,
        "problem": problem,
    }
    return render(request, "sandbox/face/overview.html", context, status=400 if problem else 200)


def rows(deliveries: Iterable[Delivery]) -> list[tuple[Delivery, list[Attempt], str]]:
    """Deliveries with their attempts, and the screen name of whom they are for."""
    found = list(deliveries)
    names = dict(
        User.objects.filter(x_user_id__in={one.for_user_id for one in found}).values_list("x_user_id", "screen_name")
    )
    return [(one, list(one.attempts.all()), names.get(one.for_user_id, "")) for one in found]


@require_safe
def healthz(_request: HttpRequest) -> HttpResponse:
    """200 while the process lives."""
    return HttpResponse("ok\n", content_type="text/plain")
