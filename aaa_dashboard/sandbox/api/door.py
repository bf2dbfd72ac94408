"""Who is let in to an endpoint, and how often."""

from collections.abc import Callable
from enum import Enum, auto
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from ..models.parties import Permission
from ..oauth import callers
from ..oauth.callers import Caller
from . import limits
from .errors import Error, Refused, answer

View = Callable[..., HttpResponse]
P = ParamSpec("P")


class Admits(Enum):
    """Whom an endpoint lets in. Where X's own samples ask otherwise than its documents say, both are let in."""

    OWNER = auto()
    """The app for its owner; registering by a bearer token is answered 261."""
    OWNER_OR_APP = auto()
    USER = auto()
    """The app for any user; the token of another app is answered 348."""
    APP = auto()
    """The app alone (bearer token)."""
    ANYBODY = auto()
    """Any user and any app, on the allow-list or not."""


def door(
    limit: int,
    admits: Admits,
    *,
    writes: bool = False,
    not_app_only: Error = Error.COULD_NOT_AUTHENTICATE,
) -> Callable[[Callable[Concatenate[HttpRequest, Caller, P], HttpResponse]], View]:
    """Guard an endpoint: it is called with the request, the caller, and what the path holds.

    Args:
        limit: Requests in 15 minutes, by user token or by app.
        admits: Whom it lets in.
        writes: Whether the permission “Read, write and Direct Messages” is needed.
        not_app_only: What a user's token is answered where it has to be the app's.
    """

    def decorate(view: Callable[Concatenate[HttpRequest, Caller, P], HttpResponse]) -> View:
        endpoint = f"{view.__module__}.{view.__qualname__}"

        @wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            allowance, caller = limits.untouched(limit), None
            try:
                caller = callers.find(request)
                allowance = limits.current.take(endpoint, caller.limited_as, limit)
                if allowance.is_exceeded:
                    raise Refused(Error.RATE_LIMIT)
                _let_in(caller, admits, not_app_only)
                if writes and caller.permission != Permission.MESSAGES:
                    raise Refused(Error.CANNOT_WRITE)
                response = view(request, caller, *args, **kwargs)
            except Refused as refused:
                response = answer(refused.error, **refused.values)
            allowance.write_on(response)
            if caller:
                response["x-access-level"] = caller.permission.value
            return response

        return guarded

    return decorate


def _let_in(caller: Caller, admits: Admits, not_app_only: Error) -> None:
    if caller.token is None:
        if admits is Admits.OWNER:
            raise Refused(Error.CANNOT_WRITE)
        if admits is Admits.USER:
            raise Refused(Error.COULD_NOT_AUTHENTICATE)
    elif caller.is_foreign:
        raise Refused(Error.ANOTHER_APP if admits is Admits.USER else Error.COULD_NOT_AUTHENTICATE)
    elif admits is Admits.APP:
        raise Refused(not_app_only)
    elif admits in {Admits.OWNER, Admits.OWNER_OR_APP} and caller.user != caller.app.owner:
        raise Refused(Error.COULD_NOT_AUTHENTICATE)
    if admits is not Admits.ANYBODY and not caller.app.may_use_activity:
        raise Refused(Error.FORBIDDEN)


def by_method(**views: View) -> Callable[..., HttpResponseBase]:
    """One address for several endpoints: `by_method(GET=…, POST=…)`."""

    @csrf_exempt  # who asks proves it anew each time
    def chosen(request: HttpRequest, **kwargs: object) -> HttpResponse:
        view = views.get(request.method or "")
        return view(request, **kwargs) if view else answer(Error.NO_SUCH_PAGE)

    return chosen
