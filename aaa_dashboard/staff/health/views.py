"""The page Health: everything that runs, on one page, refreshed every few seconds."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from aaa_dashboard import audit, background
from aaa_dashboard.staff.models import TaskRun
from aaa_dashboard.webhooks.views.parts import MANAGE, manages

from . import allowances, beat, queues, receivers, tasks, workers


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Show all of it; to htmx, the part that is refreshed."""
    return render(request, _template(request), _context(request, timezone.now()))


@require_POST
@manages
def run_task(request: HttpRequest, name: str) -> HttpResponse:
    """Have a worker run a task now."""
    door = background.scheduled(name)
    if door is None:
        raise Http404("No such task is in the schedule.")
    row, _ = TaskRun.objects.get_or_create(task=name)
    audit.record(request, "ran a task by hand", row)
    if background.nudge(door):
        messages.success(request, f"{name} was sent; a worker runs it as soon as one is free.")
    else:
        messages.error(request, f"{name} could not be sent: the broker does not answer. Queues, below, says more.")
    if request.htmx:  # type: ignore[attr-defined] # django-htmx's middleware sets it
        return page_again(request)
    return redirect("staff:health")


def page_again(request: HttpRequest) -> HttpResponse:
    return render(request, "staff/_health.html", _context(request, timezone.now()))


def _template(request: HttpRequest) -> str:
    return "staff/_health.html" if request.htmx else "staff/health.html"  # type: ignore[attr-defined] # as above


def _context(request: HttpRequest, now: datetime) -> dict[str, Any]:
    context: dict[str, Any] = {
        "now": now,
        "receivers": receivers(now),
        "workers": workers(now),
        "beat": beat(now),
        "queues": queues(),
        "tasks": tasks(now),
        "limits": allowances(),
        "may_manage": request.user.has_perm(MANAGE),
    }
    wrong = [name for name in ("receivers", "workers", "beat", "queues") if context[name].problem]
    context["wrong"] = [*wrong, *(["tasks"] if any(task.problem for task in context["tasks"]) else [])]
    return context
