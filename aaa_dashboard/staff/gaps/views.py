"""Gaps: what was missed, why, and what became of it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from aaa_dashboard.audit import Actor
from aaa_dashboard.deliveries import gaps as of_deliveries
from aaa_dashboard.deliveries.models import Gap
from aaa_dashboard.webhooks.views.parts import MANAGE, manages

from .drawing import draw
from .shown import gap_list, shown

# Of a key: what the database's integers hold for certain.
MOST_DIGITS = 18


@require_safe
def gaps(request: HttpRequest) -> HttpResponse:
    """Show every gap; `?before=` a key goes on with older ones."""
    before = request.GET.get("before", "")
    key = int(before) if before.isascii() and before.isdigit() and len(before) <= MOST_DIGITS else None
    context = {"found": gap_list(timezone.now(), key), "before": key, "may_manage": request.user.has_perm(MANAGE)}
    return render(request, "staff/gaps.html", context)


@require_safe
def gap(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one gap with what came around it."""
    found, now = _get(pk), timezone.now()
    context = {"one": shown(found, now), "drawing": draw(found, now), "may_manage": request.user.has_perm(MANAGE)}
    return render(request, "staff/gap.html", context)


@require_http_methods(["GET", "POST"])
@manages
def dismiss(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what dismissing a gap means, and dismiss it when that was confirmed."""
    found = _get(pk)
    if request.method == "GET":
        return render(request, "staff/dismiss_gap.html", {"one": shown(found, timezone.now())})
    if of_deliveries.dismiss(found, by=Actor.of_request(request)):
        messages.success(request, "Dismissed. Nothing will be asked of X for it.")
    else:
        messages.error(request, f"Too late to dismiss it: {found.get_state_display().lower()}.")
    return redirect("staff:gap", pk)


def _get(pk: int) -> Gap:
    return get_object_or_404(Gap.objects.select_related("webhook__app"), pk=pk)
