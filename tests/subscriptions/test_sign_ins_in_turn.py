"""Sign-ins are tried in turn: those that X refuses do not stay first in line."""

import time
from collections.abc import Callable

import pytest
from django.utils import timezone

from aaa_dashboard.subscriptions.models import Subscription
from aaa_dashboard.subscriptions.reconciling import sign_ins
from aaa_dashboard.webhooks.models import Webhook
from aaa_dashboard.x_api.results import SignedIn
from tests.sandbox.client import ACME, MIRA, NORTHWIND, SUPPORT, X

pytestmark = pytest.mark.django_db


def test_refused_ones_that_are_kept_leave_the_others_their_turn(
    x: X, webhook: Webhook, subscribed: Callable[..., SignedIn], monkeypatch: pytest.MonkeyPatch
) -> None:
    for user_id in (MIRA, SUPPORT, NORTHWIND, ACME):  # the last one owns the app
        subscribed(user_id)
    refused = list(Subscription.objects.order_by("pk")[:2])
    for row in refused:
        x.change("DELETE FROM sandbox_accesstoken WHERE token = ?", row.access_token)
    monkeypatch.setattr(sign_ins, "AT_ONCE", 2)

    def attempt() -> sign_ins.Tried:
        return sign_ins.attempt(webhook.app, timezone.now(), stop_at=time.monotonic() + 60)

    first, second, third = attempt(), attempt(), attempt()
    assert (first.taken, list(first.refused)) == (0, refused)
    assert (second.taken, list(second.refused)) == (2, [])
    assert list(third.refused) == refused
