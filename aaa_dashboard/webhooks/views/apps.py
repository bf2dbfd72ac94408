"""X apps: their keys, as fingerprints, and whether X takes them."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from aaa_dashboard.audit import Actor
from aaa_dashboard.x_api import key_check

from .. import keys
from ..credentials import api_of, credentials_of
from ..forms import AppForm
from ..models import App
from .parts import MANAGE, manages


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@manages
def add(request: HttpRequest) -> HttpResponse:
    """Add an app."""
    form = AppForm(request.POST or None)
    if form.is_bound and form.is_valid():
        made = form.save(commit=False)
        keys.save(made, by=Actor.of_request(request))
        messages.success(request, f"{made} is added. Test its keys before you register a webhook.")
        return redirect("webhooks:app", made.slug)
    return render(request, "webhooks/add_app.html", {"form": form}, status=422 if form.is_bound else 200)


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def app(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one app; operators change it."""
    found = get_object_or_404(App, slug=slug)
    return _change(request, found) if request.method == "POST" else _show(request, found)


@require_POST
@manages
def test_keys(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask X about each key and token."""
    found = get_object_or_404(App, slug=slug)
    return _show(request, found, findings=list(key_check.check(credentials_of(found), api_of(found))))


@manages
def _change(request: HttpRequest, found: App) -> HttpResponse:
    form = AppForm(request.POST, instance=found)
    if not form.is_valid():
        return _show(request, App.objects.get(pk=found.pk), form=form, status=422)
    keys.save(form.save(commit=False), by=Actor.of_request(request))
    messages.success(request, "Saved. Receivers know it after 10 s.")
    return redirect("webhooks:app", found.slug)


def _show(
    request: HttpRequest,
    found: App,
    *,
    form: AppForm | None = None,
    findings: list[key_check.Finding] | None = None,
    status: int = 200,
) -> HttpResponse:
    may_manage = request.user.has_perm(MANAGE)
    context = {
        "app": found,
        "secrets": keys.shown(found),
        "findings": findings,
        "may_manage": may_manage,
        "form": (form or AppForm(instance=found)) if may_manage else None,
    }
    return render(request, "webhooks/app.html", context, status=status)
