"""A process that is killed while it asks X leaves a subscription that reconciliation finishes, with its consent."""

from collections.abc import Callable

import pytest
from django.utils import timezone

from aaa_dashboard.subscriptions import consent, subscribing
from aaa_dashboard.subscriptions.ending import remove
from aaa_dashboard.subscriptions.models import Finding, Subscription
from aaa_dashboard.subscriptions.reconciling import running
from aaa_dashboard.subscriptions.subscribing import ask_x, subscribe
from aaa_dashboard.webhooks.models import Webhook
from aaa_dashboard.x_api.credentials import UserToken
from aaa_dashboard.x_api.errors import XError
from aaa_dashboard.x_api.results import SignedIn
from tests.sandbox.client import Token, X
from tests.subscriptions.conftest import BY, at_x

pytestmark = pytest.mark.django_db

MIRA = "187402663914528769"
KEPT = ("state", "access_token", "access_token_secret", "consent_version", "consented_at", "consent_by")


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture
def mira(x: X) -> SignedIn:
    token = x.token_of(MIRA)
    return SignedIn(MIRA, "mirakeller", UserToken(token.token, token.secret))


@pytest.fixture(params=["before X was asked", "after X had answered"])
def killed(request: pytest.FixtureRequest, webhook: Webhook, mira: SignedIn) -> Callable[[], None]:
    """Has Mira subscribed by a process that is killed at it."""

    def subscribe_and_be_killed() -> None:
        def ask(to: Webhook, token: UserToken) -> None:
            if request.param == "after X had answered":
                ask_x(to, token)
            raise Killed

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(subscribing, "ask_x", ask)
            with pytest.raises(Killed):
                subscribe(webhook, mira, consent_by="@mirakeller", by=BY)

    return subscribe_and_be_killed


def is_finished(x: X, webhook: Webhook) -> bool:
    running.reconcile(timezone.now())
    row = Subscription.objects.get()
    assert (row.consent_by, row.consent_version) == ("@mirakeller", consent.version())
    assert not Finding.objects.filter(settled_at=None).exists()
    return row.state == "active" and row.user_token is not None and at_x(x, webhook) == {MIRA}


def test_one_that_was_new_is_finished(x: X, webhook: Webhook, killed: Callable[[], None]) -> None:
    killed()
    assert is_finished(x, webhook)


def test_one_that_was_removed_before_is_finished(
    x: X, webhook: Webhook, mira: SignedIn, killed: Callable[[], None]
) -> None:
    subscribe(webhook, mira, consent_by="olga for @mirakeller", by=BY)
    remove(Subscription.objects.get(), by=BY)
    killed()
    assert is_finished(x, webhook)


def test_one_that_was_not_subscribed_through_us_is_finished(
    x: X, webhook: Webhook, mira: SignedIn, killed: Callable[[], None]
) -> None:
    x.signed(Token(mira.token.token, mira.token.secret)).post(
        f"/1.1/account_activity/webhooks/{webhook.x_id}/subscriptions/all.json"
    )
    running.reconcile(timezone.now())
    assert Subscription.objects.get().state == "unknown"
    killed()
    assert is_finished(x, webhook)


def test_nothing_is_kept_of_what_x_refuses(x: X, webhook: Webhook, mira: SignedIn) -> None:
    with x.app_is(may_use_activity=0), pytest.raises(XError):
        subscribe(webhook, mira, consent_by="@mirakeller", by=BY)
    assert not Subscription.objects.exists()

    subscribe(webhook, mira, consent_by="@mirakeller", by=BY)
    remove(Subscription.objects.get(), by=BY)
    before = Subscription.objects.values(*KEPT).get()
    with x.app_is(may_use_activity=0), pytest.raises(XError):
        subscribe(webhook, mira, consent_by="olga for @mirakeller", by=BY)
    assert Subscription.objects.values(*KEPT).get() == before
