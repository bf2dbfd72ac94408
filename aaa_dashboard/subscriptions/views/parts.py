"""What the pages have in common."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from csp.decorators import csp_update
from django.conf import settings
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from aaa_dashboard.webhooks.models import Webhook
from aaa_dashboard.webhooks.views.parts import MANAGE as MANAGE_WEBHOOKS
from aaa_dashboard.x_api.errors import Failure, XError

from ..claims import Busy
from ..models import Subscription
from ..throttle import count

SIGN_INS_A_MINUTE = 20

View = Callable[..., HttpResponseBase]

MANAGE = "subscriptions.manage_subscriptions"
manages = permission_required(MANAGE, raise_exception=True)
# A move registers a webhook and deletes another.
MOVE = (MANAGE, MANAGE_WEBHOOKS)
moves = permission_required(MOVE, raise_exception=True)

# X sends people on between these while they sign in.
HOSTS_OF_X = ("https://api.twitter.com", "https://twitter.com", "https://api.x.com", "https://x.com")


def leads_to_x(view: View) -> View:
    """Let the page's forms end at X: browsers hold a form to `form-action` even where its answer sends them on."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        parts = urlsplit(settings.X_API_BASE_URL)
        origin = f"{parts.scheme}://{parts.netloc}"
        sources = [*HOSTS_OF_X] if origin in HOSTS_OF_X else [origin]
        return csp_update({"form-action": sources})(view)(request, *args, **kwargs)

    return wrapped


def begins_too_often(request: HttpRequest) -> bool:
    """Whether one address begins sign-ins faster than people do. Each costs a call to X, and anybody can begin one."""
    key = f"sign-ins-of-{request.META.get('REMOTE_ADDR', '')}".replace(" ", "")[:200]
    return (count(key) or 0) > SIGN_INS_A_MINUTE


def webhooks_offered() -> list[Webhook]:
    """Where accounts can be subscribed."""
    return list(Webhook.objects.filter(deleted_at=None).select_related("app").order_by("app_id", "-valid", "pk"))


def with_everything(queryset: Any = None) -> Any:
    """Subscriptions with what it takes to show and change them.

    Optimization: an app is read once, since its six keys are decrypted whenever it is: half a second for 100 rows.
    """
    rows = Subscription.objects.all() if queryset is None else queryset
    return rows.select_related("webhook", "account").prefetch_related("webhook__app")


def refused(request: HttpRequest, error: XError | Busy, **where: Any) -> HttpResponse:
    """What X said, what it means, what to do: for staff, with the way back (`back`, `back_to`)."""
    failure: Failure | None = error.failure if isinstance(error, XError) else None
    return render(request, "subscriptions/refused.html", {"failure": failure, **where}, status=409)
