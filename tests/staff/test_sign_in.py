"""The door: one, throttled, and back to where one was going."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

SIGN_IN = reverse("staff:sign-in")
PASSWORD = "correct horse battery"


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_user("ada", password=PASSWORD)


@pytest.mark.parametrize(
    "path", ["/", "/live/", "/live/stream/", "/events/", "/events/1/", "/events/1.json", "/admin/"]
)
def test_every_page_asks_who_is_there(client: Client, db: None, path: str) -> None:
    response = client.get(path, follow=True)
    assert response.redirect_chain[-1][0].startswith(SIGN_IN)
    assert "Sign in" in response.content.decode()


def test_signing_in_opens_live(client: Client, ada: User) -> None:
    assert client.post(SIGN_IN, {"username": "ada", "password": PASSWORD})["Location"] == "/live/"


def test_signing_in_leads_to_where_one_was_going(client: Client, ada: User) -> None:
    assert (
        'name="next" value="/events/?category=likes"'
        in client.get(f"{SIGN_IN}?next=/events/%3Fcategory=likes").content.decode()
    )
    response = client.post(SIGN_IN, {"username": "ada", "password": PASSWORD, "next": "/events/?category=likes"})
    assert response["Location"] == "/events/?category=likes"


def test_it_leads_to_no_other_site(client: Client, ada: User) -> None:
    response = client.post(SIGN_IN, {"username": "ada", "password": PASSWORD, "next": "https://elsewhere.example/"})
    assert response["Location"] == "/live/"


def test_the_cursor_waits_in_the_name(client: Client, db: None) -> None:
    field = re.search(r'<input[^>]*name="username"[^>]*>', client.get(SIGN_IN).content.decode())
    assert field is not None
    assert "autofocus" in field[0]


def test_a_wrong_password_says_so_without_saying_which_was_wrong(client: Client, ada: User) -> None:
    page = client.post(SIGN_IN, {"username": "ada", "password": "wrong"}).content.decode()
    assert "do not belong together" in page
    assert "do not belong together" in client.post(SIGN_IN, {"username": "eve", "password": "wrong"}).content.decode()


def test_a_sign_in_that_is_switched_off_does_not_open(client: Client, ada: User) -> None:
    User.objects.update(is_active=False)
    assert client.post(SIGN_IN, {"username": "ada", "password": PASSWORD}).status_code == 200
    assert "_auth_user_id" not in client.session


def test_signing_out_needs_a_press_of_the_button(client: Client, ada: User) -> None:
    client.force_login(ada)
    assert client.get(reverse("staff:sign-out")).status_code == 405
    assert client.post(reverse("staff:sign-out"))["Location"] == SIGN_IN
    assert "_auth_user_id" not in client.session


def test_five_wrong_passwords_close_the_door_and_the_page_says_when_it_opens(client: Client, ada: User) -> None:
    for _ in range(5):
        response = client.post(SIGN_IN, {"username": "ada", "password": "wrong"})
    assert response.status_code == 429
    page = response.content.decode()
    assert "15 minutes after the last attempt" in page
    assert re.search(r"at \d\d:\d\d UTC", page)
    # Not even the right one opens it now.
    assert client.post(SIGN_IN, {"username": "ada", "password": PASSWORD}).status_code == 429


def test_a_closed_door_is_closed_for_one_name_from_one_place(client: Client, ada: User) -> None:
    User.objects.create_user("bob", password=PASSWORD)
    for _ in range(5):
        client.post(SIGN_IN, {"username": "ada", "password": "wrong"})
    assert client.post(SIGN_IN, {"username": "bob", "password": PASSWORD})["Location"] == "/live/"
    elsewhere = Client(REMOTE_ADDR="192.0.2.9")
    assert elsewhere.post(SIGN_IN, {"username": "ada", "password": PASSWORD})["Location"] == "/live/"


def test_the_admin_has_no_door_of_its_own(client: Client, ada: User) -> None:
    assert client.get("/admin/", follow=True).redirect_chain[-1][0] == f"{SIGN_IN}?next=%2Fadmin%2F"
    # Straight to the admin's own address as well: it would not be throttled there.
    assert client.post("/admin/login/", {"username": "ada", "password": PASSWORD})["Location"].startswith(SIGN_IN)


def test_who_is_no_administrator_is_told_so(client: Client, ada: User) -> None:
    client.force_login(ada)
    response = client.get("/admin/", follow=True)
    assert response.status_code == 403
    assert "Data is for administrators." in response.content.decode()
    assert "/admin/" not in client.get("/live/").content.decode()
