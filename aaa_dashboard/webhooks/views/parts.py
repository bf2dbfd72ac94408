"""What the pages have in common."""

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from aaa_dashboard.x_api.errors import XError

MANAGE = "webhooks.manage_webhooks"
manages = permission_required(MANAGE, raise_exception=True)


def refused(request: HttpRequest, error: XError, *, back: str, back_to: str, look: str = "") -> HttpResponse:
    """What X said, what it means, what to do, and the way back; `look` is where the address is looked at."""
    context = {"failure": error.failure, "back": back, "back_to": back_to, "look": look}
    return render(request, "webhooks/refused.html", context, status=409)
