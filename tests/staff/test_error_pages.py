"""Whatever goes wrong is said in words, with something to do about it."""

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path

from aaa_dashboard import urls


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("a secret of the inside")


def strange(request: HttpRequest) -> HttpResponse:
    raise BadRequest


urlpatterns = [path("broken/", broken), path("strange/", strange), *urls.urlpatterns]


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/nowhere/", 404, "There is nothing at this address"),
        ("/broken/", 500, "Something went wrong on our side"),
        ("/strange/", 400, "The request could not be understood"),
    ],
)
@override_settings(ROOT_URLCONF=__name__)
def test_an_error_page_says_what_to_do(db: None, address: str, status: int, words: str) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.create_user("ada"))
    response = client.get(address)
    page = response.content.decode()
    assert response.status_code == status
    assert words in page
    assert 'class="btn"' in page
    assert "a secret of the inside" not in page


def test_a_form_that_is_out_of_date_says_so(db: None) -> None:
    response = Client(enforce_csrf_checks=True).post("/sign-in/", {"username": "ada", "password": "x"})
    assert response.status_code == 403
    assert "This form was open for too long" in response.content.decode()
