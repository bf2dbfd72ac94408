"""Profiles: `/1.1/account/verify_credentials.json` and `/1.1/users/lookup.json`.

Source: X, “User object” (v1.1 data dictionary).
"""

from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse, JsonResponse

from ..activity import profiles
from ..models import User
from ..oauth.callers import Caller
from .door import Admits, by_method, door
from .errors import Error, Refused

LOOKUP_MOST = 100


@door(75, Admits.ANYBODY)
def verify(_request: HttpRequest, caller: Caller) -> HttpResponse:
    """`GET account/verify_credentials.json`: 200 with the user whose token asks."""
    if caller.token is None:
        raise Refused(Error.COULD_NOT_AUTHENTICATE)
    return JsonResponse(profile(caller.user))


@door(900, Admits.ANYBODY)
def look_up(request: HttpRequest, _caller: Caller) -> HttpResponse:
    """`GET users/lookup.json?user_id=a,b&screen_name=c`: 200 with those who exist, at most 100."""
    given = request.POST if request.method == "POST" else request.GET
    ids, names = _terms(given.get("user_id", "")), _terms(given.get("screen_name", ""))
    if len(ids) + len(names) > LOOKUP_MOST:
        raise Refused(Error.TOO_MANY_TERMS)
    wanted = Q(x_user_id__in=ids)
    for name in names:
        wanted |= Q(screen_name__iexact=name)
    users = list(User.objects.filter(wanted).order_by("pk"))
    if not users:
        raise Refused(Error.NO_SUCH_USER)
    return JsonResponse([profile(user) for user in users], safe=False)


verify_credentials = by_method(GET=verify)
lookup = by_method(GET=look_up, POST=look_up)


def profile(one: User) -> dict[str, Any]:
    """A user as v1.1 describes one who is asked for."""
    return profiles.user(one) | {"suspended": False, "needs_phone_verification": False}


def _terms(listed: str) -> list[str]:
    return [term.strip() for term in listed.split(",") if term.strip()]
