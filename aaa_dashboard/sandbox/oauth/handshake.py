"""What apps ask for tokens: `/oauth/request_token`, `/oauth/access_token`, `/oauth2/…`, `/1.1/oauth/invalidate_token`.

Sources: X, “POST oauth/request_token”, “POST oauth/access_token”, “POST oauth2/token”, “POST oauth2/invalidate_token”,
“POST oauth/invalidate_token” (reference).
"""

from collections.abc import Callable
from functools import wraps
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from ..activity import acts
from ..api.door import Admits, by_method, door
from ..api.errors import Error, Refused, answer
from ..models import AccessToken, App, RequestToken
from ..models.parties import Permission
from . import callers, signed, tokens
from .callers import Caller

# `x_auth_access_type` may ask for less than the app has; X ignores other words.
LESSER = {"read": Permission.READ, "write": Permission.WRITE}


def answering(view: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Answer refusals as X does."""

    @csrf_exempt
    @wraps(view)
    def answered(request: HttpRequest) -> HttpResponse:
        try:
            return view(request)
        except Refused as refused:
            return answer(refused.error, **refused.values)

    return answered


# GET beside POST: X's own samples ask for tokens with it.
@answering
def request_token(request: HttpRequest) -> HttpResponse:
    """`POST /oauth/request_token`: the first of three legs; answers a form."""
    said = signed.read(request)
    name = said.oauth.get("oauth_token", "")
    # No token is needed, but X's own samples sign with the owner's.
    owner = AccessToken.objects.filter(token=name).first() if name else None
    said.verify(name, owner.secret if owner else "")
    callback = said.oauth.get("oauth_callback", "")
    _require_callback(said.app, callback)
    wanted = LESSER.get(request.GET.get("x_auth_access_type") or request.POST.get("x_auth_access_type", ""))
    token = tokens.ask(said.app, callback, _lesser(wanted, Permission(said.app.permission)))
    return _form(oauth_token=token.token, oauth_token_secret=token.secret, oauth_callback_confirmed="true")


@answering
def access_token(request: HttpRequest) -> HttpResponse:
    """`POST /oauth/access_token`: the last of three legs; answers a form."""
    said = signed.read(request)
    name = said.oauth.get("oauth_token", "")
    asked = RequestToken.objects.select_related("app", "user").filter(token=name, app=said.app).first()
    if asked is None:
        raise Refused(Error.INVALID_TOKEN)
    said.verify(name, asked.secret)
    if not asked.verifier or said.oauth.get("oauth_verifier") != asked.verifier:
        raise Refused(Error.COULD_NOT_AUTHENTICATE)
    token = tokens.exchange(asked)
    user = token.user
    return _form(
        oauth_token=token.token,
        oauth_token_secret=token.secret,
        user_id=user.x_user_id,
        screen_name=user.screen_name,
    )


@answering
def bearer_token(request: HttpRequest) -> HttpResponse:
    """`POST /oauth2/token` with `grant_type=client_credentials`: always the same token until it is invalidated."""
    app = callers.app_by_password(request)
    if request.POST.get("grant_type") != "client_credentials":
        raise Refused(Error.NO_GRANT_TYPE)
    return JsonResponse({"token_type": "bearer", "access_token": tokens.bearer(app)})


@answering
def invalidate_bearer_token(request: HttpRequest) -> HttpResponse:
    """`POST /oauth2/invalidate_token` with `access_token`; by consumer key and secret, or signed for the owner."""
    basic = request.headers.get("Authorization", "").lower().startswith("basic ")
    app = callers.app_by_password(request) if basic else callers.find(request).app
    token = request.POST.get("access_token") or request.GET.get("access_token", "")
    if not token or token != app.bearer_token:
        raise Refused(Error.INVALID_TOKEN)
    app.bearer_token = ""
    app.save(update_fields=["bearer_token"])
    return JsonResponse({"access_token": token})


@door(15, Admits.ANYBODY)
def invalidate(_request: HttpRequest, caller: Caller) -> HttpResponse:
    """`POST /1.1/oauth/invalidate_token`: ends the token that signs the request, as when its user takes it away."""
    if caller.token is None:
        raise Refused(Error.COULD_NOT_AUTHENTICATE)
    name = caller.token.token
    try:
        acts.revoke(caller.user, caller.app)
    except acts.Impossible:  # somebody else has just done so
        raise Refused(Error.INVALID_TOKEN) from None
    return JsonResponse({"access_token": name})


invalidate_access_token = by_method(POST=invalidate)


def _require_callback(app: App, callback: str) -> None:
    if not callback:
        raise Refused(Error.COULD_NOT_AUTHENTICATE)
    if callback == tokens.OUT_OF_BAND:
        return
    if app.type == App.Type.DESKTOP:
        raise Refused(Error.DESKTOP)
    if callback not in app.callback_urls:
        raise Refused(Error.CALLBACK)


def _lesser(wanted: Permission | None, most: Permission) -> Permission:
    order = list(Permission)
    return min(wanted, most, key=order.index) if wanted else most


def _form(**values: str) -> HttpResponse:
    return HttpResponse(urlencode(values), content_type="text/html;charset=utf-8")
