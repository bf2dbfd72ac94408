"""What the pages have in common."""

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from aaa_dashboard.x_api.errors import XError

MANAGE = "webhooks.manage_webhooks"
manages = permission_required(MANAGE, raise_exception=True)


def refused(request: HttpRequest, error: XError, *, back: str, back_to: str) -> HttpResponse:
    """What X said, what it means, what to do, and the way back."""
    context = {"failure": error.failure, "back": back, "back_to": back_to}
    return render(request, "webhooks/refused.html", context, status=409)
