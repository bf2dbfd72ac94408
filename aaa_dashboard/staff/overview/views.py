"""The overview, and where one lands."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from aaa_dashboard.webhooks.views.parts import MANAGE

from ..notices.views.channels import MANAGE as MANAGE_CHANNELS
from .chart import DEFAULT_HOURS, SPANS, chart
from .page import overview as read

MANAGE_SUBSCRIPTIONS = "subscriptions.manage_subscriptions"


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Send people to where their work is."""
    return redirect(landing(request))


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Show whether events flow and what needs a person; to htmx the part that changes. `?hours=` of the chart."""
    now = timezone.now()
    hours = request.GET.get("hours", "")
    chosen = int(hours) if hours in {str(span) for span in SPANS} else DEFAULT_HOURS
    context = {
        **read(now, may_tell=request.user.has_perm(MANAGE_CHANNELS)),
        "chart": chart(chosen, now),
        "spans": list(SPANS),
        "may_manage": request.user.has_perm(MANAGE),
        "may_manage_channels": request.user.has_perm(MANAGE_CHANNELS),
    }
    # A part for htmx alone: not what the browser shows when somebody goes back.
    template = "staff/_overview.html" if request.headers.get("HX-Request") else "staff/overview.html"
    response = render(request, template, context)
    response["Vary"] = "HX-Request"
    return response


def landing(request: HttpRequest) -> str:
    """Name the page on which somebody lands: operators on the overview, agents on Live."""
    looks_after = request.user.has_perm(MANAGE) or request.user.has_perm(MANAGE_SUBSCRIPTIONS)
    return "staff:overview" if looks_after else "activity:live"
