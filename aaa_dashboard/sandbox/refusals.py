"""What browsers are told that the sandbox does not listen to. The dashboard's pages for that are not ours."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def bad_request(_request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django calls it so
    """400: among others a host that is not ours."""
    return HttpResponse("Bad request\n", status=400, content_type="text/plain")


def forbidden(_request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - as above
    """403."""
    return HttpResponse("Forbidden\n", status=403, content_type="text/plain")


def foreign_form(request: HttpRequest, **_: object) -> HttpResponse:
    """403: a form that did not come from a page of ours, or from a browser that keeps no cookie."""
    return render(request, "sandbox/oauth/foreign_form.html", status=403)
