"""Webhooks: what X has beside what we have, one webhook's timeline, and what operators do to it."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from aaa_dashboard.audit import Actor
from aaa_dashboard.x_api.errors import Failure, XError

from .. import asking, deleting, registering, validating
from ..folding import folded
from ..forms import RegisterForm
from ..listing import AppListed, left_over, listed
from ..models import App, Webhook
from ..owed import owed_to
from ..preflight import is_passed, preflight
from .parts import MANAGE, manages, refused

# A look is as good as new for so long: X lets an app ask for its webhooks once a minute.
FRESH = timedelta(minutes=2)
# A page that people wait for does not wait out what X's limits or outages make of a call.
GLANCE_SECONDS = 1.0
# States of subscriptions in which X delivers.
AT_X = ("active", "unknown")


@require_safe
def webhook_list(request: HttpRequest) -> HttpResponse:
    """Show every app with its webhooks, X's state beside ours. For operators X is asked when it was not for a while."""
    may_manage = request.user.has_perm(MANAGE)
    failures: dict[int, Failure] = {}
    for app in App.objects.order_by("id") if may_manage else ():
        if app.asked_at is None or timezone.now() - app.asked_at > FRESH:
            try:
                asking.ask(app, patience_seconds=GLANCE_SECONDS)
            except XError as error:
                failures[app.pk] = error.failure
    apps: list[AppListed] = listed(failures)
    context = {
        "apps": apps,
        "total": sum(one.used for one in apps),
        "gone": left_over(),
        "may_manage": may_manage,
    }
    return render(request, "webhooks/list.html", context)


@require_POST
@manages
def ask(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask X now. It changes nothing there, but X answers only so often."""
    app = get_object_or_404(App, slug=slug)
    try:
        asking.ask(app)
    except XError as error:
        return refused(request, error, **_back_to_list())
    messages.success(request, f"X was asked about {app}.")
    return redirect("webhooks:list")


@require_safe
def webhook(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one webhook: its state and its timeline."""
    found = get_object_or_404(Webhook.objects.select_related("app"), pk=pk)
    context = {
        "webhook": found,
        "timeline": folded(found),
        "left_over": () if found.deleted_at else left_over().filter(app=found.app),
        "held": found.subscriptions.exclude(access_token="").count() if found.deleted_at else 0,
        "accounts": found.subscriptions.filter(state__in=AT_X).count(),
        "may_manage": request.user.has_perm(MANAGE),
    }
    return render(request, "webhooks/webhook.html", context)


@require_http_methods(["GET", "POST"])
@manages
def register(request: HttpRequest, slug: str) -> HttpResponse:
    """Go through what X wants of the address, and register it when all of it is so, or when the person insists."""
    app = get_object_or_404(App, slug=slug)
    form = RegisterForm(request.POST or None, initial={"url": app.receive_url})
    context: dict[str, Any] = {"app": app, "form": form, "steps": preflight(app)}
    context["passed"] = is_passed(context["steps"])
    if request.method != "POST" or not form.is_valid():
        return render(request, "webhooks/register.html", context, status=422 if form.is_bound else 200)
    url: str = form.cleaned_data["url"]
    if asking.is_ours(app, url) and not context["passed"] and not form.cleaned_data["anyway"]:
        return render(request, "webhooks/register.html", context, status=422)
    try:
        made = registering.register(app, url, by=Actor.of_request(request))
    except XError as error:
        context["failure"] = error.failure
        return render(request, "webhooks/register.html", context, status=409)
    messages.success(request, f"{made} is registered at X.")
    return redirect("webhooks:webhook", made.pk)


@require_POST
@manages
def adopt(request: HttpRequest, slug: str) -> HttpResponse:
    """Make a webhook that X has ours."""
    app = get_object_or_404(App, slug=slug)
    try:
        made = registering.adopt_by_id(app, request.POST.get("x_id", ""), by=Actor.of_request(request))
    except XError as error:
        return refused(request, error, **_back_to_list())
    except LookupError:
        messages.error(request, "X does not have that webhook any more.")
        return redirect("webhooks:list")
    messages.success(request, f"{made} is adopted.")
    return redirect("webhooks:webhook", made.pk)


@require_POST
@manages
def validate(request: HttpRequest, pk: int) -> HttpResponse:
    """Have X ask the challenge now."""
    found = get_object_or_404(Webhook.objects.select_related("app"), pk=pk, deleted_at=None)
    try:
        validating.validate(found, by=Actor.of_request(request))
    except XError as error:
        look = reverse("webhooks:register", args=[found.app.slug])
        back = reverse("webhooks:webhook", args=[pk])
        return refused(request, error, back=back, back_to="the webhook", look=look)
    messages.success(request, "X asked the challenge and took the answer: the webhook is valid.")
    return redirect("webhooks:webhook", pk)


@require_http_methods(["GET", "POST"])
@manages
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what is lost when a webhook is deleted, and delete it when its address was typed."""
    found = get_object_or_404(Webhook.objects.select_related("app"), pk=pk, deleted_at=None)
    typed = request.POST.get("name", "").strip()
    if request.method != "POST" or typed != found.url:
        wrong = request.method == "POST"
        context = {
            "webhook": found,
            "accounts": found.subscriptions.filter(state__in=AT_X).count(),
            "owed": owed_to(found),
            "typed": typed,
            "wrong": wrong,
        }
        return render(request, "webhooks/delete.html", context, status=422 if wrong else 200)
    try:
        ended = deleting.delete(found, by=Actor.of_request(request))
    except XError as error:
        return refused(request, error, back=reverse("webhooks:webhook", args=[pk]), back_to="the webhook")
    messages.success(request, "Deleted." if ended else "Somebody else deleted it at the same time.")
    return redirect("webhooks:webhook", pk)


def _back_to_list() -> dict[str, str]:
    return {"back": reverse("webhooks:list"), "back_to": "Webhooks"}
