"""Drift between X and us is found, and repaired where that is safe."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from pytest_django.fixtures import Settings

from aaa_dashboard.staff.models import AuditEntry
from aaa_dashboard.subscriptions import ending
from aaa_dashboard.subscriptions.claims import Busy, claimed
from aaa_dashboard.subscriptions.models import Account, Finding, Move, Reconciliation, Subscription
from aaa_dashboard.subscriptions.reconciling import ledger, repairing, running
from aaa_dashboard.subscriptions.subscribing import subscribe
from aaa_dashboard.webhooks.models import Webhook
from aaa_dashboard.x_api import retries
from aaa_dashboard.x_api.errors import TemporarilyUnavailable
from aaa_dashboard.x_api.results import SignedIn, SubscriptionCount, Subscriptions
from aaa_dashboard.x_api.v1_1 import Client
from tests.sandbox.client import ACME, MIRA, NORTHWIND, SUPPORT, Token, X
from tests.sandbox.control import Control
from tests.subscriptions.conftest import BY, at_x

pytestmark = pytest.mark.django_db

Subscribed = Callable[..., SignedIn]


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "MAX_ATTEMPTS", 1)


def reconcile(*, later: timedelta = timedelta(seconds=1)) -> Reconciliation:
    return running.reconcile(datetime.now(UTC) + later)


def lose(x: X, user_id: str = "") -> None:
    """Have X forget the subscription of one account, or all."""
    if user_id:
        one = "(SELECT id FROM sandbox_user WHERE x_user_id = ?)"
        x.change(f"DELETE FROM sandbox_subscription WHERE user_id = {one}", user_id)  # noqa: S608 - our own words
    else:
        x.change("DELETE FROM sandbox_subscription")


def found(**which: object) -> list[tuple[str, str, str]]:
    """Kind, account and outcome of findings."""
    rows = Finding.objects.filter(**which).select_related("account").order_by("pk")
    return [(one.kind, str(one.account or ""), one.outcome) for one in rows]


def state(user_id: str = MIRA) -> str:
    return Subscription.objects.get(account__x_user_id=user_id).state


def revoke(x: X, user_id: str = MIRA) -> None:
    """Have X take an owner's sign-in no more."""
    x.change(
        "DELETE FROM sandbox_accesstoken WHERE user_id = (SELECT id FROM sandbox_user WHERE x_user_id = ?)", user_id
    )


def drop_token(user_id: str = MIRA) -> None:
    Subscription.objects.filter(account__x_user_id=user_id).update(access_token="", access_token_secret="")


# --- Five kinds of drift -------------------------------------------------------------------------------------------


def test_missing_at_x_with_a_sign_in_is_subscribed_again(x: X, webhook: Webhook, subscribed: Subscribed) -> None:
    subscribed(MIRA)
    subscribed(ACME)
    lose(x, MIRA)
    run = reconcile()
    assert at_x(x, webhook) == {MIRA, ACME}
    assert state() == "active"
    assert found() == [("missing", "@mirakeller", "It is subscribed.")]
    assert (run.found, run.settled, run.standing) == (1, 1, 0)
    entry = AuditEntry.objects.latest("pk")
    assert (entry.by, entry.action) == ("the dashboard", "subscribed an account again")


def test_missing_at_x_without_a_sign_in_is_left_to_a_person(x: X, webhook: Webhook, subscribed: Subscribed) -> None:
    subscribed(MIRA)
    subscribed(ACME)
    drop_token()
    lose(x, MIRA)
    run = reconcile()
    assert state() == "missing"
    assert found(settled_at=None) == [("missing", "@mirakeller", "")]
    assert "only they can have it back" in Finding.objects.get().detail
    assert run.standing == 1


def test_unknown_to_us_is_taken_on_and_offered(x: X, webhook: Webhook, subscribed: Subscribed) -> None:
    subscribed(MIRA)
    x.signed(x.token_of(ACME)).post(f"/1.1/account_activity/webhooks/{webhook.x_id}/subscriptions/all.json")
    reconcile()
    assert state(ACME) == "unknown"
    assert [kind for kind, *_ in found(settled_at=None)] == ["unknown"]
    assert at_x(x, webhook) == {MIRA, ACME}, "nothing is removed at X by itself"


def test_a_sign_in_that_x_takes_no_more_is_wiped(x: X, webhook: Webhook, subscribed: Subscribed) -> None:
    subscribed(MIRA)
    subscribed(ACME)
    revoke(x)
    reconcile()
    row = Subscription.objects.get(account__x_user_id=MIRA)
    assert (row.state, row.user_token) == ("revoked", None)
    assert found() == [("dead", "@mirakeller", "The sign-in is wiped, and the subscription ended here.")]
    assert state(ACME) == "active"


def test_missing_at_x_and_a_sign_in_that_does_not_work_is_revoked(
    x: X, webhook: Webhook, subscribed: Subscribed
) -> None:
    subscribed(MIRA)
    subscribed(ACME)
    lose(x, MIRA)
    revoke(x)
    reconcile()
    assert state() == "revoked"
    assert [kind for kind, *_ in found(settled_at=None)] == []
    assert ("revoked", "@mirakeller", "The sign-in is wiped, and the subscription ended here.") in found()
    assert at_x(x, webhook) == {ACME}


@pytest.mark.parametrize(("allowed", "level"), [(10, ""), (5, "80 %"), (4, "95 %")])
def test_places_that_run_short_are_found(
    x: X, webhook: Webhook, subscribed: Subscribed, allowed: int, level: str
) -> None:
    for user_id in (MIRA, ACME, SUPPORT, NORTHWIND):
        subscribed(user_id)
    with x.changed("contract", "1 = 1", subscriptions_allowed=allowed):
        reconcile()
    limits_found = Finding.objects.filter(kind="limit")
    assert [one.subject.rpartition(", ")[2] for one in limits_found] == ([level] if level else [])
    reconcile(later=timedelta(minutes=15))
    assert not limits_found.filter(settled_at=None), "there are places again"


# --- An empty or failed list removes nothing -------------------------------------------------------------------------


@pytest.fixture
def lists_nobody(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Has X's lists hold nobody, while everything else X says is true."""

    def begin() -> None:
        monkeypatch.setattr(Client, "subscriptions", lambda _self, webhook_id: Subscriptions(webhook_id, "", "", ()))

    return begin


def test_an_empty_list_removes_nothing_when_sign_ins_say_otherwise(
    x: X, webhook: Webhook, subscribed: Subscribed, lists_nobody: Callable[[], None]
) -> None:
    subscribed(MIRA)
    subscribed(ACME)
    before = list(Subscription.objects.order_by("pk").values())
    lists_nobody()
    run = reconcile()
    after = list(Subscription.objects.order_by("pk").values())
    ignored = {"checked_at", "token_checked_at"}
    assert [{k: v for k, v in row.items() if k not in ignored} for row in after] == [
        {k: v for k, v in row.items() if k not in ignored} for row in before
    ]
    assert [kind for kind, *_ in found()] == ["doubted"]
    assert "X says that it is subscribed" in Finding.objects.get().detail
    assert (run.unread, run.standing) == (1, 1)


def test_an_empty_list_removes_nothing_when_the_count_says_otherwise(
    x: X, webhook: Webhook, subscribed: Subscribed, lists_nobody: Callable[[], None]
) -> None:
    subscribed(MIRA)
    drop_token()
    lists_nobody()
    reconcile()
    assert state() == "active"
    assert "X counts 1 in all" in Finding.objects.get(kind="doubted").detail


def test_an_empty_list_is_believed_when_a_second_source_says_the_same(
    x: X, webhook: Webhook, subscribed: Subscribed
) -> None:
    subscribed(MIRA)
    drop_token()
    lose(x)
    reconcile()
    assert state() == "missing"
    assert [kind for kind, *_ in found()] == ["missing"]


def test_what_is_doubted_is_believed_again_when_x_is_itself_again(
    x: X, webhook: Webhook, subscribed: Subscribed, monkeypatch: pytest.MonkeyPatch, lists_nobody: Callable[[], None]
) -> None:
    subscribed(MIRA)
    lists_nobody()
    reconcile()
    monkeypatch.undo()
    run = reconcile(later=timedelta(minutes=15))
    assert found() == [("doubted", "", "X’s list is believed.")]
    assert (run.unread, run.standing) == (0, 0)


def test_a_failed_list_removes_nothing(x: X, webhook: Webhook, subscribed: Subscribed, settings: Settings) -> None:
    subscribed(MIRA)
    settings.X_API_BASE_URL = "http://127.0.0.1:9"
    run = reconcile()
    assert state() == "active"
    assert [kind for kind, *_ in found()] == ["unread"]
    assert (run.unread, run.finished_at is None) == (1, False)
    settings.X_API_BASE_URL = x.sandbox.url
    reconcile(later=timedelta(minutes=15))
    assert not found(settled_at=None)


def test_a_list_that_cannot_be_read_removes_nothing(x: X, webhook: Webhook, subscribed: Subscribed) -> None:
    subscribed(MIRA)
    Control(x.sandbox).fault("api_503")
    reconcile()
    assert state() == "active"


def many(webhook: Webhook) -> None:
    """Ten accounts without sign-ins."""
    for number in range(10):
        account = Account.objects.create(x_user_id=f"70{number}")
        Subscription.objects.create(webhook=webhook, account=account, state="unknown")


@pytest.mark.parametrize(("left", "is_believed"), [(5, True), (4, False)])
def test_a_list_that_lacks_more_than_half_of_many_is_doubted(
    x: X, webhook: Webhook, monkeypatch: pytest.MonkeyPatch, left: int, is_believed: bool
) -> None:
    many(webhook)
    ids = tuple(f"70{number}" for number in range(left))
    monkeypatch.setattr(Client, "subscriptions", lambda _self, webhook_id: Subscriptions(webhook_id, "", "", ids))
    monkeypatch.setattr(Client, "count_subscriptions", lambda _self: SubscriptionCount("Acme", 10, None, 50))
    reconcile()
    missing = Subscription.objects.filter(state="missing").count()
    assert missing == (10 - left if is_believed else 0)
    assert Finding.objects.filter(kind="doubted").exists() is not is_believed


def test_many_sign_ins_refused_at_once_are_not_wiped(x: X, webhook: Webhook, subscribed: Subscribed) -> None:
    for user_id in (MIRA, ACME, SUPPORT, NORTHWIND):
        subscribed(user_id)
    for user_id in (MIRA, SUPPORT, NORTHWIND):
        revoke(x, user_id)
    reconcile()
    assert all(row.user_token for row in Subscription.objects.all())
    assert [kind for kind, *_ in found(settled_at=None)] == ["refused"]
    assert "3 of 4 sign-ins" in Finding.objects.get().detail


# --- What is not repaired ------------------------------------------------------------------------------------------


def test_what_somebody_removed_is_not_subscribed_again(x: X, webhook: Webhook, subscribed: Subscribed) -> None:
    subscribed(MIRA)
    ending.remove(Subscription.objects.get(), by=BY)
    reconcile()
    assert at_x(x, webhook) == set()
    assert found() == []


def test_what_was_removed_here_and_is_at_x_is_found(x: X, webhook: Webhook, subscribed: Subscribed) -> None:
    signed_in = subscribed(MIRA)
    ending.remove(Subscription.objects.get(), by=BY)
    token = Token(signed_in.token.token, signed_in.token.secret)
    x.signed(token).post(f"/1.1/account_activity/webhooks/{webhook.x_id}/subscriptions/all.json")
    reconcile()
    assert [kind for kind, *_ in found()] == ["ended"]
    assert at_x(x, webhook) == {MIRA}


def test_without_consent_on_record_nobody_is_subscribed_again(x: X, webhook: Webhook, subscribed: Subscribed) -> None:
    subscribed(MIRA)
    Subscription.objects.update(consented_at=None)
    lose(x)
    reconcile()
    assert at_x(x, webhook) == set()
    assert "No consent" in Finding.objects.get(kind="missing").detail


def test_it_is_not_subscribed_again_for_ever(x: X, webhook: Webhook, subscribed: Subscribed) -> None:
    subscribed(MIRA)
    for number in range(3):
        lose(x)
        reconcile(later=number * timedelta(minutes=15) + timedelta(seconds=1))
        assert state() == "active"
    lose(x)
    reconcile(later=timedelta(hours=1))
    assert state() == "missing"
    assert "3 times by itself" in Finding.objects.get(settled_at=None).detail
    outcome = repairing.again(Subscription.objects.get(), datetime.now(UTC), by=BY)
    assert outcome.is_subscribed, "a person may"
    assert AuditEntry.objects.latest("pk").by == "a test"


def test_what_held_for_a_day_may_be_repaired_again(x: X, webhook: Webhook, subscribed: Subscribed) -> None:
    subscribed(MIRA)
    Subscription.objects.update(repairs=3)
    reconcile(later=timedelta(hours=25))
    lose(x)
    reconcile(later=timedelta(hours=26))
    assert state() == "active"


def test_what_x_refuses_is_tried_three_times_and_told(x: X, webhook: Webhook, subscribed: Subscribed) -> None:
    subscribed(MIRA)
    subscribed(ACME)
    lose(x, MIRA)
    with x.changed("contract", "1 = 1", subscriptions_allowed=1):
        for number in range(5):
            reconcile(later=number * timedelta(minutes=15) + timedelta(seconds=1))
        row = Subscription.objects.get(account__x_user_id=MIRA)
        assert (row.state, row.repairs) == ("missing", 3)
        assert "X answered 403 with code 214" in Finding.objects.get(kind="missing").detail


def test_x_away_while_subscribing_again_does_not_count_as_a_try(
    x: X, webhook: Webhook, subscribed: Subscribed, settings: Settings
) -> None:
    subscribed(MIRA)
    Subscription.objects.update(state="missing")
    settings.X_API_BASE_URL = "http://127.0.0.1:9"
    with pytest.raises(TemporarilyUnavailable):
        repairing.repair(Subscription.objects.get(), datetime.now(UTC))
    row = Subscription.objects.get()
    assert (row.state, row.repairs, row.claimed_until) == ("missing", 0, None)


def test_what_somebody_is_changing_is_left_to_them(x: X, webhook: Webhook, subscribed: Subscribed) -> None:
    subscribed(MIRA)
    subscribed(ACME)
    lose(x, MIRA)
    with claimed(Subscription.objects.get(account__x_user_id=MIRA)):
        reconcile()
        assert state() == "active", "as they had it"
    assert at_x(x, webhook) == {ACME}


def test_what_changed_while_x_was_answering_is_newer_than_its_answer(
    x: X, webhook: Webhook, subscribed: Subscribed
) -> None:
    subscribed(MIRA)
    lose(x)
    running.reconcile(datetime.now(UTC) - timedelta(minutes=1))
    assert state() == "active"


def test_a_webhook_that_is_being_moved_is_left_to_the_move(x: X, webhook: Webhook, subscribed: Subscribed) -> None:
    """Where the contract is full, accounts leave the old webhook before they come to the new one."""
    subscribed(MIRA)
    subscribed(ACME)
    move = Move.objects.create(source=webhook, url="https://new.example/webhook/twitter", step=Move.Step.SUBSCRIBE)
    lose(x, MIRA)
    run = reconcile()
    assert (state(), at_x(x, webhook), found()) == ("active", {ACME}, [])
    assert run.webhooks == 0
    Move.objects.filter(pk=move.pk).update(finished_at=datetime.now(UTC))
    reconcile(later=timedelta(minutes=15))
    assert at_x(x, webhook) == {MIRA, ACME}


# --- Counts ----------------------------------------------------------------------------------------------------------


def test_a_count_that_differs_from_the_lists_is_found(x: X, webhook: Webhook, subscribed: Subscribed) -> None:
    subscribed(MIRA)
    elsewhere = x.register(f"{webhook.url}/elsewhere")
    x.signed(x.token_of(ACME)).post(f"/1.1/account_activity/webhooks/{elsewhere}/subscriptions/all.json")
    reconcile()
    assert [kind for kind, *_ in found()] == ["count"]
    assert "X counts 2, and the lists of the webhooks that we know hold 1." in Finding.objects.get().detail


# --- Runs ------------------------------------------------------------------------------------------------------------


def test_a_second_comparison_finds_nothing_new(x: X, webhook: Webhook, subscribed: Subscribed) -> None:
    x.signed(x.token_of(ACME)).post(f"/1.1/account_activity/webhooks/{webhook.x_id}/subscriptions/all.json")
    reconcile()
    run = reconcile(later=timedelta(minutes=15))
    assert (run.found, run.settled, run.standing) == (0, 0, 1)
    assert Finding.objects.count() == 1


def test_one_runs_at_a_time(x: X, webhook: Webhook) -> None:
    Reconciliation.objects.create(started_at=datetime.now(UTC))
    with pytest.raises(Busy):
        reconcile()


def test_one_whose_worker_was_killed_keeps_nobody_waiting(x: X, webhook: Webhook) -> None:
    killed = Reconciliation.objects.create(started_at=datetime.now(UTC) - timedelta(minutes=6))
    assert reconcile().finished_at
    killed.refresh_from_db()
    assert killed.broke_off


def test_one_that_a_clock_began_which_was_ahead_keeps_nobody_waiting(
    x: X, webhook: Webhook, subscribed: Subscribed
) -> None:
    subscribed(MIRA)
    subscribed(ACME)
    lose(x, MIRA)
    ahead = datetime.now(UTC) + timedelta(days=1)
    Reconciliation.objects.create(started_at=ahead)
    Subscription.objects.update(claimed_until=ahead, state_since=ahead)
    reconcile()
    assert found() == [("missing", "@mirakeller", "It is subscribed.")]


def test_one_that_fails_says_so_and_keeps_what_it_found(
    x: X, webhook: Webhook, subscribed: Subscribed, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribed(MIRA)
    subscribed(ACME)
    drop_token()
    lose(x, MIRA)

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(running, "_mend", broken)
    with pytest.raises(ZeroDivisionError):
        reconcile()
    assert Reconciliation.objects.get().broke_off
    assert [kind for kind, *_ in found(settled_at=None)] == ["missing"]


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_change_things_once(x: X, webhook: Webhook, subscribed: Subscribed) -> None:
    subscribed(MIRA)
    lose(x)
    start, done = threading.Barrier(2), list[object]()

    def work() -> None:
        try:
            start.wait(60)
            done.append(reconcile())
        except Busy as busy:
            done.append(busy)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(done) == 2
    assert at_x(x, webhook) == {MIRA}
    assert AuditEntry.objects.filter(action="subscribed an account again").count() == 1
    assert Subscription.objects.get().repairs == 1
    assert [kind for kind, *_ in found()] == ["missing"]


@pytest.mark.django_db(transaction=True)
def test_two_who_subscribe_again_at_once_do_it_once(x: X, webhook: Webhook, subscribed: Subscribed) -> None:
    subscribed(MIRA)
    lose(x)
    Subscription.objects.update(state="missing")
    start = threading.Barrier(2)

    def work() -> None:
        try:
            start.wait(60)
            repairing.repair(Subscription.objects.get(), datetime.now(UTC))
        except Busy:
            pass
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert AuditEntry.objects.filter(action="subscribed an account again").count() == 1


def test_new_consent_begins_anew(x: X, webhook: Webhook, subscribed: Subscribed) -> None:
    signed_in = subscribed(MIRA)
    Subscription.objects.update(repairs=3, state="missing")
    subscribe(webhook, signed_in, consent_by="@mirakeller", by=BY)
    assert Subscription.objects.get().repairs == 0


def test_findings_of_a_webhook_that_is_gone_are_settled(x: X, webhook: Webhook, subscribed: Subscribed) -> None:
    x.signed(x.token_of(ACME)).post(f"/1.1/account_activity/webhooks/{webhook.x_id}/subscriptions/all.json")
    reconcile()
    Webhook.objects.update(deleted_at=datetime.now(UTC))
    reconcile(later=timedelta(minutes=15))
    assert found() == [("unknown", found()[0][1], "The webhook is gone from X.")]


def test_old_comparisons_are_forgotten_and_what_stands_is_not(x: X, webhook: Webhook, subscribed: Subscribed) -> None:
    subscribed(MIRA)
    lose(x)
    reconcile()
    x.signed(x.token_of(ACME)).post(f"/1.1/account_activity/webhooks/{webhook.x_id}/subscriptions/all.json")
    reconcile(later=timedelta(minutes=15))
    ledger.prune(datetime.now(UTC) + timedelta(days=29))
    assert not Reconciliation.objects.exists()
    assert [kind for kind, *_ in found()] == ["unknown"]
