"""Pages about webhooks: everybody looks, operators change, and what X refuses is explained."""

import pytest
from django.test import Client
from django.utils.html import escape

from aaa_dashboard.webhooks.models import App, Webhook
from aaa_dashboard.webhooks.timeline import set_valid
from tests.sandbox.client import X
from tests.sandbox.wire import Receiver


def words(response: object) -> str:
    return response.content.decode()  # type: ignore[attr-defined,no-any-return]


def test_the_list_shows_what_x_has_beside_what_we_have(
    app: App, x: X, webhook: Webhook, operator: Client, receiver: Receiver
) -> None:
    other = receiver.url.replace("twitter", "other")
    x.register(other)
    page = words(operator.get("/webhooks/"))
    assert webhook.url in page
    assert "2 of the contract’s webhooks are in use" in page
    assert "X has these besides" in page
    assert other in page


def test_an_agent_who_looks_uses_up_none_of_x_s_answers(app: App, x: X, agent: Client) -> None:
    page = words(agent.get("/webhooks/"))
    assert "Ask X now" not in page
    assert agent.post("/webhooks/apps/twitter/ask/").status_code == 403
    app.refresh_from_db()
    assert app.asked_at is None


def test_the_list_explains_itself_when_it_is_empty(app: App, x: X, agent: Client) -> None:
    assert "X delivers nothing to this app" in words(agent.get("/webhooks/"))


def test_the_list_stays_when_x_does_not_answer(app: App, webhook: Webhook, operator: Client, settings: object) -> None:
    settings.X_API_BASE_URL = "http://127.0.0.1:9"  # type: ignore[attr-defined]
    page = words(operator.get("/webhooks/"))
    assert webhook.url in page
    assert "There is no connection to X" in page


@pytest.mark.parametrize("act", ["validate/", "delete/"])
def test_an_agent_is_shown_no_button_and_refused_the_act(webhook: Webhook, agent: Client, act: str) -> None:
    page = words(agent.get(f"/webhooks/{webhook.pk}/"))
    assert "Validate now</button>" not in page
    assert "Delete …" not in page
    assert agent.post(f"/webhooks/{webhook.pk}/{act}", {"name": webhook.url}).status_code == 403
    assert agent.get("/webhooks/apps/add/").status_code == 403
    assert agent.post("/webhooks/apps/twitter/", {"name": "Mine"}).status_code == 403
    for path in ("register/", "adopt/", "test-keys/"):
        assert agent.post(f"/webhooks/apps/twitter/{path}").status_code == 403


def test_without_a_sign_in_there_is_nothing(client: Client, webhook: Webhook) -> None:
    assert client.get(f"/webhooks/{webhook.pk}/")["Location"].startswith("/sign-in/")


def test_an_operator_registers_the_address_that_is_filled_in(app: App, x: X, operator: Client) -> None:
    page = words(operator.get("/webhooks/apps/twitter/register/"))
    assert "Ready for X" in page
    assert f'value="{app.receive_url}"' in page
    response = operator.post("/webhooks/apps/twitter/register/", {"url": app.receive_url}, follow=True)
    assert "is registered at X" in words(response)


def test_what_would_fail_is_not_asked_of_x_unless_somebody_insists(
    app: App, x: X, operator: Client, receiver: Receiver
) -> None:
    receiver.secret = "another-secret"
    response = operator.post("/webhooks/apps/twitter/register/", {"url": app.receive_url})
    assert response.status_code == 422
    assert "X was not asked" in words(response)
    response = operator.post("/webhooks/apps/twitter/register/", {"url": app.receive_url, "anyway": "on"})
    assert response.status_code == 409
    page = words(response)
    assert "with code 214" in page
    assert "What it means" in page
    assert "What to do" in page


def test_an_invalid_webhook_says_what_that_means_and_is_mended_by_one_button(
    x: X, webhook: Webhook, operator: Client
) -> None:
    x.change("UPDATE sandbox_webhook SET valid = 0")
    set_valid(webhook, False)
    assert "X delivers nothing here" in words(operator.get(f"/webhooks/{webhook.pk}/"))
    page = words(operator.post(f"/webhooks/{webhook.pk}/validate/", follow=True))
    assert "the webhook is valid" in page
    assert "by olga" in page


def test_a_webhook_is_deleted_when_its_address_was_typed(x: X, webhook: Webhook, operator: Client) -> None:
    path = f"/webhooks/{webhook.pk}/delete/"
    assert "What is lost" in words(operator.get(path))
    response = operator.post(path, {"name": "something else"})
    assert response.status_code == 422
    webhook.refresh_from_db()
    assert webhook.deleted_at is None
    page = words(operator.post(path, {"name": webhook.url}, follow=True))
    assert "gone from X since" in page
    assert operator.post(path, {"name": webhook.url}).status_code == 404


def test_a_stranger_is_adopted(app: App, x: X, operator: Client, receiver: Receiver) -> None:
    x_id = x.register(receiver.url.replace("twitter", "other"))
    page = words(operator.post("/webhooks/apps/twitter/adopt/", {"x_id": x_id}, follow=True))
    assert "is adopted" in page
    page = words(operator.post("/webhooks/apps/twitter/adopt/", {"x_id": "404"}, follow=True))
    assert "X does not have that webhook any more" in page


def test_a_refusal_is_a_page_with_the_way_back(x: X, webhook: Webhook, operator: Client) -> None:
    x.change("DELETE FROM sandbox_webhook")
    response = operator.post(f"/webhooks/{webhook.pk}/validate/")
    assert response.status_code == 409
    page = words(response)
    assert "Could not validate a webhook" in page
    assert f'href="/webhooks/apps/{webhook.app.slug}/register/">Look at the address</a>' in page
    assert "with code 34" in page
    assert escape(f"/webhooks/{webhook.pk}/") in page
