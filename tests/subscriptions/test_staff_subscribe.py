"""Staff bring an account in by signing in as it, look after it and remove it."""

from collections.abc import Callable

import pytest
from django.apps import apps
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from aaa_dashboard.subscriptions.models import Account, Subscription, Usage
from aaa_dashboard.webhooks.models import App, Webhook
from aaa_dashboard.x_api.results import SignedIn
from tests.sandbox.client import ACME, MIRA, X
from tests.sandboxes import CALLBACK, PUBLIC_URL
from tests.subscriptions.conftest import Owner, at_x, request_token, words

pytestmark = pytest.mark.django_db

Subscribed = Callable[..., SignedIn]


def audited() -> list[tuple[str, str]]:
    entries = apps.get_model("staff", "AuditEntry")._default_manager.order_by("pk")
    return list(entries.values_list("by", "action"))


def test_an_operator_signs_in_as_the_account(x: X, operator: Client, webhook: Webhook) -> None:
    response = operator.post("/accounts/add/sign-in/", {"webhook": webhook.pk, "agreed": "1"})
    back = Owner(x, operator, ACME).come_back(request_token(response["Location"]))
    text = words(operator.get(back, follow=True).content)
    assert "@acme is subscribed." in text
    row = Subscription.objects.get()
    assert (row.consent_by, row.added_by and row.added_by.username) == ("olga for @acme", "olga")
    assert at_x(x, webhook) == {ACME}
    assert audited() == [("olga", "subscribed an account")]


def test_without_the_owners_consent_nobody_goes_to_x(operator: Client, webhook: Webhook) -> None:
    response = operator.post("/accounts/add/sign-in/", {"webhook": webhook.pk})
    assert response["Location"] == "/accounts/add/"


def test_who_signed_out_at_x_does_nothing_in_their_name(x: X, operator: Client, webhook: Webhook) -> None:
    response = operator.post("/accounts/add/sign-in/", {"webhook": webhook.pk, "agreed": "1"})
    back = Owner(x, operator, ACME).come_back(request_token(response["Location"]))
    from django.contrib.auth.models import User

    User.objects.get().user_permissions.clear()
    assert "This sign-in was not begun here" in words(operator.get(back).content)
    assert at_x(x, webhook) == set()


def test_forms_may_lead_to_x_and_nowhere_else(x: X, operator: Client, webhook: Webhook) -> None:
    policy = operator.get("/accounts/add/")["Content-Security-Policy"]
    [action] = [part.strip() for part in policy.split(";") if "form-action" in part]
    assert action == f"form-action 'self' {x.sandbox.url}"
    assert CALLBACK == f"{PUBLIC_URL}/x/callback"


def test_agents_look_and_do_not_touch(agent: Client, webhook: Webhook, subscribed: Subscribed) -> None:
    subscribed()
    row = Subscription.objects.get()
    text = words(agent.get("/accounts/").content)
    assert "@mirakeller" in text
    assert "Subscribe an account" not in text
    assert "Check now" not in words(agent.get(f"/accounts/{row.account_id}/").content)
    for path in ("/accounts/add/", f"/accounts/subscriptions/{row.pk}/remove/"):
        assert agent.get(path).status_code == 403
    for path in ("/accounts/comparisons/begin/", f"/accounts/subscriptions/{row.pk}/check/", "/accounts/add/sign-in/"):
        assert agent.post(path).status_code == 403


def test_removing_says_what_is_lost_and_wants_the_name(
    x: X, operator: Client, webhook: Webhook, subscribed: Subscribed
) -> None:
    subscribed()
    row = Subscription.objects.get()
    path = f"/accounts/subscriptions/{row.pk}/remove/"
    assert "cannot be had later" in words(operator.get(path).content)
    assert operator.post(path, {"name": "somebody"}).status_code == 422
    assert at_x(x, webhook) == {MIRA}
    assert "Removed." in words(operator.post(path, {"name": "@MiraKeller"}, follow=True).content)
    row.refresh_from_db()
    assert (row.state, row.user_token) == ("removed", None)
    assert at_x(x, webhook) == set()
    assert audited()[-1] == ("olga", "removed a subscription")


def test_removing_what_x_has_no_more_is_fine(x: X, operator: Client, webhook: Webhook, subscribed: Subscribed) -> None:
    subscribed()
    x.change("DELETE FROM sandbox_subscription")
    row = Subscription.objects.get()
    response = operator.post(f"/accounts/subscriptions/{row.pk}/remove/", {"name": "mirakeller"}, follow=True)
    assert "X did not have it any more" in words(response.content)


def test_the_deprecated_way_is_taken_when_only_that_works(
    x: X, webhook: Webhook, operator: Client, subscribed: Subscribed, monkeypatch: pytest.MonkeyPatch
) -> None:
    from aaa_dashboard.x_api import endpoints, known_errors, v1_1

    def refuse(*_: object) -> None:
        raise known_errors.explain(endpoints.UNSUBSCRIBE, status=401, code=61, said="not permitted")

    subscribed()
    monkeypatch.setattr(v1_1.Client, "unsubscribe", refuse)
    row = Subscription.objects.get()
    operator.post(f"/accounts/subscriptions/{row.pk}/remove/", {"name": "mirakeller"})
    assert at_x(x, webhook) == set()
    row.refresh_from_db()
    assert row.state == "removed"


def test_checking_one_finds_it_missing_and_back(
    x: X, operator: Client, webhook: Webhook, subscribed: Subscribed
) -> None:
    signed_in = subscribed()
    row = Subscription.objects.get()
    x.change("DELETE FROM sandbox_subscription")
    path = f"/accounts/subscriptions/{row.pk}/check/"
    assert "missing at x" in words(operator.post(path, follow=True).content)
    row.refresh_from_db()
    assert row.state == "missing"
    from aaa_dashboard.subscriptions.subscribing import ask_x

    assert ask_x(webhook, signed_in.token)
    operator.post(path)
    row.refresh_from_db()
    assert row.state == "active"


def test_checking_one_whose_owner_revoked_the_app_wipes_its_token(
    x: X, operator: Client, subscribed: Subscribed
) -> None:
    subscribed()
    x.change("DELETE FROM sandbox_accesstoken WHERE token LIKE ?", f"{MIRA}-%")
    row = Subscription.objects.get()
    assert "revoked by the owner" in words(
        operator.post(f"/accounts/subscriptions/{row.pk}/check/", follow=True).content
    )
    row.refresh_from_db()
    assert (row.state, row.user_token) == ("revoked", None)


def test_checking_all_takes_on_what_x_has_counts_and_reads_names(
    x: X, operator: Client, webhook: Webhook, subscribed: Subscribed
) -> None:
    subscribed()
    token = x.token_of(ACME)
    x.signed(token).post(f"/1.1/account_activity/webhooks/{webhook.x_id}/subscriptions/all.json")
    text = words(operator.post("/accounts/comparisons/begin/", follow=True).content)
    assert "Not subscribed through us" in text
    assert "2 of 50 subscriptions of the contract are used (4 %)" in words(operator.get("/accounts/").content)
    acme = Subscription.objects.get(account__x_user_id=ACME)
    assert acme.state == "unknown"
    assert (acme.account.screen_name, acme.account.name) == ("acme", "Acme")
    assert acme.account.profile_read_at
    assert "Nothing new." in words(operator.post("/accounts/comparisons/begin/", follow=True).content)


@pytest.mark.parametrize(
    ("used", "says"), [(79, ""), (80, "Places run short"), (94, "Places run short"), (95, "Almost no place is left")]
)
def test_the_count_warns_at_eighty_and_ninety_five_percent(agent: Client, app: App, used: int, says: str) -> None:
    Usage.objects.create(app=app, used=used, provisioned=100, read_at=timezone.now())
    text = words(agent.get("/accounts/").content)
    assert f"{used} of 100" in text
    assert says in text
    assert says or "short" not in text


def test_the_list_asks_the_database_as_often_for_many_as_for_few(
    agent: Client, webhook: Webhook, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(30):
        account = Account.objects.create(x_user_id=str(1000 + number), screen_name=f"name{number}")
        Subscription.objects.create(webhook=webhook, account=account, state="active")
    Usage.objects.create(app=webhook.app, used=30, provisioned=100, read_at=timezone.now())
    # Session, person, webhooks, apps, usage (2), permissions (2), count, accounts, their subscriptions,
    # their app, moves, findings, invites.
    with django_assert_num_queries(15):
        assert agent.get("/accounts/").status_code == 200


def test_empty_list_says_what_to_do(operator: Client, app: App) -> None:
    text = words(operator.get("/accounts/").content)
    assert "No account yet" in text
    assert "First of all a webhook has to be registered" in text


def test_the_first_look_shows_whom_x_has(x: X, agent: Client, webhook: Webhook) -> None:
    cache.clear()
    x.signed(x.token_of(ACME)).post(f"/1.1/account_activity/webhooks/{webhook.x_id}/subscriptions/all.json")
    text = words(agent.get("/accounts/").content)
    assert "Acme @acme" in text
    assert "Subscribed, not through us" in text


def test_before_the_first_look_x_is_asked_which_webhooks_there_are(
    x: X, agent: Client, webhook: Webhook, settings: Settings
) -> None:
    cache.clear()
    settings.PUBLIC_URL = webhook.url.removesuffix("/webhook/twitter")
    x.signed(x.token_of(ACME)).post(f"/1.1/account_activity/webhooks/{webhook.x_id}/subscriptions/all.json")
    webhook.delete()
    assert "Acme @acme" in words(agent.get("/accounts/").content)
    assert Webhook.objects.get().url == webhook.url


def test_nobody_by_that_name(agent: Client, app: App) -> None:
    assert "Nobody by that name" in words(agent.get("/accounts/?q=nobody").content)
