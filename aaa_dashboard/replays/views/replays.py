"""Replays: those that run, wait and have ended, one with its progress, and what ends it."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from aaa_dashboard.audit import Actor
from aaa_dashboard.webhooks.models import Webhook
from aaa_dashboard.webhooks.views.parts import MANAGE, manages

from .. import ending, recovering, shown
from ..forms import webhooks
from ..models import RecoveryPolicy, Replay
from ..windows import around


@require_safe
@never_cache
def replay_list(request: HttpRequest) -> HttpResponse:
    """Show all replays, the gaps that wait for a person, and what becomes of gaps. For htmx, the replays alone."""
    now = timezone.now()
    context: dict[str, Any] = {"under_way": shown.under_way(now=now), "ended": shown.ended(now=now)}
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "replays/_lists.html", context)
    hooks = list(webhooks().select_related("app", "recovery_policy"))
    policies = [
        (hook, hook.recovery_policy.what if hasattr(hook, "recovery_policy") else RecoveryPolicy.What.AUTOMATIC)
        for hook in hooks
    ]
    context |= {
        "gaps": [(gap, around(gap.began_at, gap.ended_at or now).within_reach(now)) for gap in recovering.waiting()],
        "policies": policies,
        "choices": RecoveryPolicy.What.choices,
        "may_manage": request.user.has_perm(MANAGE),
    }
    return render(request, "replays/list.html", context)


@require_safe
@never_cache
def replay(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one replay. For htmx its progress alone: `?seen=` is what the page has told its reader already."""
    found = get_object_or_404(Replay.objects.select_related("webhook__app"), pk=pk)
    one = shown.one(found, now=timezone.now())
    context = {
        "one": one,
        "replay": found,
        "is_news": request.GET.get("seen") not in {None, one.token},
        "may_manage": request.user.has_perm(MANAGE),
    }
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "replays/_progress.html", context)
    context["gaps"] = list(found.gaps.order_by("began_at"))
    return render(request, "replays/replay.html", context)


@require_POST
@manages
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask X for nothing more of a replay."""
    found = get_object_or_404(Replay, pk=pk)
    if ending.cancel(found, by=Actor.of_request(request), now=timezone.now()):
        found.refresh_from_db()
        goes_on = "X is asked for nothing more. What it has begun goes on to its end, and is kept."
        messages.success(request, goes_on if found.is_open else "Cancelled.")
    else:
        messages.error(request, "It is over, or somebody has cancelled it already.")
    return redirect("replays:replay", pk)


@require_POST
@manages
def policy(request: HttpRequest, pk: int) -> HttpResponse:
    """Change what becomes of a webhook's gaps."""
    hook = get_object_or_404(Webhook, pk=pk, deleted_at=None)
    try:
        recovering.set_policy(hook, request.POST.get("what", ""), by=Actor.of_request(request))
    except ValueError:
        messages.error(request, "Choose one of the three.")
    else:
        messages.success(request, f"Saved for {hook}.")
    return redirect("replays:list")
