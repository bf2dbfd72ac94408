"""Staff ask for takedowns and see what became of them; administrators say how long events are kept."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from aaa_dashboard.audit import Actor
from aaa_dashboard.deliveries.models import RetentionPeriod
from aaa_dashboard.deliveries.takedown.models import Takedown
from aaa_dashboard.deliveries.takedown.requests import ask
from aaa_dashboard.subscriptions.models import Account, Subscription
from aaa_dashboard.webhooks.models import Webhook
from tests.activity.factory import ACME, Store
from tests.recovery.erasure import JUNE, MIRA, POST, created, post, run_by_itself

pytestmark = pytest.mark.django_db

SignedIn = Callable[[str], Client]


@pytest.fixture(autouse=True)
def _no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aaa_dashboard.staff.takedowns.views.nudge", lambda door: True)


@pytest.fixture
def store(db: None) -> Store:
    """Puts payloads into the table of events."""
    return Store()


@pytest.fixture
def signed_in(db: None) -> SignedIn:
    """A browser of somebody in a role."""

    def sign_in(role: str) -> Client:
        user = User.objects.create_user(role.lower(), is_staff=role == "Administrator")
        user.groups.add(Group.objects.get(name=role))
        client = Client()
        client.force_login(user)
        return client

    return sign_in


@pytest.mark.parametrize("which", [POST, f"https://x.com/acme/status/{POST}?s=20", f" {POST} "])
def test_a_post_is_taken_down_by_its_id_or_its_address(store: Store, signed_in: SignedIn, which: str) -> None:
    store(created(post()))
    client = signed_in("Operator")
    answer = client.post("/takedowns/new/", {"what": "post", "which": which, "note": "Case 7"}, follow=True)
    assert "Under way" in answer.content.decode()
    takedown = Takedown.objects.get()
    assert (takedown.x_id, takedown.by, takedown.note) == (POST, "operator", "Case 7")
    run_by_itself(timezone.now())
    page = client.get(f"/takedowns/{takedown.pk}/").content.decode()
    assert "1 erased" in page
    assert "hx-get" not in page


@pytest.mark.parametrize(
    ("what", "which", "said"),
    [
        ("post", "https://x.com/acme", "neither the address of a post"),
        ("author", "@nobody", "We know no account of that name"),
        ("author", "", "required"),
    ],
)
def test_what_cannot_be_meant_is_said_and_nothing_begins(
    store: Store, signed_in: SignedIn, what: str, which: str, said: str
) -> None:
    answer = signed_in("Operator").post("/takedowns/new/", {"what": what, "which": which})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Takedown.objects.exists()


def test_all_posts_of_an_account_leave_only_after_a_page_that_says_whose_and_how_many(
    store: Store, signed_in: SignedIn
) -> None:
    for number in range(3):
        store(created(post(f"19914619641414021{number:02}")))
    run_by_itself(timezone.now())
    client = signed_in("Operator")
    answer = client.post("/takedowns/new/", {"what": "author", "which": "@Acme", "note": "Case 7 & 8"}, follow=True)
    page = answer.content.decode()
    assert "Take down all posts of @acme?" in page
    assert "<b>3 events</b>" in page
    assert "Case 7 &amp; 8" in page
    assert not Takedown.objects.exists()

    address = answer.request["PATH_INFO"]
    wrong = client.post(address, {"name": "acm"})
    assert (wrong.status_code, Takedown.objects.count()) == (422, 0)
    assert "nothing was taken down" in wrong.content.decode()
    client.post(address, {"name": "@ACME", "note": "Case 7 & 8"})
    takedown = Takedown.objects.get()
    assert (takedown.what, takedown.x_id, takedown.note) == ("author", ACME, "Case 7 & 8")


def test_an_id_of_nobody_whom_we_know_is_told_as_that_and_typed_again(store: Store, signed_in: SignedIn) -> None:
    client = signed_in("Operator")
    page = client.post("/takedowns/new/", {"what": "author", "which": "12"}, follow=True).content.decode()
    assert "Nothing here says what this account is called" in page
    assert "No event is known to hold a post by it" in page
    assert client.post("/takedowns/author/12/", {"name": ""}).status_code == 422
    assert client.post("/takedowns/author/12/", {"name": "12"}).status_code == 302
    assert client.get(f"/takedowns/author/{'1' * 21}/").status_code == 404


def test_an_author_who_is_none_of_ours_is_found_by_the_name_in_recent_events(store: Store, signed_in: SignedIn) -> None:
    store(created(post(author=MIRA)))
    client = signed_in("Operator")
    answer = client.post("/takedowns/new/", {"what": "author", "which": "@U187"}, follow=True)
    assert answer.request["PATH_INFO"] == f"/takedowns/author/{MIRA}/"
    assert "@u187" in answer.content.decode()


def test_a_name_that_two_had_is_not_guessed(store: Store, signed_in: SignedIn) -> None:
    others = post(author=JUNE)
    store(created(post(author=MIRA)))
    store(created(others | {"user": others["user"] | {"screen_name": "u187"}}))
    answer = signed_in("Operator").post("/takedowns/new/", {"what": "author", "which": "u187"})
    assert f"{JUNE}, {MIRA}: give one id" in answer.content.decode()


def test_an_event_offers_to_take_its_post_down_to_those_who_may(store: Store, signed_in: SignedIn) -> None:
    page = f"/events/{store(created(post())).pk}/"
    operator = signed_in("Operator")
    offer = f"/takedowns/new/?which={POST}"
    assert offer in operator.get(page).content.decode()
    assert f'value="{POST}"' in operator.get(offer).content.decode()
    assert offer not in signed_in("Agent").get(page).content.decode()


def test_an_account_is_erased_only_when_its_name_was_typed_and_x_sends_nothing_more(
    store: Store, signed_in: SignedIn
) -> None:
    account, client = Account.objects.get(x_user_id=ACME), signed_in("Operator")
    webhook = Webhook.objects.create(app=store.app, x_id="9", url="https://a.example/webhook/twitter", valid=True)
    Subscription.objects.create(webhook=webhook, account=account, state="active")
    page = f"/takedowns/account/{account.pk}/"
    assert "X still sends its activity" in client.get(page).content.decode()
    assert client.post(page, {"name": "acme"}).status_code == 422
    Subscription.objects.update(state="removed")
    assert "not its name" in client.post(page, {"name": "acm"}).content.decode()
    assert not Takedown.objects.exists()
    assert client.post(page, {"name": "@ACME"}).status_code == 302
    assert Takedown.objects.get().what == "account"


@pytest.mark.parametrize("path", ["/takedowns/new/", "/takedowns/account/{}/"])
def test_agents_look_and_erase_nothing(store: Store, signed_in: SignedIn, path: str) -> None:
    client = signed_in("Agent")
    assert client.post(path.format(Account.objects.all()[0].pk), {"name": "acme"}).status_code == 403
    assert "Nothing had to be taken down" in client.get("/takedowns/").content.decode()


def test_the_list_costs_the_same_however_long_it_is(
    store: Store, signed_in: SignedIn, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = signed_in("Agent")
    for number in range(60):
        ask(Takedown.What.POST, f"10000000000000000{number:02}", by=Actor("olga"), now=timezone.now())
    client.get("/takedowns/")
    with django_assert_num_queries(5):
        page = client.get("/takedowns/").content.decode()
    assert page.count("Under way") == 50
    oldest = Takedown.objects.order_by("-pk")[49].pk
    assert client.get(f"/takedowns/?before={oldest}").content.decode().count("Under way") == 10


def test_periods_are_shown_to_all_and_changed_by_administrators_on_record(signed_in: SignedIn) -> None:
    assert "90 days" in signed_in("Agent").get("/retention/").content.decode()
    period = RetentionPeriod.objects.get(category="messages")
    address = f"/admin/deliveries/retentionperiod/{period.pk}/change/"
    assert signed_in("Operator").post(address, {"days": 1}).status_code in {302, 403}
    administrator = signed_in("Administrator")
    assert administrator.post(address, {"days": 0}).status_code == 200  # the form again, with the reason
    period.refresh_from_db()
    assert period.days == 90
    administrator.post(address, {"days": 30})
    period.refresh_from_db()
    entry: Any = apps.get_model("staff", "AuditEntry")._default_manager.get()
    assert (period.days, entry.before, entry.after) == (30, {"days": 90}, {"days": 30})


def test_a_period_for_which_events_would_leave_says_how_many_and_asks_again(store: Store, signed_in: SignedIn) -> None:
    for days in (40, 40, 40, 3, 3):
        store(created(post()), received_at=timezone.now() - timedelta(days=days))
    period, client = RetentionPeriod.objects.get(category="posts"), signed_in("Administrator")
    address = f"/admin/deliveries/retentionperiod/{period.pk}/change/"

    def save(days: int, warned_of: str = "") -> str:
        return client.post(address, {"days": days, "warned_of": warned_of}).content.decode()

    page = save(30)
    assert "3 events would leave for good" in page
    assert 'name="warned_of" value="30"' in page
    assert 'name="days" value="30"' in page
    assert "5 events would leave for good" in save(1, warned_of="30")  # another number is another question
    period.refresh_from_db()
    assert period.days == 365
    save(30, warned_of="30")
    period.refresh_from_db()
    assert period.days == 30


@pytest.mark.parametrize("days", [0, -3])
def test_a_period_of_less_than_a_day_is_refused_in_one_way(signed_in: SignedIn, days: int) -> None:
    period = RetentionPeriod.objects.get(category="posts")
    answer = signed_in("Administrator").post(f"/admin/deliveries/retentionperiod/{period.pk}/change/", {"days": days})
    page = answer.content.decode()
    assert "At least 1 day" in page
    assert "greater than" not in page
