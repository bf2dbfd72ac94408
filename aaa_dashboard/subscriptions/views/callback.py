"""Where X sends people back to. Public: whom it serves is decided by the session that began the sign-in."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from aaa_dashboard.audit import Actor
from aaa_dashboard.x_api.errors import XError
from aaa_dashboard.x_api.results import SignedIn

from .. import invites, problems, sign_in, subscribing, visits
from ..claims import Busy
from ..models import SignIn
from .owner import problem
from .parts import MANAGE

Purpose = SignIn.Purpose


@require_GET
@login_not_required
@never_cache
def callback(request: HttpRequest) -> HttpResponse:
    """Finish a sign-in and do what it was begun for."""
    begun: SignIn | None = None
    try:
        begun = sign_in.take(request.session, request.GET)
        signed_in = sign_in.finish(begun, request.GET.get("oauth_verifier", ""))
        return _go_on(request, begun, signed_in)
    except sign_in.NotFinished as stopped:
        return _stopped(request, stopped.sign_in, stopped)
    except (XError, Busy) as error:
        return _stopped(request, begun, error)


def _go_on(request: HttpRequest, begun: SignIn, signed_in: SignedIn) -> HttpResponse:
    if begun.purpose == Purpose.OWNER:
        visits.begin(request.session, begun.app, signed_in)
        return redirect("subscriptions:connection", begun.app.slug)
    if begun.purpose == Purpose.INVITE:
        return _by_invite(request, begun, signed_in)
    return _by_staff(request, begun, signed_in)


def _by_invite(request: HttpRequest, begun: SignIn, signed_in: SignedIn) -> HttpResponse:
    assert begun.invite is not None
    assert begun.webhook is not None
    if not invites.claim(begun.invite):
        return problem(request, problems.INVITE_USED, app=begun.app)
    owner = f"@{signed_in.screen_name}" if signed_in.screen_name else signed_in.user_id
    by = Actor.of_request(request, otherwise=f"{owner}, the owner")
    try:
        outcome = subscribing.subscribe(begun.webhook, signed_in, consent_by=owner, by=by)
    except BaseException:
        invites.give_back(begun.invite)
        raise
    invites.note_account(begun.invite, outcome.subscription.account)
    visits.begin(request.session, begun.app, signed_in)
    # That X had it, as for one of the app's own accounts, says nothing to who agrees for the first time.
    request.session["x_outcome"] = "was-there" if outcome.was_there and outcome.had_agreed else "connected"
    return redirect("subscriptions:connection", begun.app.slug)


def _by_staff(request: HttpRequest, begun: SignIn, signed_in: SignedIn) -> HttpResponse:
    assert begun.webhook is not None
    # Signed out, or stripped of the right, while at X: then nothing is done in their name.
    if request.user.pk != begun.person_id or not request.user.has_perm(MANAGE):
        return problem(request, problems.MISMATCHED)
    by = Actor.of_request(request)
    name = f"@{signed_in.screen_name}" if signed_in.screen_name else signed_in.user_id
    outcome = subscribing.subscribe(begun.webhook, signed_in, consent_by=f"{by.name} for {name}", by=by)
    found = outcome.subscription.account
    messages.success(request, f"{found} was subscribed already." if outcome.was_there else f"{found} is subscribed.")
    return redirect("subscriptions:account", found.pk)


def _stopped(request: HttpRequest, begun: SignIn | None, error: Exception) -> HttpResponse:
    """The page for what went wrong: with X's words and the remedy for staff, in plain words for owners."""
    what = problems.of(error)
    if begun is not None and begun.purpose == Purpose.STAFF and request.user.is_authenticated:
        context = {
            "problem": what,
            "failure": error.failure if isinstance(error, XError) else None,
            "back": reverse("subscriptions:add"),
            "back_to": "Subscribe an account",
        }
        return render(request, "subscriptions/refused.html", context, status=what.status)
    app = begun.app if begun is not None else None
    return problem(request, what, error=error, app=app)
