"""A webhook that somebody deleted at X: a gap until the first of its accounts is at X again."""

from datetime import datetime

import pytest

from aaa_dashboard.deliveries import gaps
from aaa_dashboard.deliveries.models import Gap
from aaa_dashboard.subscriptions.models import Subscription
from aaa_dashboard.webhooks.models import Webhook, WebhookChange
from tests.recovery.history import HOUR, MINUTE, NOON, SECOND, History, find, only

pytestmark = pytest.mark.django_db

Kind = WebhookChange.Kind
LAST, GONE, BACK = NOON + 28 * MINUTE, NOON + 30 * MINUTE, NOON + 50 * MINUTE


@pytest.fixture(autouse=True)
def _receivers(history: History) -> None:
    history.receive(NOON - HOUR, LAST, each_minute=10)
    history.receive(LAST, NOON + 30 * HOUR, receiver="two")
    history.store(LAST - SECOND)
    find(NOON)


def go(history: History, kind: Kind = Kind.GONE, at: datetime = GONE) -> None:
    """X has it no more; its accounts went with it."""
    Webhook.objects.filter(pk=history.webhook.pk).update(deleted_at=at, valid=False)
    history.webhook.changes.create(kind=kind, at=at)
    history.webhook.subscriptions.update(state="missing", state_since=at)


def again(history: History, at: datetime = BACK, *, subscribed_at: datetime | None = BACK) -> Webhook:
    """The address is registered anew, and its accounts are subscribed."""
    new = history.add_webhook(history.webhook.url, accounts=0, created_at=at)
    new.changes.create(kind=Kind.REGISTERED, at=at)
    if subscribed_at:
        history.subscribe(new, history.webhook.subscriptions.get().account.x_user_id, subscribed_at)
    return new


def of_it() -> list[tuple[str, datetime, datetime | None]]:
    return [(gap.state, gap.began_at, gap.ended_at) for gap in Gap.objects.filter(cause="gone")]


def test_it_goes_on_from_the_last_delivery_for_as_long_as_nobody_is_subscribed(history: History) -> None:
    go(history)
    gap = only(find(GONE + 2 * MINUTE))
    assert (gap.cause, gap.state, gap.began_at, gap.ended_at) == (Gap.Cause.GONE, "open", LAST - SECOND, None)
    first = gap.missing
    for minutes in range(10, 24 * 60, 45):
        find(GONE + minutes * MINUTE)
    gap = only(find(GONE + 25 * HOUR))
    assert (gap.state, gap.began_at) == ("open", LAST - SECOND)
    assert (gap.missing or 0) > 20 * (first or 0) > 0


def test_it_is_over_and_lost_when_an_account_of_it_is_subscribed_again(history: History) -> None:
    go(history)
    find(GONE + MINUTE)
    again(history)
    gap = only(find(BACK + MINUTE))
    assert (gap.state, gap.began_at, gap.ended_at) == ("lost", LAST - SECOND, BACK)
    assert gap.missing
    assert "nothing of a time without one" in gap.detail
    assert not gaps.waiting().exists(), "X has nothing to send again"


def test_an_address_that_is_registered_again_without_accounts_ends_nothing(history: History) -> None:
    go(history)
    find(GONE + MINUTE)
    again(history, subscribed_at=None)
    assert only(find(BACK + HOUR)).state == "open"


def test_it_is_over_when_x_has_the_same_webhook_again_with_its_accounts(history: History) -> None:
    go(history)
    find(GONE + MINUTE)
    Webhook.objects.filter(pk=history.webhook.pk).update(deleted_at=None, valid=True)
    history.webhook.changes.create(kind=Kind.ADOPTED, at=BACK)
    assert only(find(BACK + MINUTE)).state == "open", "its accounts are not there yet"
    history.webhook.subscriptions.update(state="active", state_since=BACK + 2 * MINUTE)
    gap = only(find(BACK + 5 * MINUTE))
    assert (gap.state, gap.ended_at) == ("lost", BACK + 2 * MINUTE)


def test_it_is_over_when_its_last_account_was_given_up(history: History) -> None:
    go(history)
    find(GONE + MINUTE)
    history.webhook.subscriptions.update(state="removed", state_since=BACK)
    assert only(find(BACK + MINUTE)).ended_at == BACK


def test_what_was_over_does_not_begin_anew_when_the_account_is_lost_again(history: History) -> None:
    go(history)
    find(GONE + MINUTE)
    again(history)
    find(BACK + MINUTE)
    Subscription.objects.filter(state="active").update(state="missing", state_since=BACK + 10 * MINUTE)
    for minutes in range(11, 60, 7):
        find(BACK + minutes * MINUTE)
    assert of_it() == [("lost", LAST - SECOND, BACK)]


def test_accounts_that_another_webhook_delivers_miss_nothing(history: History) -> None:
    other = history.add_webhook("https://two.example/webhook/twitter", accounts=0)
    history.subscribe(other, history.webhook.subscriptions.get().account.x_user_id)
    go(history)
    find(GONE + MINUTE)
    assert of_it() == []


def test_one_that_was_deleted_from_here_is_no_gap(history: History) -> None:
    go(history, Kind.DELETED)
    find(GONE + MINUTE)
    assert of_it() == []


def test_one_that_was_invalid_before_it_was_gone_is_two_gaps(history: History) -> None:
    history.note(history.webhook, Kind.INVALID, GONE - MINUTE)
    find(GONE - 30 * SECOND)
    go(history)
    again(history)
    found = [(gap.cause, gap.began_at, gap.ended_at) for gap in find(BACK + MINUTE)]
    assert found == [(Gap.Cause.INVALID, LAST - SECOND, GONE), (Gap.Cause.GONE, GONE, BACK)]


def test_one_that_a_person_dismissed_stays_dismissed(history: History) -> None:
    go(history)
    find(GONE + MINUTE)
    Gap.objects.update(state="dismissed")
    find(GONE + 10 * MINUTE)
    again(history)
    find(BACK + 3 * HOUR)
    assert of_it() == [("dismissed", LAST - SECOND, BACK)]


def test_one_whose_end_is_learnt_late_ends_all_the_same(history: History) -> None:
    go(history)
    find(GONE + 5 * HOUR)
    again(history)
    assert only(find(GONE + 6 * HOUR)).state == "lost"
