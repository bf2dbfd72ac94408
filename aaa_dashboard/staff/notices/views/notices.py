"""Notices: what is open, what was, and what people do about it."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from aaa_dashboard.audit import Actor
from aaa_dashboard.webhooks.views.parts import MANAGE, manages

from .. import channels, handling, kinds
from ..models import Mute, Notice
from .channels import MANAGE as MANAGE_CHANNELS

AT_ONCE = 50
HOURS_OFFERED = (1, 8, 24)


@require_safe
def notices(request: HttpRequest) -> HttpResponse:
    """Show what is open, then what was: `?kind=` of one kind, `?page=` of what was."""
    wanted = kinds.get(request.GET.get("kind", ""))
    found = Notice.objects.filter(kind=wanted.key) if wanted else Notice.objects.all()
    now = timezone.now()
    reached, unreached = channels.reached()
    context: dict[str, Any] = {
        "open": open_first(found),
        "page": Paginator(found.exclude(cleared_at=None).order_by("-id"), AT_ONCE).get_page(request.GET.get("page")),
        "kinds": sorted(kinds.table(), key=lambda kind: kind.label),
        "kind": wanted,
        "mutes": [(kinds.get(mute.kind), mute) for mute in Mute.objects.filter(until__gt=now).order_by("until")],
        "hours": HOURS_OFFERED,
        "channels": reached,
        "unreached": unreached,
        "may_manage": request.user.has_perm(MANAGE),
        "may_manage_channels": request.user.has_perm(MANAGE_CHANNELS),
    }
    return render(request, "staff/notices.html", context)


@require_POST
@manages
def acknowledge(request: HttpRequest, pk: int) -> HttpResponse:
    """Say “I am on it”."""
    notice = get_object_or_404(Notice, pk=pk)
    if handling.acknowledge(notice, by=Actor.of_request(request), now=timezone.now()):
        messages.success(request, f"Others see that you are on it: {notice.title}.")
    else:
        messages.success(request, "Somebody is on it already, or it is over.")
    return redirect(_back(request))


@require_POST
@manages
def mute(request: HttpRequest) -> HttpResponse:
    """Have nobody told of a kind for some hours."""
    hours = request.POST.get("hours", "")
    span = timedelta(hours=int(hours) if hours in {str(one) for one in HOURS_OFFERED} else HOURS_OFFERED[0])
    try:
        made = handling.mute(request.POST.get("kind", ""), span, by=Actor.of_request(request), now=timezone.now())
    except LookupError:
        messages.error(request, "Choose a kind first.")
    else:
        messages.success(
            request,
            f"Nobody is told of “{_label(made.kind)}” until {made.until:%H:%M} UTC. It is shown here all the same.",
        )
    return redirect("staff:notices")


@require_POST
@manages
def unmute(request: HttpRequest) -> HttpResponse:
    """Have people told again."""
    key = request.POST.get("kind", "")
    handling.unmute(key, by=Actor.of_request(request), now=timezone.now())
    messages.success(request, f"People are told of “{_label(key)}” again, also of what is open now.")
    return redirect("staff:notices")


def open_first(found: Any = Notice.objects) -> list[Notice]:
    """Open notices as people need them: what nobody is on first, then the gravest, then the oldest."""
    rows: list[Notice] = list(found.filter(cleared_at=None).order_by("-severity", "raised_at", "pk")[:AT_ONCE])
    return sorted(rows, key=lambda notice: notice.acknowledged_at is not None)


def _label(key: str) -> str:
    kind = kinds.get(key)
    return kind.label if kind else "it"


def _back(request: HttpRequest) -> str:
    wanted = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if wanted.startswith("/") and is_ours else "staff:notices"
