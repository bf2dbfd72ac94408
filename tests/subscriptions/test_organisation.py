"""Owners are told whose installation it is, and where they turn with questions."""

from collections.abc import Callable
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from aaa_dashboard.environment import Environment
from aaa_dashboard.x_api.results import SignedIn
from tests.sandboxes import PUBLIC_URL
from tests.subscriptions.conftest import Owner

MakeOwner = Callable[..., Owner]


@pytest.fixture
def acme(settings: Settings) -> None:
    settings.ORGANISATION_NAME, settings.ORGANISATION_CONTACT = "Acme & Sons", "privacy@acme.example"


def shown(response: Any) -> str:
    return " ".join(response.content.decode().split())


@pytest.mark.django_db
@pytest.mark.usefixtures("acme")
def test_an_invite_says_who_asks(owner: MakeOwner, invite: Callable[..., str]) -> None:
    page = shown(owner().client.get(invite().removeprefix(PUBLIC_URL)))
    assert "<b>Acme &amp; Sons</b> asks" in page
    assert 'Questions? <a href="mailto:privacy@acme.example"' in page


@pytest.mark.django_db
@pytest.mark.usefixtures("acme")
def test_from_what_is_connected_to_the_end_it_is_the_same_name(
    owner: MakeOwner, subscribed: Callable[..., SignedIn]
) -> None:
    subscribed()
    one = owner()
    assert "of Acme &amp; Sons receives" in shown(one.client.get("/connection/twitter/"))
    assert "of Acme &amp; Sons receives" in one.sign_in()
    assert "to Acme &amp; Sons any more" in shown(one.client.get("/connection/twitter/disconnect/"))
    page = shown(one.client.post("/connection/twitter/disconnect/"))
    assert "Acme &amp; Sons receives nothing from" in page
    assert 'ask Acme &amp; Sons: <a href="mailto:privacy@acme.example"' in page


@pytest.mark.django_db
@pytest.mark.usefixtures("acme")
def test_whoever_meets_a_problem_can_ask_as_well(owner: MakeOwner) -> None:
    page = shown(owner().client.get("/connect/no-such-link/"))
    assert "Questions?" in page


@pytest.mark.django_db
def test_without_the_settings_it_is_the_host_and_there_is_nobody_to_ask(
    owner: MakeOwner, invite: Callable[..., str]
) -> None:
    page = shown(owner().client.get(invite().removeprefix(PUBLIC_URL)))
    assert "<b>127.0.0.1</b> asks" in page
    assert "Questions?" not in page


@pytest.mark.parametrize("contact", ["privacy@acme.example", "https://acme.example/privacy?of=x", "", "  "])
def test_a_contact_is_an_e_mail_address_or_a_web_address(monkeypatch: pytest.MonkeyPatch, contact: str) -> None:
    monkeypatch.setenv("ORGANISATION_CONTACT", contact)
    assert Environment().contact("ORGANISATION_CONTACT") == contact.strip()


@pytest.mark.parametrize(
    "contact", ["ask Ada", "javascript:alert(1)", "acme.example", "a@b@c", "https://", "mailto:a@b", "a@b?subject=x"]
)
def test_anything_else_ends_the_start(monkeypatch: pytest.MonkeyPatch, contact: str) -> None:
    monkeypatch.setenv("ORGANISATION_CONTACT", contact)
    with pytest.raises(SystemExit, match="ORGANISATION_CONTACT takes an e-mail address or"):
        Environment().contact("ORGANISATION_CONTACT")


@pytest.mark.parametrize("name", ["Acme\x07", "A" * 101])
def test_a_name_that_is_no_line_for_people_ends_the_start(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("ORGANISATION_NAME", name)
    with pytest.raises(SystemExit, match="ORGANISATION_NAME takes up to 100 characters"):
        Environment().line("ORGANISATION_NAME", default="acme.example")
