"""Two people who do the same, or the opposite, at once end in one state, here and at X."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from aaa_dashboard.subscriptions import ending, invites
from aaa_dashboard.subscriptions.models import Account, Invite, Subscription
from aaa_dashboard.subscriptions.subscribing import subscribe
from aaa_dashboard.webhooks.models import Webhook
from aaa_dashboard.x_api.credentials import UserToken
from aaa_dashboard.x_api.results import SignedIn
from tests.sandbox.client import MIRA, X
from tests.subscriptions.conftest import BY, at_x

pytestmark = pytest.mark.django_db(transaction=True)


def together(*deeds: Callable[[], object]) -> list[object]:
    """Do all at the same moment, each with a connection of its own."""
    start = Barrier(len(deeds))

    def do(deed: Callable[[], object]) -> object:
        start.wait()
        try:
            return deed()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(deeds)) as threads:
        return list(threads.map(do, deeds))


@pytest.fixture
def mira(x: X) -> SignedIn:
    token = x.token_of(MIRA)
    return SignedIn(MIRA, "mirakeller", UserToken(token.token, token.secret))


def test_subscribing_twice_is_subscribing_once(x: X, webhook: Webhook, mira: SignedIn) -> None:
    together(*[lambda: subscribe(webhook, mira, consent_by="@mirakeller", by=BY)] * 3)
    assert at_x(x, webhook) == {MIRA}
    assert Subscription.objects.get().state == "active"
    assert Account.objects.count() == 1


def test_removing_twice_is_removing_once(x: X, webhook: Webhook, mira: SignedIn) -> None:
    subscribe(webhook, mira, consent_by="@mirakeller", by=BY)
    outcomes = together(*[lambda: ending.remove(Subscription.objects.get(), by=BY)] * 2)
    assert sorted(map(bool, outcomes)) == [False, True]
    assert at_x(x, webhook) == set()
    assert Subscription.objects.get().state == "removed"


@pytest.mark.parametrize("attempt", range(3))
def test_whoever_wins_here_and_x_agree(x: X, webhook: Webhook, mira: SignedIn, attempt: int) -> None:
    subscribe(webhook, mira, consent_by="@mirakeller", by=BY)
    together(
        lambda: ending.remove(Subscription.objects.get(), by=BY),
        lambda: subscribe(webhook, mira, consent_by="@mirakeller", by=BY),
    )
    row = Subscription.objects.get()
    assert (row.state == "active") == (at_x(x, webhook) == {MIRA})
    assert (row.user_token is not None) == (row.state == "active")
    assert row.claimed_until is None


def test_an_invite_is_claimed_by_one(webhook: Webhook) -> None:
    invites.create(webhook, note="", days=1, by=BY)
    invite = Invite.objects.get()
    assert sorted(together(*[lambda: invites.claim(invite)] * 4), key=bool) == [False, False, False, True]
