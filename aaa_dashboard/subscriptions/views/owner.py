"""Pages for owners of accounts, who have no login here: what is shared, what is connected, and the way out."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from aaa_dashboard.audit import Actor
from aaa_dashboard.webhooks.models import App
from aaa_dashboard.x_api.errors import XError

from .. import consent, ending, invites, problems, sign_in, visits
from ..claims import Busy
from ..models import Invite, SignIn, Subscription
from ..organisation import organisation
from ..signals import owner_left
from .parts import begins_too_often, leads_to_x


@require_http_methods(["GET", "POST"])
@login_not_required
@never_cache
@leads_to_x
def invite(request: HttpRequest, secret: str) -> HttpResponse:
    """Say what is shared; send the owner who agrees to X."""
    found = invites.find(secret)
    if found is None or not found.is_open or found.webhook.deleted_at:
        return problem(request, _why_not(found), app=found.webhook.app if found else None)
    if request.method == "POST" and request.POST.get("agreed") == consent.version():
        return _to_x(request, found)
    context = {
        "invite": found,
        "shared": consent.SHARED,
        "not_shared": consent.NOT_SHARED,
        "version": consent.version(),
        "erases": consent.is_erasing(),
        "not_agreed": request.method == "POST",
    }
    return _page(request, "consent/invite.html", context, status=422 if request.method == "POST" else 200)


@require_GET
@login_not_required
@never_cache
@leads_to_x
def connection(request: HttpRequest, slug: str) -> HttpResponse:
    """Show an owner who has signed in what is connected; offer the others to sign in."""
    app = get_object_or_404(App, slug=slug)
    visit = visits.current(request.session, app)
    if visit is None:
        return _page(request, "consent/sign_in.html", {"app": app})
    rows = Subscription.objects.filter(account=visit.account, webhook__app=app).exclude(state=Subscription.State.NEW)
    context = {
        "app": app,
        "account": visit.account,
        "connected": [row for row in rows.order_by("pk") if row.is_at_x],
        "shared": consent.SHARED,
        "outcome": request.session.pop("x_outcome", None),
    }
    return _page(request, "consent/connection.html", context)


@require_POST
@login_not_required
@never_cache
@leads_to_x
def begin(request: HttpRequest, slug: str) -> HttpResponse:
    """Send an owner to X to say who they are."""
    app = get_object_or_404(App, slug=slug)
    if begins_too_often(request):
        return problem(request, problems.TOO_OFTEN, app=app)
    try:
        return redirect(sign_in.begin(request.session, app, SignIn.Purpose.OWNER))
    except XError as error:
        return problem(request, problems.of(error), error=error, app=app)


@require_http_methods(["GET", "POST"])
@login_not_required
@never_cache
def disconnect(request: HttpRequest, slug: str) -> HttpResponse:
    """Say what ends, and end it."""
    app = get_object_or_404(App, slug=slug)
    visit = visits.current(request.session, app)
    if visit is None:
        return redirect("subscriptions:connection", slug)
    erases = consent.erases_events(app, visit.account.x_user_id)
    if request.method != "POST":
        context = {"app": app, "account": visit.account, "erases": erases}
        return _page(request, "consent/disconnect.html", context)
    erases = erases or "erase" in request.POST
    by = Actor.of_request(request, otherwise=f"{visit.account}, the owner")
    try:
        ended = ending.disconnect(visit.account, app, visit.user_token, by=by)
    except (XError, Busy) as error:
        return problem(request, problems.of(error), error=error, app=app)
    if erases:
        owner_left.send(sender=disconnect, account=visit.account, app=app, at=timezone.now(), by=by)
    visits.end(request.session)
    context = {"app": app, "account": visit.account, "ended": ended, "at": timezone.now(), "erases": erases}
    return _page(request, "consent/disconnected.html", context)


@require_POST
@login_not_required
def leave(request: HttpRequest, slug: str) -> HttpResponse:
    """Forget who was here; everything stays connected."""
    visits.end(request.session)
    return redirect("subscriptions:connection", slug)


def problem(
    request: HttpRequest, what: problems.Problem, *, error: Exception | None = None, **context: Any
) -> HttpResponse:
    """Show what went wrong, in words for owners."""
    failure = error.failure if isinstance(error, XError) else None
    return _page(request, "consent/problem.html", {"problem": what, "failure": failure, **context}, status=what.status)


def _page(request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    return render(request, template, {"organisation": organisation(), **context}, status=status)


def _to_x(request: HttpRequest, found: Invite) -> HttpResponse:
    if begins_too_often(request):
        return problem(request, problems.TOO_OFTEN, again=request.path)
    webhook = found.webhook
    try:
        there = sign_in.begin(request.session, webhook.app, SignIn.Purpose.INVITE, webhook=webhook, invite=found)
    except XError as error:
        return problem(request, problems.of(error), error=error, again=request.path)
    return redirect(there)


def _why_not(found: Invite | None) -> problems.Problem:
    if found is None:
        return problems.INVITE_UNKNOWN
    if found.used_at:
        return problems.INVITE_USED
    if found.withdrawn_at or found.webhook.deleted_at:
        return problems.INVITE_WITHDRAWN
    return problems.INVITE_EXPIRED
