"""The form by which people ask for a replay: it says what will happen before it does."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from aaa_dashboard.audit import Actor
from aaa_dashboard.background import nudge
from aaa_dashboard.webhooks.models import Webhook
from aaa_dashboard.webhooks.views.parts import manages

from .. import offers, planning, tasks
from ..forms import FORMAT, ReplayForm, webhooks
from ..windows import newest, oldest


@require_http_methods(["GET", "POST"])
@manages
@never_cache
def ask(request: HttpRequest) -> HttpResponse:
    """Say what a window means (GET; for htmx the plan alone), or ask for it (POST)."""
    now, hooks = timezone.now(), list(webhooks())
    if not hooks:
        return render(request, "replays/new.html", {"hooks": hooks})
    given = request.POST if request.method == "POST" else request.GET
    is_said = request.method == "POST" or (given.get("begin") and given.get("end"))
    form = ReplayForm(given if is_said else None)
    context: dict[str, Any] = {"form": form, "hooks": hooks, "oldest": oldest(now), "newest": newest(now)}
    if form.is_bound and form.is_valid():
        hook: Webhook = form.cleaned_data["webhook"]
        try:
            if request.method == "POST":
                made = planning.request(hook, form.window, by=Actor.of_request(request), now=now)
                nudge(tasks.advance)
                return redirect("replays:replay", made.pk)
            context["plan"] = offers.plan(hook, form.window, now=now)
        except planning.NotTaken as error:
            context["not_taken"] = str(error)
    status = 422 if request.method == "POST" else 200
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "replays/_plan.html", context)
    return render(request, "replays/new.html", context | _offered(form, hooks, now), status=status)


def _offered(form: ReplayForm, hooks: list[Webhook], now: Any) -> dict[str, Any]:
    """The quick choices, and what stands in the fields: a link may name times of any zone, fields are in UTC."""
    chosen = str(form["webhook"].value() or "")
    hook = next((one for one in hooks if str(one.pk) == chosen), hooks[0])
    read = form.cleaned_data if form.is_bound else {}
    return {
        "hook": hook,
        "offers": offers.offers(hook, now=now),
        "gaps": offers.gaps_of(hook, now=now),
        "begin": f"{read['begin']:{FORMAT}}" if "begin" in read else "",
        "end": f"{read['end']:{FORMAT}}" if "end" in read else "",
    }
