"""Staff ask for takedowns and see what became of them; administrators say how long events are kept."""

from collections.abc import Callable
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
from tests.recovery.erasure import POST, created, post, run_by_itself

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


def test_an_account_is_named_by_its_name(store: Store, signed_in: SignedIn) -> None:
    signed_in("Operator").post("/takedowns/new/", {"what": "author", "which": "@Acme"})
    assert Takedown.objects.get().x_id == ACME


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
