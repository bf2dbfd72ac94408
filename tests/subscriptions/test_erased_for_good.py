"""An account that was erased has no name here any more, whatever X tells of it, until its owner agrees anew."""

from collections.abc import Callable

import pytest
from django.db import transaction
from django.utils import timezone

from aaa_dashboard.subscriptions import profiles
from aaa_dashboard.subscriptions.ending import remove
from aaa_dashboard.subscriptions.forgetting import forget
from aaa_dashboard.subscriptions.models import Account, Subscription
from aaa_dashboard.subscriptions.reconciling import running
from aaa_dashboard.webhooks.models import Webhook
from aaa_dashboard.x_api.results import SignedIn
from tests.sandbox.client import Token, X
from tests.subscriptions.conftest import BY, Owner

pytestmark = pytest.mark.django_db

MIRA = "187402663914528769"
Subscribed = Callable[..., SignedIn]


def names() -> tuple[str, str, str]:
    account = Account.objects.get(x_user_id=MIRA)
    return account.screen_name, account.name, account.picture_url


def erase() -> None:
    remove(Subscription.objects.get(), by=BY)
    with transaction.atomic():
        forget(MIRA)


def test_comparisons_do_not_ask_x_for_its_name(x: X, webhook: Webhook, subscribed: Subscribed) -> None:
    subscribed()
    running.reconcile(timezone.now())
    assert all(names())
    erase()
    running.reconcile(timezone.now())
    assert names() == ("", "", "")


def test_one_that_x_delivers_all_the_same_stays_without_a_name(x: X, webhook: Webhook, subscribed: Subscribed) -> None:
    token = subscribed().token
    erase()
    x.signed(Token(token.token, token.secret)).post(
        f"/1.1/account_activity/webhooks/{webhook.x_id}/subscriptions/all.json"
    )
    running.reconcile(timezone.now())
    assert Subscription.objects.get().state == "unknown"
    assert names() == ("", "", "")


def test_what_x_was_telling_while_it_was_erased_is_not_kept(x: X, webhook: Webhook, subscribed: Subscribed) -> None:
    subscribed()
    asked_about = list(profiles.stale())
    erase()
    profiles.refresh(webhook.app, asked_about)
    assert names() == ("", "", "")


def test_its_owner_who_looks_in_brings_no_name_back_and_one_who_agrees_does(
    x: X, webhook: Webhook, subscribed: Subscribed, owner: Callable[..., Owner], invite: Callable[..., str]
) -> None:
    subscribed()
    erase()
    owner(MIRA).sign_in()
    assert names() == ("", "", "")
    owner(MIRA).consent(invite())
    running.reconcile(timezone.now())
    assert all(names())


def test_x_does_not_hear_of_whom_nothing_is_delivered(x: X, webhook: Webhook, subscribed: Subscribed) -> None:
    Account.objects.create(x_user_id="4711")
    subscribed()
    assert [account.x_user_id for account in profiles.stale()] == [MIRA]
