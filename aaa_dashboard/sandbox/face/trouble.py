"""Switch faults on and off."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from .. import faults, switches

GROUPS = (
    ("api", "What X’s API answers"),
    ("delivery", "Deliveries on their way"),
    ("replay", "Replays"),
    ("webhook", "Webhooks"),
)


@require_safe
def trouble(request: HttpRequest) -> HttpResponse:
    """All faults, and how they are switched."""
    return _page(request)


@require_POST
def switch(request: HttpRequest, key: str) -> HttpResponse:
    """Switch a fault on as the form says, or off."""
    try:
        if request.POST.get("switch") == "off":
            switches.switch_off(key)
        else:
            seconds = request.POST.get("seconds")
            switches.switch_on(key, float(request.POST.get("percent", "")), float(seconds) if seconds else None)
    except (LookupError, ValueError) as problem:
        return _page(request, str(problem))
    return redirect("faults")


@require_POST
def all_off(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - the form says it all
    """Switch everything off."""
    switches.switch_off()
    return redirect("faults")


def _page(request: HttpRequest, problem: str = "") -> HttpResponse:
    groups = [
        (title, [(kind, faults.setting(kind.key)) for kind in faults.FAULTS.values() if kind.concerns == concerns])
        for concerns, title in GROUPS
    ]
    on = sum(setting is not None for _, kinds in groups for _, setting in kinds)
    context = {"groups": groups, "on": on, "problem": problem}
    return render(request, "sandbox/face/faults.html", context, status=400 if problem else 200)
