"""Stand at the gate of X's API: note every request and how it was answered, and let faults answer in its place."""

import re
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from . import clock, faults
from .api.door import failing
from .api.errors import Error, without_code
from .models import ApiRequest

PATHS = ("/1.1/", "/oauth/", "/oauth2/")
KEPT = 5_000
PRUNE_EVERY = 200
_CONSUMER_KEY = re.compile(r'oauth_consumer_key="?([^"&,\s]+)')
# The fault, what X would answer, and the credentials that it concerns where it does not concern all.
ANSWERS = (
    ("api_429", Error.RATE_LIMIT, ""),
    ("api_503", Error.DEPENDENCY_UNAVAILABLE, ""),
    ("api_130", Error.OVER_CAPACITY, ""),
    ("api_131", Error.INTERNAL, ""),
    ("bearer_89", Error.INVALID_TOKEN, "bearer"),
    ("bearer_99", Error.NO_ACCESS, "bearer"),
)


class Oversight:
    """Middleware. What people look at beside X's API passes unseen."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(PATHS):
            return self.get_response(request)
        at, began = clock.now(), time.perf_counter()
        fault = ""
        if slow := faults.strikes("api_slow"):
            fault = "api_slow"
            time.sleep(slow.seconds)
        scheme = request.headers.get("Authorization", "").partition(" ")[0].lower()
        for key, error, concerned in ANSWERS:
            if concerned in {"", scheme} and faults.strikes(key):
                fault, response = key, failing(request, error)
                break
        else:
            response = self.get_response(request)
        if response.status_code >= 400 and faults.strikes("api_no_code"):
            fault, response = fault or "api_no_code", without_code(response)
        noted = _note(request, response, (time.perf_counter() - began) * 1000, fault)
        noted.at = at
        noted.save()
        if noted.pk % PRUNE_EVERY == 0:
            ApiRequest.objects.filter(pk__lte=noted.pk - KEPT).delete()
        return response


def _note(request: HttpRequest, response: HttpResponse, answer_ms: float, fault: str) -> ApiRequest:
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    given = credentials if scheme == "OAuth" else request.META.get("QUERY_STRING", "")
    key = _CONSUMER_KEY.search(given)
    is_json = not response.streaming and "json" in response.get("Content-Type", "")
    return ApiRequest(
        method=request.method or "",
        path=request.get_full_path()[:2000],
        credentials=scheme[:10] or ("OAuth" if key else ""),
        consumer_key=key[1][:100] if key else "",
        status=response.status_code,
        answer_ms=answer_ms,
        answer=response.content[:2000].decode(errors="replace") if is_json else "",
        fault=fault,
    )
