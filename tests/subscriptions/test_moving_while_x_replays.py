"""X replays to the webhook whose deliveries they were, and to no other: a move waits for that, or a person decides."""

from datetime import datetime, timedelta

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from aaa_dashboard.deliveries import gaps
from aaa_dashboard.deliveries.models import Gap
from aaa_dashboard.replays import recovering
from aaa_dashboard.replays.models import Replay
from aaa_dashboard.subscriptions import moving, moving_along
from aaa_dashboard.subscriptions.models import Move, Subscription
from aaa_dashboard.webhooks.models import Webhook
from tests.sandbox.client import X
from tests.sandbox.wire import Receiver
from tests.subscriptions.conftest import BY, at_x, words
from tests.subscriptions.test_moving import crowd, webhooks_at_x

pytestmark = pytest.mark.django_db


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def gap(webhook: Webhook, now: datetime) -> Gap:
    """Two hours without a receiver, over for a quarter of an hour."""
    return Gap.objects.create(
        webhook=webhook, cause=Gap.Cause.NO_RECEIVER, began_at=now - timedelta(hours=2), missing=500,
        ended_at=now - timedelta(minutes=15), state=Gap.State.FOUND, state_since=now,
    )  # fmt: skip


@pytest.fixture
def move(x: X, webhook: Webhook, elsewhere: Receiver, now: datetime) -> Move:
    """Wanted, and gone on with as far as it goes."""
    crowd(x, webhook, 2)
    begun = moving.begin(webhook, elsewhere.url, by=BY)
    moving_along.want(begun, by=BY)
    moving_along.go_on_with_all(now)
    begun.refresh_from_db()
    return begun


def go_on(move: Move, at: datetime) -> str:
    """Have the workers look: at which step it is then."""
    moving_along.go_on_with_all(at)
    move.refresh_from_db()
    return move.step


def test_a_move_waits_for_a_gap_that_x_can_fill_and_for_its_replay(gap: Gap, move: Move, now: datetime) -> None:
    assert (move.step, move.under_way) == (Move.Step.DELETE, True)
    recovering.recover(now)
    assert go_on(move, now + timedelta(minutes=2)) == Move.Step.DELETE
    gap.refresh_from_db()
    assert gap.state == Gap.State.RECOVERING
    Replay.objects.update(state=Replay.State.COMPLETE)
    gaps.recovered(gap)
    assert go_on(move, now + timedelta(minutes=4)) == Move.Step.DONE
    gap.refresh_from_db()
    assert gap.state == Gap.State.RECOVERED


def test_the_page_says_what_it_waits_for_and_whoever_types_the_address_goes_on_without(
    x: X, gap: Gap, webhook: Webhook, move: Move, operator: Client, now: datetime
) -> None:
    html = operator.get(f"/moves/{move.pk}/").content
    assert f"/gaps/{gap.pk}/" in html.decode()
    assert "every 2s" not in html.decode(), "nothing is drawn anew under what somebody types"
    for said in ("X has still to send again", "No receiver ran", "to be recovered", "type its address"):
        assert said in words(html)
    operator.post(f"/moves/{move.pk}/", {"address": "something else"})
    assert go_on(move, now + timedelta(minutes=2)) == Move.Step.DELETE
    operator.post(f"/moves/{move.pk}/", {"address": webhook.url})
    assert go_on(move, now + timedelta(minutes=4)) == Move.Step.DONE
    assert webhook.url not in webhooks_at_x(x)


def test_what_x_has_no_more_is_not_waited_for(gap: Gap, move: Move, now: datetime) -> None:
    Gap.objects.update(began_at=now - timedelta(days=7), ended_at=now - timedelta(days=6))
    assert go_on(move, now + timedelta(minutes=2)) == Move.Step.DONE


def test_who_comes_to_the_old_webhook_while_it_waits_comes_along(
    x: X, gap: Gap, webhook: Webhook, move: Move, now: datetime
) -> None:
    late = Subscription.objects.filter(webhook=webhook).latest("pk").account
    assert move.target
    x.bearing().delete(f"/1.1/account_activity/webhooks/{move.target.x_id}/subscriptions/{late.x_user_id}/all.json")
    Subscription.objects.filter(webhook=move.target, account=late).delete()
    gap.delete()
    assert go_on(move, now + timedelta(minutes=2)) == Move.Step.DONE
    assert late.x_user_id in at_x(x, move.target)


def test_whoever_begins_a_move_or_deletes_a_webhook_is_told(
    x: X, gap: Gap, webhook: Webhook, operator: Client, admin_client: Client,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    for page in (operator.get(f"/webhooks/{webhook.pk}/move/"), admin_client.get(f"/webhooks/{webhook.pk}/delete/")):
        text = words(page.content)
        assert "X has still to send" in text
        assert "No receiver ran" in text
    monkeypatch.setattr("builtins.input", lambda _: webhook.url)
    call_command("webhooks", "delete", webhook.x_id)
    assert "No receiver ran" in capsys.readouterr().out
