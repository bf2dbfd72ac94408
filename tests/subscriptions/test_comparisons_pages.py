"""Pages about comparisons with X: what differs, why, and the button for it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from aaa_dashboard.staff.models import AuditEntry
from aaa_dashboard.subscriptions.models import Account, Finding, Reconciliation, Subscription
from aaa_dashboard.subscriptions.reconciling.words import WORDS
from aaa_dashboard.webhooks.models import Webhook
from aaa_dashboard.x_api import retries
from aaa_dashboard.x_api.results import SignedIn, Subscriptions
from aaa_dashboard.x_api.v1_1 import Client as XClient
from tests.sandbox.client import ACME, MIRA, X
from tests.subscriptions.conftest import at_x, words

pytestmark = pytest.mark.django_db

Subscribed = Callable[..., SignedIn]
PAGE, BEGIN = "/accounts/comparisons/", "/accounts/comparisons/begin/"


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "MAX_ATTEMPTS", 1)


def standing(client: Client) -> str:
    return words(client.get(PAGE).content)


def test_the_empty_page_says_what_a_comparison_is(agent: Client, webhook: Webhook) -> None:
    text = standing(agent)
    assert "Not compared yet" in text
    assert "Compare now" not in text, "that is for operators"


def test_a_comparison_without_a_difference_says_so(x: X, operator: Client, subscribed: Subscribed) -> None:
    subscribed()
    assert "As it should be" in words(operator.post(BEGIN, follow=True).content)
    text = standing(operator)
    assert "What X has and what we have are the same" in text
    assert "1 at X · by olga" in text


def test_what_is_missing_is_offered_with_its_cause(
    x: X, operator: Client, webhook: Webhook, subscribed: Subscribed
) -> None:
    subscribed()
    Subscription.objects.update(access_token="", access_token_secret="")
    x.change("DELETE FROM sandbox_subscription")
    text = words(operator.post(BEGIN, follow=True).content)
    for said in ("Missing at X", "@mirakeller", "only they can have it back", "Invite its owner", "Check now"):
        assert said in text
    assert "Subscribe again" not in text


def test_the_invite_is_for_the_webhook_that_the_finding_is_about(operator: Client, webhook: Webhook) -> None:
    other = Webhook.objects.create(app=webhook.app, x_id="2", url="https://other.example/webhook/twitter")
    page = operator.get("/accounts/invites/", {"webhook": other.pk}).content.decode()
    assert f'<option value="{other.pk}" selected>' in page
    assert operator.get("/accounts/invites/", {"webhook": "nonsense"}).status_code == 200


def test_what_a_person_may_subscribe_again_has_a_button_that_does_it(
    x: X, operator: Client, webhook: Webhook, subscribed: Subscribed
) -> None:
    subscribed()
    x.change("DELETE FROM sandbox_subscription")
    Subscription.objects.update(repairs=3)
    text = words(operator.post(BEGIN, follow=True).content)
    assert "3 times by itself" in text
    row = Subscription.objects.get()
    assert f"/accounts/subscriptions/{row.pk}/again/" in operator.get(PAGE).content.decode()
    text = words(operator.post(f"/accounts/subscriptions/{row.pk}/again/", follow=True).content)
    assert "@mirakeller is subscribed again." in text
    assert at_x(x, webhook) == {MIRA}
    assert AuditEntry.objects.latest("pk").by == "olga"


def test_subscribing_again_says_why_not(x: X, operator: Client, webhook: Webhook, subscribed: Subscribed) -> None:
    subscribed()
    x.change("DELETE FROM sandbox_subscription")
    Subscription.objects.update(state="missing")
    x.change("DELETE FROM sandbox_accesstoken WHERE user_id = (SELECT id FROM sandbox_user WHERE x_user_id = ?)", MIRA)
    row = Subscription.objects.get()
    text = words(operator.post(f"/accounts/subscriptions/{row.pk}/again/", follow=True).content)
    assert "@mirakeller is not subscribed. X answered 403 with code 89" in text
    row.refresh_from_db()
    assert (row.state, row.user_token) == ("revoked", None)


def test_a_doubted_list_can_be_taken_as_it_is(
    x: X, operator: Client, webhook: Webhook, subscribed: Subscribed, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribed()
    Subscription.objects.update(consented_at=None)
    monkeypatch.setattr(XClient, "subscriptions", lambda _self, webhook_id: Subscriptions(webhook_id, "", "", ()))
    text = words(operator.post(BEGIN, follow=True).content)
    assert "X’s list is not believed" in text
    assert Subscription.objects.get().state == "active"
    finding = Finding.objects.get()
    text = words(operator.post(f"/accounts/findings/{finding.pk}/believe/", follow=True).content)
    assert "1 missing at X" in text
    assert Subscription.objects.get().state == "missing"
    entry = AuditEntry.objects.get(action="believed X’s list")
    assert (entry.by, entry.after) == ("olga", {"at X": 0, "missing": 1})


def test_x_that_does_not_tell_is_a_finding_with_what_x_said(
    x: X, operator: Client, webhook: Webhook, subscribed: Subscribed, settings: Settings
) -> None:
    subscribed()
    settings.X_API_BASE_URL = "http://127.0.0.1:9"
    text = words(operator.post(BEGIN, follow=True).content)
    assert "Not all could be read" in text
    assert "X did not tell" in text
    assert "There was no answer" in text


def test_one_that_runs_already_is_said(operator: Client, webhook: Webhook) -> None:
    Reconciliation.objects.create(started_at=datetime.now(UTC))
    assert "is running just now" in words(operator.post(BEGIN, follow=True).content)
    assert "Running" in standing(operator)


def test_one_that_broke_off_says_what_that_means(agent: Client, webhook: Webhook) -> None:
    now = datetime.now(UTC)
    run = Reconciliation.objects.create(started_at=now, finished_at=now, broke_off=True)
    assert "did not come to its end" in words(agent.get(f"{PAGE}{run.pk}/").content)


def test_agents_look_and_do_not_touch(agent: Client, webhook: Webhook, subscribed: Subscribed) -> None:
    subscribed()
    row = Subscription.objects.get()
    finding = Finding.objects.create(
        kind="missing", subject="s", app=webhook.app, webhook=webhook, account=row.account, found_at=datetime.now(UTC)
    )
    text = standing(agent)
    assert "Missing at X" in text
    assert "Check now" not in text
    for path in (BEGIN, f"/accounts/subscriptions/{row.pk}/again/", f"/accounts/findings/{finding.pk}/believe/"):
        assert agent.post(path).status_code == 403


@pytest.mark.parametrize("kind", Finding.Kind)
def test_every_kind_says_what_it_means_and_what_to_do(operator: Client, webhook: Webhook, kind: Finding.Kind) -> None:
    Finding.objects.create(kind=kind, subject="s", app=webhook.app, webhook=webhook, found_at=datetime.now(UTC))
    text = standing(operator)
    for said in (kind.label, WORDS[kind].means, WORDS[kind].remedy):
        assert said in text


def test_the_pages_ask_the_database_as_often_for_many_as_for_few(
    agent: Client, webhook: Webhook, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    now = datetime.now(UTC)
    run = Reconciliation.objects.create(started_at=now, finished_at=now, standing=30)
    for number in range(30):
        Reconciliation.objects.create(started_at=now, finished_at=now)
        account = Account.objects.create(x_user_id=str(1000 + number))
        Subscription.objects.create(webhook=webhook, account=account, state="missing")
        Finding.objects.create(
            kind="missing", subject=f"s{number}", app=webhook.app, webhook=webhook, account=account, found_at=now,
            found_in=run,
        )  # fmt: skip
    # Session, person, findings, their apps, subscriptions and apps, how many, comparisons (2), permissions (2).
    with django_assert_num_queries(11):
        assert agent.get(PAGE).status_code == 200
    # Session, person, comparison, found with apps, subscriptions and apps, settled, permissions (2).
    with django_assert_num_queries(10):
        assert agent.get(f"{PAGE}{run.pk}/").status_code == 200


# --- The command -----------------------------------------------------------------------------------------------------


def test_the_command_ends_well_when_all_is_as_it_should_be(x: X, webhook: Webhook, subscribed: Subscribed) -> None:
    subscribed()
    out = StringIO()
    call_command("subscriptions", "reconcile", stdout=out)
    assert "All is as it should be: 1 at X." in out.getvalue()


def test_the_command_tells_what_is_left_to_a_person(x: X, webhook: Webhook, subscribed: Subscribed) -> None:
    x.signed(x.token_of(ACME)).post(f"/1.1/account_activity/webhooks/{webhook.x_id}/subscriptions/all.json")
    out = StringIO()
    with pytest.raises(CommandError) as ended:
        call_command("subscriptions", "reconcile", "--json", stdout=out)
    assert ended.value.returncode == 1
    [row] = json.loads(out.getvalue())
    assert (row["what"], row["webhook"]) == ("Not subscribed through us", webhook.x_id)


def test_the_command_says_when_x_could_not_be_asked(x: X, webhook: Webhook, settings: Settings) -> None:
    settings.X_API_BASE_URL = "http://127.0.0.1:9"
    with pytest.raises(CommandError) as ended:
        call_command("subscriptions", "reconcile", stdout=StringIO())
    assert ended.value.returncode == 3
