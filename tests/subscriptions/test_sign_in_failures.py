"""What goes wrong between an owner and X: each has a page of its own, in plain words."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from aaa_dashboard.subscriptions import consent, problems
from aaa_dashboard.subscriptions.models import Invite, SignIn, Subscription
from aaa_dashboard.webhooks.models import Webhook
from tests.sandbox.client import X
from tests.sandbox.control import Control
from tests.subscriptions.conftest import Owner, words

pytestmark = pytest.mark.django_db

MakeOwner = Callable[..., Owner]
MakeInvite = Callable[..., str]


@pytest.fixture
def path(invite: MakeInvite) -> str:
    """Where the link of an invite leads."""
    return "/connect/" + invite().partition("/connect/")[2]


def begun(one: Owner, path: str) -> str:
    return one.go_to_x(path, agreed=consent.VERSION)


def shows(client: Client, path: str, problem: problems.Problem) -> str:
    response = client.get(path)
    text = words(response.content)
    assert problem.title in text
    assert response.status_code == problem.status
    return text


def nothing_came_of_it() -> bool:
    return not Subscription.objects.exists() and Invite.objects.get().used_at is None


def test_cancelled(owner: MakeOwner, path: str) -> None:
    one = owner()
    shows(one.client, one.come_back(begun(one, path), "cancel"), problems.CANCELLED)
    assert nothing_came_of_it()
    assert "You are connected" in one.consent(f"http://127.0.0.1:8000{path}"), "the link is still good"


def test_expired(owner: MakeOwner, path: str) -> None:
    one = owner()
    back = one.come_back(begun(one, path))
    SignIn.objects.update(created_at=timezone.now() - timedelta(minutes=16))
    shows(one.client, back, problems.EXPIRED)
    assert nothing_came_of_it()


def test_another_browser_cannot_finish_what_one_has_begun(owner: MakeOwner, path: str) -> None:
    one = owner()
    back = one.come_back(begun(one, path))
    shows(Client(), back, problems.MISMATCHED)
    assert nothing_came_of_it()


def test_a_token_that_was_not_handed_out_is_not_used(owner: MakeOwner, path: str) -> None:
    mine, others = owner(), owner("402118395527389185")
    begun(mine, path)
    back = others.come_back(begun(others, path))
    shows(mine.client, back, problems.MISMATCHED)
    assert nothing_came_of_it()


def test_a_sign_in_is_finished_once(owner: MakeOwner, path: str) -> None:
    one = owner()
    back = one.come_back(begun(one, path))
    assert one.client.get(back).status_code == 302
    shows(one.client, back, problems.MISMATCHED)


def test_a_wrong_verifier(owner: MakeOwner, path: str) -> None:
    one = owner()
    back = one.come_back(begun(one, path)).partition("oauth_verifier=")[0] + "oauth_verifier=wrong"
    text = shows(one.client, back, problems.UNUSABLE)
    assert "X answered 401 with code 32" in text
    assert nothing_came_of_it()


def test_no_place_is_left(x: X, owner: MakeOwner, path: str) -> None:
    one = owner()
    back = one.come_back(begun(one, path))
    with x.changed("contract", "1 = 1", subscriptions_allowed=0):
        text = shows(one.client, back, problems.LIMIT_REACHED)
    assert "214" in text
    assert nothing_came_of_it()


def test_not_permitted(x: X, owner: MakeOwner, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from aaa_dashboard.x_api import endpoints, known_errors

    said = "Client application is not permitted to access this user's webhook subscriptions."
    error = known_errors.explain(endpoints.SUBSCRIBE, status=403, code=348, said=said)

    def refuse(*_: Any) -> bool:
        raise error

    one = owner()
    back = one.come_back(begun(one, path))
    monkeypatch.setattr("aaa_dashboard.subscriptions.subscribing.ask_x", refuse)
    assert "348" in shows(one.client, back, problems.NOT_PERMITTED)
    assert nothing_came_of_it()


@pytest.mark.parametrize(
    ("change", "problem", "code"),
    [
        ({"callback_urls": "[]"}, problems.WRONG_CALLBACK, "415"),
        ({"type": "desktop"}, problems.DESKTOP_APP, "417"),
    ],
)
def test_the_app_is_not_set_up_for_it(
    x: X, owner: MakeOwner, path: str, change: dict[str, str], problem: problems.Problem, code: str
) -> None:
    with x.app_is(**change):
        response = owner().client.post(path, {"agreed": consent.VERSION})
    text = words(response.content)
    assert problem.title in text
    assert code in text
    assert response.status_code == problem.status
    assert nothing_came_of_it()


def test_x_is_overloaded(x: X, owner: MakeOwner, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aaa_dashboard.x_api.retries.MAX_ATTEMPTS", 1)
    Control(x.sandbox).fault("api_503", percent=100)
    response = owner().client.post(path, {"agreed": consent.VERSION})
    text = words(response.content)
    assert problems.LATER.title in text
    assert nothing_came_of_it()


@pytest.mark.parametrize(
    ("change", "code"), [({"callback_urls": "[]"}, "415"), ({"type": "desktop"}, "417"), ({"is_suspended": 1}, "416")]
)
def test_staff_read_what_x_said_what_it_means_and_what_to_do(
    x: X, operator: Client, webhook: Webhook, change: dict[str, object], code: str
) -> None:
    with x.app_is(**change):
        response = operator.post("/accounts/add/sign-in/", {"webhook": webhook.pk, "agreed": "1"})
    text = words(response.content)
    for said in ("What X said", f"code {code}", "What it means", "What to do", "/x/callback"):
        assert said in text


def test_pages_name_no_token(owner: MakeOwner, path: str) -> None:
    one = owner()
    token = begun(one, path)
    back = one.come_back(token)
    verifier = back.partition("oauth_verifier=")[2]
    for page in (one.client.get(back, follow=True), one.client.get(back)):
        assert token not in page.content.decode()
        assert verifier not in page.content.decode()
