"""Moving a webhook with fifty accounts to another address, broken off and gone on with."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone

from aaa_dashboard.subscriptions import moving, moving_along, subscribing
from aaa_dashboard.subscriptions.claims import Busy
from aaa_dashboard.subscriptions.models import Account, Move, Subscription
from aaa_dashboard.subscriptions.subscribing import subscribe
from aaa_dashboard.webhooks.models import App, Webhook
from aaa_dashboard.x_api.credentials import UserToken
from aaa_dashboard.x_api.errors import XError
from aaa_dashboard.x_api.results import SignedIn
from tests.sandbox.client import X
from tests.sandbox.control import Control
from tests.sandbox.wire import Receiver, free_port
from tests.subscriptions.conftest import BY, at_x, words

pytestmark = pytest.mark.django_db

COUNT = 50


def crowd(x: X, webhook: Webhook, count: int) -> set[str]:
    """Have so many accounts subscribed: their ids."""
    control = Control(x.sandbox)
    for number in range(count):
        name = f"crowd_{number}"
        control.ask("POST", "users", {"screen_name": name})
        token = control.json("POST", "tokens", {"user": name})
        user_id = str(token["user_id"])
        signed_in = SignedIn(user_id, name, UserToken(token["oauth_token"], token["oauth_token_secret"]))
        subscribe(webhook, signed_in, consent_by=f"@{name}", by=BY)
    return at_x(x, webhook)


def webhooks_at_x(x: X) -> list[str]:
    return [one["url"] for one in x.bearing().get("/1.1/account_activity/webhooks.json").json()]


def worked(operator: Client, move: Move, **form: str) -> str:
    """What the page says when an operator has had the move gone on with, and a worker has done so."""
    operator.post(f"/moves/{move.pk}/", form)
    moving_along.go_on_with_all(timezone.now())
    return words(operator.get(f"/moves/{move.pk}/").content)


class Cut(Exception):
    """The process ends here."""


def test_fifty_accounts_broken_off_after_twenty_and_gone_on_with(
    x: X, webhook: Webhook, elsewhere: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    x.change("UPDATE sandbox_contract SET subscriptions_allowed = 200")
    everybody = crowd(x, webhook, COUNT)
    assert len(everybody) == COUNT
    move = moving.begin(webhook, elsewhere.url, by=BY)
    done = 0
    really = subscribing.subscribe_as_before

    def twenty_times(*args: object, **kwargs: object) -> object:
        nonlocal done
        if done == 20:
            raise Cut
        done += 1
        return really(*args, **kwargs)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(moving, "subscribe_as_before", twenty_times)
        with pytest.raises(Cut):
            moving.go_on(move, by=BY)
    move.refresh_from_db()
    assert move.target
    assert len(at_x(x, move.target)) == 20
    assert at_x(x, webhook) == everybody, "nobody is lost while it is broken off"
    plan = moving.plan(move)
    assert (plan.moved, len(plan.waiting)) == (20, 30)

    again = moving.begin(webhook, elsewhere.url, by=BY)
    assert again == move
    moving.go_on(again, by=BY, budget_seconds=100)
    assert again.step == Move.Step.DONE
    assert again.target
    assert at_x(x, again.target) == everybody
    assert webhooks_at_x(x) == [elsewhere.url]
    webhook.refresh_from_db()
    assert webhook.deleted_at
    rows = Subscription.objects.filter(webhook=again.target)
    assert rows.filter(state="active").count() == rows.count() == COUNT
    assert set(rows.values_list("consent_version", flat=True)) != {""}
    old = Subscription.objects.filter(webhook=webhook)
    assert set(old.values_list("state", flat=True)) == {"removed"}
    assert not any(row.user_token for row in old), "tokens of the old one are wiped"


def test_a_full_contract_is_moved_account_by_account(x: X, webhook: Webhook, elsewhere: Receiver) -> None:
    everybody = crowd(x, webhook, 3)
    x.change("UPDATE sandbox_contract SET subscriptions_allowed = 3")
    move = moving.begin(webhook, elsewhere.url, by=BY)
    moving.go_on(move, by=BY)
    x.change("UPDATE sandbox_contract SET subscriptions_allowed = 50")
    assert move.step == Move.Step.DONE
    assert move.target
    assert at_x(x, move.target) == everybody


def test_a_move_is_planned_until_it_is_begun_and_leads_back_to_its_webhook(
    webhook: Webhook, elsewhere: Receiver, operator: Client
) -> None:
    page = f"/moves/{moving.begin(webhook, elsewhere.url, by=BY).pk}/"
    planned = operator.get(page).content
    assert "Planned" in words(planned)
    assert "Begun" not in words(planned)
    assert f'<p class="trail"><a href="/webhooks/{webhook.pk}/">' in planned.decode()
    operator.post(page)
    assert "Begun" in words(operator.get(page).content)


def test_an_address_that_x_refuses_changes_nothing_and_says_why(x: X, webhook: Webhook, operator: Client) -> None:
    x_before = webhooks_at_x(x)
    nobody = f"http://127.0.0.1:{free_port()}/webhook/twitter"
    operator.post(f"/webhooks/{webhook.pk}/move/", {"url": nobody})
    move = Move.objects.get()
    text = worked(operator, move)
    for said in ("It stopped here", "What X said", "214", "What it means", "What to do", "Go on"):
        assert said in text
    assert webhooks_at_x(x) == x_before
    operator.post(f"/moves/{move.pk}/abandon/")
    move.refresh_from_db()
    assert move.step == Move.Step.ABANDONED


def test_accounts_without_a_token_are_named_and_the_old_address_has_to_be_typed(
    x: X, webhook: Webhook, elsewhere: Receiver, operator: Client
) -> None:
    crowd(x, webhook, 2)
    row = Subscription.objects.order_by("pk")[0]
    Subscription.objects.filter(pk=row.pk).update(access_token="", access_token_secret="", state="unknown")
    page = words(operator.get(f"/webhooks/{webhook.pk}/move/").content)
    assert "1 account can come along. 1 cannot" in page
    operator.post(f"/webhooks/{webhook.pk}/move/", {"url": elsewhere.url})
    move = Move.objects.get()
    page = worked(operator, move)
    assert "type its address" in page
    assert row.account.screen_name in page
    worked(operator, move, address="something else")
    assert set(webhooks_at_x(x)) == {webhook.url, elsewhere.url}
    assert "The webhook has moved" in worked(operator, move, address=webhook.url)
    assert webhooks_at_x(x) == [elsewhere.url]


def lose(x: X, webhook: Webhook) -> Subscription:
    """X loses one of a webhook's accounts."""
    row = Subscription.objects.filter(webhook=webhook).order_by("pk")[0]
    path = f"/1.1/account_activity/webhooks/{webhook.x_id}/subscriptions/{row.account.x_user_id}/all.json"
    assert x.bearing().delete(path).status_code == 204
    Subscription.objects.update(state_since=timezone.now() - timedelta(hours=1))  # older than X's next list
    return row


def test_an_account_that_x_has_lost_comes_along(x: X, webhook: Webhook, elsewhere: Receiver) -> None:
    everybody = crowd(x, webhook, 3)
    lost = lose(x, webhook)
    move = moving.begin(webhook, elsewhere.url, by=BY)
    moving.go_on(move, by=BY)
    assert move.step == Move.Step.DONE
    assert move.target
    assert at_x(x, move.target) == everybody
    row = Subscription.objects.get(webhook=move.target, account=lost.account)
    assert (row.state, bool(row.user_token), row.consent_by) == ("active", True, lost.consent_by)


def test_one_that_x_has_lost_and_that_nobody_can_bring_back_is_named_before_the_old_webhook_goes(
    x: X, webhook: Webhook, elsewhere: Receiver, operator: Client
) -> None:
    crowd(x, webhook, 3)
    lost = lose(x, webhook)
    Subscription.objects.filter(pk=lost.pk).update(repairs=3)
    operator.post(f"/webhooks/{webhook.pk}/move/", {"url": elsewhere.url})
    page = worked(operator, Move.objects.get())
    assert "2 of 2 accounts are subscribed at the new address" in page
    assert "type its address" in page
    assert str(lost.account) in page
    assert set(webhooks_at_x(x)) == {webhook.url, elsewhere.url}


def test_one_that_x_has_lost_and_does_not_take_back_is_left_to_a_person_after_three_tries(
    x: X, webhook: Webhook, elsewhere: Receiver
) -> None:
    crowd(x, webhook, 1)
    lost = lose(x, webhook)
    move = moving.begin(webhook, elsewhere.url, by=BY)
    moving.go_on(move, by=BY, budget_seconds=0)
    with x.app_is(may_use_activity=0):
        for _ in range(3):
            assert moving.plan(move).waiting == [lost.pk]
            with pytest.raises(XError):
                moving.go_on(move, by=BY)
    moving.go_on(move, by=BY)
    assert (move.step, moving.plan(move).left_behind) == (Move.Step.DELETE, [lost.account])


@pytest.mark.parametrize("permission", ["", "manage_subscriptions", "manage_webhooks"])
def test_who_may_not_register_delete_and_subscribe_moves_nothing(
    x: X, webhook: Webhook, elsewhere: Receiver, person: Callable[..., User], permission: str
) -> None:
    crowd(x, webhook, 1)
    move = moving.begin(webhook, elsewhere.url, by=BY)
    somebody = Client()
    somebody.force_login(person("sam", permission))
    for path in (f"/webhooks/{webhook.pk}/move/", f"/moves/{move.pk}/", f"/moves/{move.pk}/abandon/"):
        assert somebody.post(path, {"url": elsewhere.url}).status_code == 403
    page = somebody.get("/accounts/").content.decode()
    assert "is being moved." in page
    move.refresh_from_db()
    assert (move.finished_at, move.under_way) == (None, False)


@pytest.mark.django_db(transaction=True)
def test_two_operators_who_move_at_once_end_in_one_move(x: X, webhook: Webhook, elsewhere: Receiver) -> None:
    everybody = crowd(x, webhook, 6)

    together = Barrier(2)

    def operate(_: int) -> str:
        together.wait()
        try:
            moving.go_on(moving.begin(webhook, elsewhere.url, by=BY), by=BY)
        except (Busy, moving.AlreadyGone):
            return "too late"
        except XError as error:
            return str(error)
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(2) as both:
        outcomes = sorted(both.map(operate, range(2)))
    assert outcomes == ["done", "too late"]
    assert Move.objects.get().step == Move.Step.DONE
    assert webhooks_at_x(x) == [elsewhere.url]
    target = Webhook.objects.get(deleted_at=None)
    assert at_x(x, target) == everybody
    assert Account.objects.count() == 6
    assert App.objects.count() == 1
