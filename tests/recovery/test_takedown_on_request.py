"""What people ask to have erased is erased within its clock, told with numbers, and stays away."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from aaa_dashboard.audit import Actor
from aaa_dashboard.deliveries.following import SETTLES, settled_id
from aaa_dashboard.deliveries.models import Event
from aaa_dashboard.deliveries.takedown import erasing, index, posts, requests
from aaa_dashboard.deliveries.takedown.models import ContainedPost, Takedown, Tombstone
from aaa_dashboard.deliveries.takedown.requests import StillSubscribed, ask
from aaa_dashboard.deliveries.takedown.steps import STEPS, Step
from aaa_dashboard.subscriptions.models import Account, Invite, Subscription, Visit
from aaa_dashboard.webhooks.models import Webhook
from tests.activity.factory import Store
from tests.recovery.erasure import (
    ACME,
    MIRA,
    POST,
    SECRET,
    SUPPORT,
    copies,
    created,
    deletion,
    message,
    post,
    repost_of,
    run_by_itself,
    where,
)

pytestmark = pytest.mark.django_db(transaction=True)

BY = Actor("olga")
What = Takedown.What


@pytest.fixture
def store(db: None) -> Store:
    """Puts payloads into the table of events."""
    return Store()


def test_one_post_leaves_every_copy_and_the_report_says_what_was_found(store: Store) -> None:
    for document in copies():
        store(document)
    now = timezone.now()
    takedown, is_new = ask(What.POST, POST, by=BY, now=now)
    assert (is_new, takedown.due_at - takedown.asked_at) == (True, timedelta(hours=24))
    run_by_itself(now)
    takedown.refresh_from_db()
    assert where() == []
    assert takedown.done_at is not None
    assert takedown.found == {"posts": 3, "quotes": 6, "reposts": 2, "likes": 1, "other copies": 3}
    entry = apps.get_model("staff", "AuditEntry")._default_manager.get()
    assert (entry.by, entry.action, entry.after["id at X"]) == ("olga", "asked to take down a post", POST)


def test_who_asks_for_what_is_under_way_meets_it_and_later_it_can_be_asked_again(store: Store) -> None:
    store()
    now = timezone.now()
    first, _ = ask(What.POST, POST, by=BY, now=now)
    assert ask(What.POST, POST, by=BY, now=now + timedelta(hours=1)) == (first, False)
    run_by_itself(now)
    second, is_new = ask(What.POST, POST, by=BY, now=now + timedelta(hours=2))
    assert is_new
    assert second != first


def test_what_arrived_between_two_wishes_for_an_account_leaves_as_well(store: Store, account: Account) -> None:
    now = timezone.now()
    store(message("My number is barquux", sender=ACME, to=SUPPORT), occurred_at=now)
    first, _ = ask(What.ACCOUNT, ACME, by=BY, now=now)
    requests.work(now)  # all but the wait for the index
    later = now + timedelta(seconds=3)
    store(message("It is barquux still", sender=ACME, to=SUPPORT), occurred_at=later)
    again, is_new = ask(What.ACCOUNT, ACME, by=Actor("sam"), now=later)
    assert (again, is_new, again.due_at) == (first, False, first.due_at)
    run_by_itself(later)
    first.refresh_from_db()
    assert first.done_at is not None
    assert where() == []
    entries = apps.get_model("staff", "AuditEntry")._default_manager.order_by("pk")
    assert list(entries.values_list("by", flat=True)) == ["olga", "sam"]


def test_what_arrived_between_two_leaves_of_an_owner_leaves_as_well(store: Store) -> None:
    now = timezone.now()
    app = store.app
    store(message("First barquux"), occurred_at=now)
    ask(What.LEFT, ACME, by=BY, now=now, app=app)
    requests.work(now)
    store(message("Second barquux"), occurred_at=now + timedelta(seconds=2))
    ask(What.LEFT, ACME, by=BY, now=now + timedelta(seconds=3), app=app)
    ask(What.LEFT, ACME, by=BY, now=now + timedelta(seconds=4), app=app, until=now - timedelta(days=1))
    run_by_itself(now + timedelta(seconds=4))
    assert where() == []
    assert Takedown.objects.get().done_at is not None


def test_one_that_is_asked_for_again_in_its_last_step_is_not_done_with_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = timezone.now()
    first, _ = ask(What.AUTHOR, ACME, by=BY, now=now)

    def asked_again_meanwhile(*_: Any) -> bool:
        store(created(post()))
        ask(What.AUTHOR, ACME, by=BY, now=now + timedelta(seconds=1))
        return True

    with monkeypatch.context() as patch:
        patch.setitem(STEPS, What.AUTHOR, (Step("Somebody asks again", asked_again_meanwhile),))
        requests.work(now)
    first.refresh_from_db()
    assert (first.done_at, first.step) == (None, 0)
    run_by_itself(now + timedelta(seconds=1))
    assert where() == []


def test_one_that_is_done_while_somebody_asks_again_is_followed_by_another(store: Store) -> None:
    store(created(post()))
    now = timezone.now()
    ask(What.AUTHOR, ACME, by=BY, now=now)
    for turn in range(3):
        run_by_itself(now + timedelta(minutes=turn))
        at_once(lambda: requests.work(now), lambda: ask(What.AUTHOR, ACME, by=BY, now=now))
    run_by_itself(now + timedelta(hours=1))
    assert not Takedown.objects.filter(done_at=None).exists()
    assert where() == []


def test_it_is_not_done_before_everything_that_had_arrived_was_looked_at(store: Store) -> None:
    store(created(post()))
    now = timezone.now()
    takedown, _ = ask(What.POST, POST, by=BY, now=now)
    requests.work(now)
    assert Takedown.objects.filter(done_at=None).exists()
    assert where() != []
    run_by_itself(now)
    takedown.refresh_from_db()
    assert takedown.done_at is not None
    assert not takedown.is_late(now + timedelta(days=3))


def test_one_whose_time_ran_out_says_so(store: Store) -> None:
    now = timezone.now()
    takedown, _ = ask(What.POST, POST, by=BY, now=now)
    assert takedown.is_late(now + timedelta(hours=24, seconds=1))
    assert not takedown.is_late(now + timedelta(hours=23))


def test_all_posts_of_an_account_leave_and_those_that_it_writes_later_stay(store: Store) -> None:
    other = post("1991461964141400001", MIRA, "Tangerine")
    for document in (*copies(), created(other), created(post("1991461964141400009", text="Second barquux"))):
        store(document)
    now = timezone.now()
    takedown, _ = ask(What.AUTHOR, ACME, by=BY, now=now)
    run_by_itself(now)
    takedown.refresh_from_db()
    assert takedown.done_at is not None
    assert where() == []
    assert where("tangerine") != []
    younger = str((int(now.timestamp() * 1000) + 3_600_000 - 1288834974657) << 22)
    store(created(post(younger, text="Persimmon")))
    store(created(repost_of(post(), "1991461964141405055"), SUPPORT))  # a replay brings an old one
    run_by_itself(now + timedelta(hours=2))
    assert where() == []
    assert where("persimmon") != []


@pytest.fixture
def account(store: Store) -> Account:
    """An account with everything that we can know of one."""
    webhook = Webhook.objects.create(app=store.app, x_id="9", url="https://a.example/webhook/twitter", valid=True)
    account = Account.objects.get(x_user_id=ACME)
    Account.objects.filter(pk=account.pk).update(name="Acme Barquux Ltd", picture_url="https://pbs.example/barquux.png")
    Subscription.objects.create(
        webhook=webhook, account=account, state="removed", access_token="t", access_token_secret="s",
        consent_version="2026-11", consented_at=timezone.now(), consent_by="@barquux",
    )  # fmt: skip
    Invite.objects.create(
        secret_hash="h", webhook=webhook, account=account, note="Hello Barquux", expires_at=timezone.now()
    )
    Visit.objects.create(app=store.app, account=account, access_token="t", access_token_secret="s")
    return account


def test_everything_of_an_account_leaves_with_a_report(store: Store, account: Account) -> None:
    for document in copies():
        store(document)
    store(message("Barquux to you"))
    store(message("My number is barquux", sender=ACME, to=SUPPORT))
    store(message("A word with somebody else", to=SUPPORT))
    now = timezone.now()
    takedown, _ = ask(What.ACCOUNT, ACME, by=BY, now=now)
    run_by_itself(now)
    takedown.refresh_from_db()
    assert takedown.done_at is not None
    assert where() == []
    assert not Event.objects.filter(for_user_id=ACME).exists()
    assert not Event.objects.filter(actor_id=ACME).exists()
    assert where("somebody else") != []
    row = Subscription.objects.get()
    assert (row.user_token, row.consent_version, row.consent_by) == (None, "2026-11", f"the owner of account {ACME}")
    expected = {"tokens": 1, "visits of the owner": 1, "notes of invites": 1, "profiles": 1, "events for it": 14}
    assert expected.items() <= takedown.found.items()


def test_an_account_is_not_erased_while_x_sends_its_activity(store: Store, account: Account) -> None:
    Subscription.objects.update(state="active")
    with pytest.raises(StillSubscribed):
        ask(What.ACCOUNT, ACME, by=BY, now=timezone.now())
    assert not Takedown.objects.exists()


def test_what_a_replay_brings_of_an_erased_account_leaves_again_and_what_is_new_stays(
    store: Store, account: Account
) -> None:
    now = timezone.now()
    ask(What.ACCOUNT, ACME, by=BY, now=now)
    run_by_itself(now)
    store(message("An old barquux"), occurred_at=now - timedelta(days=2))
    new = store(message("A new word"), occurred_at=now + timedelta(days=2))
    run_by_itself(now + timedelta(days=3))
    assert where() == []
    assert list(Event.objects.all()) == [new]


def test_a_worker_that_dies_in_the_middle_is_gone_on_from(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(20):
        store(created(repost_of(post(), f"19914619641414050{number:02}")))
    now = timezone.now()
    index.follow(now)
    index.follow(now + SETTLES)
    takedown, _ = ask(What.POST, POST, by=BY, now=now)
    written, redact = 0, posts.redacted

    def dies(*arguments: Any) -> posts.Redacted:
        nonlocal written
        written += 1
        if written == 8:
            raise SystemExit
        return redact(*arguments)

    monkeypatch.setattr(erasing, "redacted", dies)
    with pytest.raises(SystemExit):
        requests.work(now + SETTLES)
    assert Event.objects.filter(redacted_at=None).count() == 13
    run_by_itself(now + timedelta(minutes=5))
    takedown.refresh_from_db()
    assert where() == []
    assert (takedown.found, bool(takedown.done_at)) == ({"reposts": 20}, True)


def test_two_workers_at_once_erase_and_count_once(store: Store) -> None:
    for number in range(30):
        store(created(repost_of(post(), f"19914619641414050{number:02}")))
    now = timezone.now()
    index.follow(now)
    index.follow(now + SETTLES)
    takedown, _ = ask(What.POST, POST, by=BY, now=now)
    at_once(lambda: requests.work(now + SETTLES), lambda: requests.work(now + SETTLES))
    requests.work(now + SETTLES)
    takedown.refresh_from_db()
    assert where() == []
    assert takedown.found == {"reposts": 30}


def test_a_copy_that_is_indexed_while_its_post_is_buried_does_not_slip_through(store: Store) -> None:
    now = timezone.now()
    for turn in range(10):
        post_id = f"19914619641415{turn:05}"
        for number in range(5):
            store(created(repost_of(post(post_id), f"199146196414{turn:02}{number:05}")))
        settled_id(Event, now + 2 * turn * SETTLES)
        later = now + (2 * turn + 1) * SETTLES
        at_once(lambda: index.follow(later), lambda: ask(What.POST, post_id, by=BY, now=later))  # noqa: B023
    run_by_itself(now + timedelta(hours=1))
    assert where() == []
    assert not ContainedPost.objects.filter(due=True).exists()


def test_two_posts_that_leave_one_event_do_not_bring_each_other_back(store: Store) -> None:
    store(created(post("1991461964141403000", MIRA, "Tangerine", quoted_status=post())))
    now = timezone.now()
    run_by_itself(now)
    for post_id in (POST, "1991461964141403000"):
        ask(What.POST, post_id, by=BY, now=now)
        run_by_itself(now)
    assert where() + where("tangerine") == []


def test_a_tombstone_holds_ids_alone(store: Store) -> None:
    store(created(post()))
    store(deletion())
    run_by_itself(timezone.now())
    assert Tombstone.objects.values("post_id", "why").get() == {"post_id": POST, "why": "deleted at X"}
    assert SECRET.split()[0] not in str(list(Tombstone.objects.values()))


def test_a_run_without_anything_to_do_is_short(store: Store, django_assert_max_num_queries: Any) -> None:
    for document in copies():
        store(document)
    now = datetime.now(UTC)
    ask(What.POST, POST, by=BY, now=now)
    run_by_itself(now)
    with django_assert_max_num_queries(27):
        index.follow(now + timedelta(hours=1))
        requests.work(now + timedelta(hours=1))


def at_once(*functions: Callable[[], Any]) -> None:
    """Run functions in threads that begin together; each has a connection of its own."""
    begin, failures = threading.Barrier(len(functions)), []

    def run(function: Callable[[], Any]) -> None:
        begin.wait()
        try:
            function()
        except Exception as error:  # noqa: BLE001 - told below
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[function]) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
