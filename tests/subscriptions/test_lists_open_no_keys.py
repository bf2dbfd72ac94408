"""Lists decrypt an app's keys once, however many rows they have."""

from collections import Counter

import pytest
from django.test import Client
from django.utils import timezone

from aaa_dashboard import encryption
from aaa_dashboard.subscriptions import invites
from aaa_dashboard.subscriptions.models import Account, Finding, Subscription, Usage
from aaa_dashboard.webhooks.models import App, Webhook
from tests.subscriptions.conftest import BY

pytestmark = pytest.mark.django_db

SECRET = "of the app"


@pytest.fixture
def opened(webhook: Webhook, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each secret was decrypted."""
    App.objects.update(consumer_secret=SECRET)
    Usage.objects.create(app=webhook.app, used=30, provisioned=100, read_at=timezone.now())  # X need not be asked
    really, seen = encryption.decrypt, Counter[str]()

    def decrypt(cipher: str) -> str:
        plain = really(cipher)
        seen[plain] += 1
        return plain

    monkeypatch.setattr(encryption, "decrypt", decrypt)
    return seen


def add(webhook: Webhook, number: int) -> None:
    account = Account.objects.create(x_user_id=str(1000 + number), screen_name=f"name{number}")
    Subscription.objects.create(
        webhook=webhook, account=account, state="active", access_token="a token", access_token_secret="s"
    )
    kind = {"kind": Finding.Kind.MISSING, "subject": str(number), "found_at": timezone.now()}
    Finding.objects.create(**kind, app=webhook.app, webhook=webhook, account=account)
    invites.create(webhook, note="", days=7, by=BY)


@pytest.mark.parametrize("path", ["/accounts/", "/accounts/comparisons/", "/accounts/invites/"])
def test_the_keys_of_an_app_are_decrypted_as_often_for_many_rows_as_for_one(
    webhook: Webhook, operator: Client, opened: Counter[str], path: str
) -> None:
    add(webhook, 0)
    operator.get(path)
    for_one = opened[SECRET]
    assert for_one
    for number in range(1, 10):
        add(webhook, number)
    opened.clear()
    operator.get(path)
    assert opened[SECRET] == for_one


def test_no_token_is_decrypted_for_the_list_of_accounts(
    webhook: Webhook, operator: Client, opened: Counter[str]
) -> None:
    add(webhook, 0)
    operator.get("/accounts/")
    assert not opened["a token"]
