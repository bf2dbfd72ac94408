"""An owner without a login here: link, consent, X, and what is connected."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.apps import apps
from django.test import Client
from django.utils import timezone

from aaa_dashboard.subscriptions import consent
from aaa_dashboard.subscriptions.models import Invite, Subscription
from aaa_dashboard.webhooks.models import FIRST_APP, App, Webhook
from tests.sandbox.client import MIRA, X
from tests.sandboxes import PUBLIC_URL
from tests.subscriptions.conftest import Owner, at_x, words

pytestmark = pytest.mark.django_db

MakeOwner = Callable[..., Owner]
MakeInvite = Callable[..., str]


def page(client: Client, link: str) -> tuple[int, str]:
    response = client.get(link.removeprefix(PUBLIC_URL))
    return response.status_code, words(response.content)


def test_the_owner_reads_what_is_shared_before_anything_happens(owner: MakeOwner, invite: MakeInvite) -> None:
    status, text = page(owner().client, invite(note="We answer for you at night."))
    assert status == 200
    for said in ("Acme Care", "We answer for you at night.", "Direct messages", "Version 2026-11", "disconnect"):
        assert said in text


def test_an_owner_who_agrees_is_subscribed_and_the_consent_is_kept(
    x: X, owner: MakeOwner, invite: MakeInvite, webhook: Webhook
) -> None:
    text = owner().consent(invite())
    assert "You are connected" in text
    assert "@mirakeller" in text
    row = Subscription.objects.get()
    assert (row.state, row.consent_version, row.consent_by) == ("active", consent.VERSION, "@mirakeller")
    assert row.consented_at
    assert at_x(x, webhook) == {MIRA}
    used = Invite.objects.get()
    assert used.used_at
    assert used.account == row.account
    entry = apps.get_model("staff", "AuditEntry")._default_manager.filter(action="subscribed an account").get()
    assert (entry.by, entry.person) == ("@mirakeller, the owner", None)


def test_who_was_subscribed_already_is_told_so_and_all_is_well(
    owner: MakeOwner, invite: MakeInvite, subscribed: Callable[[], object]
) -> None:
    subscribed()
    assert "You were connected already" in owner().consent(invite())
    assert Subscription.objects.get().state == "active"


def test_who_agrees_for_the_first_time_is_told_that_they_are_connected_whatever_x_had(
    owner: MakeOwner, invite: MakeInvite, subscribed: Callable[[], object]
) -> None:
    subscribed()
    Subscription.objects.all().delete()  # as one that X has and that nobody here ever asked for
    text = owner().consent(invite())
    assert "You are connected" in text
    assert "already" not in text


def test_an_app_is_named_to_owners_only_when_it_has_a_name(app: App, owner: MakeOwner, invite: MakeInvite) -> None:
    link = invite()
    assert f"“{app.name}”" in page(Client(), link)[1]
    App.objects.update(name=FIRST_APP)
    assert FIRST_APP not in page(Client(), link)[1]
    text = owner().consent(link)
    assert FIRST_APP not in text
    assert "The X app of" in text


def test_without_agreement_nobody_is_sent_to_x(owner: MakeOwner, invite: MakeInvite) -> None:
    response = owner().client.post(invite().removeprefix(PUBLIC_URL))
    assert response.status_code == 422
    assert "Without your agreement nothing is connected" in words(response.content)


def test_a_link_works_once(owner: MakeOwner, invite: MakeInvite) -> None:
    link = invite()
    owner().consent(link)
    assert page(owner().client, link)[0] == 410
    assert "This link has been used" in page(owner().client, link)[1]


def test_of_two_who_use_a_link_at_once_the_second_is_not_subscribed(
    x: X, owner: MakeOwner, invite: MakeInvite, webhook: Webhook
) -> None:
    link, first, second = invite(), owner(), owner("402118395527389185")
    path = link.removeprefix(PUBLIC_URL)
    tokens = [one.go_to_x(path, agreed=consent.VERSION) for one in (first, second)]
    backs = [one.come_back(token) for one, token in zip((first, second), tokens, strict=True)]
    assert first.client.get(backs[0]).status_code == 302
    refused = second.client.get(backs[1])
    assert refused.status_code == 410
    assert at_x(x, webhook) == {MIRA}


@pytest.mark.parametrize(
    ("fields", "title"),
    [
        ({"expires_at": timezone.now() - timedelta(minutes=1)}, "This link has expired"),
        ({"withdrawn_at": timezone.now()}, "This link was withdrawn"),
        ({"secret_hash": "0" * 64}, "This link is not known"),
    ],
)
def test_a_link_that_is_no_good_says_why(
    owner: MakeOwner, invite: MakeInvite, fields: dict[str, object], title: str
) -> None:
    link = invite()
    Invite.objects.update(**fields)
    status, text = page(owner().client, link)
    assert status in {404, 410}
    assert title in text


def test_only_a_hash_of_the_link_is_kept(invite: MakeInvite) -> None:
    secret = invite().rstrip("/").rpartition("/")[2]
    kept = Invite.objects.values().get()
    assert secret not in str(kept)
    assert len(secret) >= 32


def test_pages_for_owners_are_not_kept_by_browsers(owner: MakeOwner, invite: MakeInvite) -> None:
    client = owner().client
    for path in (invite().removeprefix(PUBLIC_URL), "/connection/twitter/", "/x/callback"):
        assert "no-store" in client.get(path)["Cache-Control"]


def test_operators_make_a_link_that_is_shown_once_and_can_withdraw_it(
    operator: Client, owner: MakeOwner, webhook: Webhook
) -> None:
    response = operator.post("/accounts/invites/", {"webhook": webhook.pk, "note": "Hello", "days": "3"})
    link = response.context["link"]
    assert link.startswith(f"{PUBLIC_URL}/connect/")
    assert link not in operator.get("/accounts/invites/").content.decode()
    assert page(owner().client, link)[0] == 200
    operator.post(f"/accounts/invites/{Invite.objects.get().pk}/withdraw/")
    assert "This link was withdrawn" in page(owner().client, link)[1]


def test_agents_make_no_links(agent: Client, webhook: Webhook) -> None:
    assert agent.post("/accounts/invites/", {"webhook": webhook.pk, "days": "3"}).status_code == 403
    assert not Invite.objects.exists()
