"""The one page of the sandbox, and its sign of life. No sign-in: it listens on loopback."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from . import service
from .models import App, Delivery, Subscription, User, Webhook
from .people import BY_ID

SHOWN_DELIVERIES = 50


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """The app, its webhook, who is subscribed, the traffic and the last deliveries."""
    webhook = Webhook.objects.order_by("-created_at").first()
    deliveries = Delivery.objects.prefetch_related("attempts").order_by("-id")[:SHOWN_DELIVERIES]
    subscribed = set(Subscription.objects.filter(webhook=webhook).values_list("user_id", flat=True))
    users = [
        (user, user.pk in subscribed, BY_ID[user.x_user_id].initials)
        for user in User.objects.order_by("-is_brand", "screen_name")
        if user.x_user_id in BY_ID
    ]
    return render(
        request,
        "sandbox/overview.html",
        {
            "app": App.objects.first(),
            "webhook": webhook,
            "users": users,
            "deliveries": [(d, list(d.attempts.all()), BY_ID.get(d.for_user_id)) for d in deliveries],
            "dispatcher": service.current.dispatcher,
            "traffic": service.current.traffic,
            "rate": service.current.traffic.rate,
            "configured_url": settings.WEBHOOK_URL,
        },
    )


@require_safe
def healthz(_request: HttpRequest) -> HttpResponse:
    """200 while the process lives."""
    return HttpResponse("ok\n", content_type="text/plain")
