"""Who is let in to an endpoint, and how often."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Concatenate

from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve

from ..models.parties import Permission
from ..oauth import callers
from ..oauth.callers import Caller
from . import limits
from .errors import Error, Refused, answer
from .limits import Allowance

View = Callable[Concatenate[HttpRequest, Caller, ...], HttpResponse]


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


@dataclass(frozen=True)
class Endpoint:
    """A method at an address, guarded: its view is called with the request, the caller, and what the path holds."""

    view: View
    limit: int
    """Requests in 15 minutes, by user token or by app."""
    admits: Admits
    writes: bool
    not_app_only: Error

    def __call__(self, request: HttpRequest, **of_path: str) -> HttpResponse:
        allowance, caller = limits.untouched(self.limit), None
        try:
            caller = callers.find(request)
            allowance = self._take(caller)
            if allowance.is_exceeded:
                raise Refused(Error.RATE_LIMIT)
            _let_in(caller, self.admits, self.not_app_only)
            if self.writes and caller.permission != Permission.MESSAGES:
                raise Refused(Error.CANNOT_WRITE)
            response = self.view(request, caller, **of_path)
        except Refused as refused:
            response = answer(refused.error, **refused.values)
        allowance.write_on(response)
        if caller:
            response["x-access-level"] = caller.permission.value
        return response

    def fail(self, request: HttpRequest, error: Error) -> HttpResponse:
        """Answer an error that is not the fault of who asks. It counts like any other answer."""
        try:
            allowance = self._take(callers.find(request))
        except Refused:
            allowance = limits.untouched(self.limit)
        if error is Error.RATE_LIMIT:
            allowance = replace(allowance, remaining=0)
        response = answer(error)
        allowance.write_on(response)
        return response

    def _take(self, caller: Caller) -> Allowance:
        return limits.current.take(f"{self.view.__module__}.{self.view.__qualname__}", caller.limited_as, self.limit)


def door(
    limit: int,
    admits: Admits,
    *,
    writes: bool = False,
    not_app_only: Error = Error.COULD_NOT_AUTHENTICATE,
) -> Callable[[View], Endpoint]:
    """Guard an endpoint.

    Args:
        limit: Requests in 15 minutes, by user token or by app.
        admits: Whom it lets in.
        writes: Whether the permission “Read, write and Direct Messages” is needed.
        not_app_only: What a user's token is answered where it has to be the app's.
    """
    return lambda view: Endpoint(view, limit, admits, writes, not_app_only)


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


class Address:
    """One address for several endpoints, by method."""

    csrf_exempt = True  # who asks proves it anew each time

    def __init__(self, endpoints: dict[str, Endpoint]) -> None:
        self.endpoints = endpoints

    def __call__(self, request: HttpRequest, **of_path: str) -> HttpResponse:
        if endpoint := self.endpoints.get(request.method or ""):
            return endpoint(request, **of_path)
        response = answer(Error.NO_SUCH_PAGE)
        limits.untouched(min(endpoint.limit for endpoint in self.endpoints.values())).write_on(response)
        return response


def by_method(**endpoints: Endpoint) -> Address:
    """One address for several endpoints: `by_method(GET=…, POST=…)`."""
    return Address(endpoints)


def failing(request: HttpRequest, error: Error) -> HttpResponse:
    """Answer an error in place of what is asked: with the limits of the endpoint, where there is one."""
    try:
        address = resolve(request.path_info).func
    except Resolver404:
        return answer(error)
    endpoint = address.endpoints.get(request.method or "") if isinstance(address, Address) else None
    return endpoint.fail(request, error) if endpoint else answer(error)
