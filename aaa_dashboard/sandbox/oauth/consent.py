"""The pages on which a user allows an app, or does not: `/oauth/authorize` and `/oauth/authenticate`.

X has somebody sign in; here they choose which pretend user they are, and the browser remembers it.
Source: X, “GET oauth/authorize”, “GET oauth/authenticate” (reference).
"""

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from csp.decorators import csp_replace
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from ..models import AccessToken, RequestToken, User
from ..models.parties import Permission
from . import tokens

REMEMBERED = "sandbox_user"
MONTH_SECONDS = 30 * 24 * 3600

SEE = ["See posts of your timeline, your lists and collections", "See your profile and account settings"]
WRITE = [
    "Follow and unfollow accounts for you",
    "Post, delete and like posts for you",
    "Mute, block and report accounts for you",
]


class _Back(HttpResponseRedirect):
    """Back to the app, whatever its address begins with: apps on phones have schemes of their own."""

    def __init__(self, url: str) -> None:
        self.allowed_schemes = [urlsplit(url).scheme]
        super().__init__(url)


@require_http_methods(["GET", "POST"])
def authorize(request: HttpRequest) -> HttpResponseBase:
    """`/oauth/authorize?oauth_token=`: asks each time."""
    return _ask(request, asks_again=True)


@require_http_methods(["GET", "POST"])
def authenticate(request: HttpRequest) -> HttpResponseBase:
    """`/oauth/authenticate?oauth_token=`: does not ask somebody who has allowed it before, without `force_login`."""
    return _ask(request, asks_again=request.GET.get("force_login") == "true")


def _ask(request: HttpRequest, *, asks_again: bool) -> HttpResponseBase:
    given = request.POST if request.method == "POST" else request.GET
    asked = tokens.waiting(given.get("oauth_token", ""))
    if asked is None or asked.app.is_suspended:
        return render(request, "sandbox/oauth/unusable.html", status=403)
    if request.method == "POST":
        return _decide(request, asked)
    user = User.objects.filter(x_user_id=request.COOKIES.get(REMEMBERED, "")).first()
    if user and not asks_again and _has_allowed(asked, user):
        return _allowed(request, asked, user)
    return _page(request, asked, _wanted(request) or user)


def _decide(request: HttpRequest, asked: RequestToken) -> HttpResponseBase:
    if request.POST.get("answer") != "allow":
        asked.delete()
        if asked.callback == tokens.OUT_OF_BAND:
            return render(request, "sandbox/oauth/cancelled.html", {"app": asked.app})
        return _Back(_with(asked.callback, denied=asked.token))
    user = User.objects.filter(x_user_id=request.POST.get("user", "")).first()
    if user is None:
        return _page(request, asked, None, problem="Choose who you are.")
    response = _allowed(request, asked, user)
    response.set_cookie(REMEMBERED, user.x_user_id, max_age=MONTH_SECONDS, httponly=True, samesite="Lax")
    return response


def _allowed(request: HttpRequest, asked: RequestToken, user: User) -> HttpResponseBase:
    verifier = tokens.allow(asked, user)
    if asked.callback == tokens.OUT_OF_BAND:
        return render(request, "sandbox/oauth/pin.html", {"app": asked.app, "user": user, "pin": verifier})
    return _Back(_with(asked.callback, oauth_token=asked.token, oauth_verifier=verifier))


def _page(request: HttpRequest, asked: RequestToken, chosen: User | None, problem: str = "") -> HttpResponseBase:
    permission = Permission(asked.permission)
    returns_to = "" if asked.callback == tokens.OUT_OF_BAND else urlsplit(asked.callback).netloc or asked.callback
    users = User.objects.order_by("-is_brand", "screen_name")
    context = {
        "app": asked.app,
        "token": asked.token,
        "users": sorted(users, key=lambda user: user != chosen),
        "chosen": chosen,
        "problem": problem,
        "may": SEE if permission is Permission.READ else SEE + WRITE,
        "messages": permission is Permission.MESSAGES,
        "returns_to": returns_to,
    }

    # Browsers hold a form to this even where its answer sends them on.
    @csp_replace({"form-action": ["'self'", *_sources(asked.callback)]})
    def page(request: HttpRequest) -> HttpResponseBase:
        return render(request, "sandbox/oauth/authorize.html", context)

    return page(request)


def _sources(callback: str) -> list[str]:
    """The callback's origin, as a Content-Security-Policy names it."""
    parts = urlsplit(callback)
    if not parts.scheme:
        return []
    return [f"{parts.scheme}://{parts.netloc}" if parts.scheme in {"http", "https"} else f"{parts.scheme}:"]


def _with(callback: str, **values: str) -> str:
    """The callback with more in its query."""
    parts = urlsplit(callback)
    query = urlencode([*parse_qsl(parts.query, keep_blank_values=True), *values.items()])
    return urlunsplit(parts._replace(query=query))


def _wanted(request: HttpRequest) -> User | None:
    """Whom the app expects (`screen_name=`): chosen beforehand, nothing more."""
    name = request.GET.get("screen_name", "").removeprefix("@")
    return User.objects.filter(screen_name__iexact=name).first() if name else None


def _has_allowed(asked: RequestToken, user: User) -> bool:
    return AccessToken.objects.filter(app=asked.app, user=user, permission=asked.permission).exists()
