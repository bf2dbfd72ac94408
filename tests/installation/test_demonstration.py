"""The demonstration lets two people in, on a developer's own machine and nowhere else."""

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from pytest_django import Settings

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _password(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    monkeypatch.setenv("DEMO_PASSWORD", "a-password")
    settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]  # the throttle wants a request


def test_ada_may_do_everything() -> None:
    call_command("demonstration")
    ada = authenticate(username="ada", password="a-password")
    assert isinstance(ada, User)
    assert ada.is_superuser
    assert ada.is_staff


def test_sam_may_not_read_direct_messages() -> None:
    call_command("demonstration")
    sam = authenticate(username="sam", password="a-password")
    assert isinstance(sam, User)
    assert not sam.is_staff
    assert not sam.has_perm("deliveries.read_direct_messages")


def test_a_second_start_ends_no_session() -> None:
    call_command("demonstration")
    before = User.objects.get(username="ada").get_session_auth_hash()
    call_command("demonstration")
    assert User.objects.get(username="ada").get_session_auth_hash() == before


def test_a_new_password_in_the_environment_takes_effect(monkeypatch: pytest.MonkeyPatch) -> None:
    call_command("demonstration")
    monkeypatch.setenv("DEMO_PASSWORD", "another-password")
    call_command("demonstration")
    assert authenticate(username="sam", password="another-password")


def test_without_a_password_nobody_is_let_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DEMO_PASSWORD")
    call_command("demonstration")
    assert not User.objects.exists()


def test_it_refuses_where_others_can_reach_it(settings: Settings) -> None:
    settings.PUBLIC_URL = "https://dashboard.example.org"
    with pytest.raises(CommandError, match="PUBLIC_URL is not an address of this machine alone"):
        call_command("demonstration")
    assert not User.objects.exists()
