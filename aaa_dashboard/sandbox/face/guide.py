"""How to use the sandbox, and its control API."""

import re
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound, HttpResponseServerError
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from .. import faults
from ..activity import doing, scenario
from ..control.urls import ADDRESSES

EXAMPLE = Path(scenario.__file__).with_name("example.json")


@require_safe
def guide(request: HttpRequest) -> HttpResponse:
    """What there is to use, from the tables that it is made of."""
    context = {
        "base": f"http://{request.get_host()}",
        "addresses": [
            (method, "/control/" + re.sub(r"<str:(\w+)>", r":\1", route), _marked(function.__doc__ or ""))
            for route, methods in ADDRESSES.items()
            for method, function in methods.items()
        ],
        "deeds": doing.NEEDS.items(),
        "faults": faults.FAULTS.values(),
        "example": EXAMPLE.read_text(encoding="utf-8"),
        "control": settings.CONTROL,
    }
    return render(request, "sandbox/face/guide.html", context)


def _marked(text: str) -> list[tuple[str, bool]]:
    """The first line of a docstring in parts, and which of them are code."""
    return [(part, number % 2 == 1) for number, part in enumerate(text.partition("\n")[0].split("`"))]


def not_found(_request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django calls it so
    """There is no such page."""
    return HttpResponseNotFound(render_to_string("sandbox/face/not_found.html"))


def server_error(_request: HttpRequest) -> HttpResponse:
    """The sandbox itself is at fault. Said without a template, which may be what is at fault."""
    return HttpResponseServerError("The sandbox failed; its output says why.\n", content_type="text/plain")
