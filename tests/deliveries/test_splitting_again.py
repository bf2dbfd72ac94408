"""A delivery that could not be taken apart is taken apart after a fix, and its events are as if it always could."""

import json
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.test import Client

from aaa_dashboard.audit import Actor
from aaa_dashboard.deliveries.models import Event, Unsplit
from aaa_dashboard.deliveries.splitting_again import SplitAgain, split_again
from aaa_dashboard.staff.models import AuditEntry
from aaa_dashboard.webhooks.models import App
from tests.deliveries.serving import Sender

pytestmark = pytest.mark.django_db(transaction=True)

THEN = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ITEMS = [{"id_str": "1924464219999999998", "text": "Hello"}, {"id_str": "1924464219999999999", "text": "again"}]
BODY = json.dumps({"for_user_id": "1", "tweet_create_events": ITEMS}).encode()
BY = Actor("olga")


@pytest.fixture
def app(db: None) -> App:
    return App.objects.get_or_create(slug="twitter", defaults={"name": "Acme Care"})[0]


def kept(app: App, body: bytes = BODY, digest: str = "1") -> Unsplit:
    """A delivery that could not be taken apart when it came."""
    return Unsplit.objects.create(app=app, digest=digest, received_at=THEN, reason="our splitter failed", body=body)


def test_its_events_are_stored_with_the_time_of_its_receipt_and_it_leaves(app: App) -> None:
    row = kept(app)
    assert split_again([row.pk], by=BY) == SplitAgain(split=1, events=2)
    assert set(Event.objects.values_list("text", "received_at")) == {("Hello", THEN), ("again", THEN)}
    assert not Unsplit.objects.exists()
    entry = AuditEntry.objects.get()
    assert (entry.by, entry.action, entry.after) == ("olga", "split a delivery again", {"events": 2})


def test_what_came_by_another_delivery_as_well_is_one_event(sender: Sender) -> None:
    sender.post(BODY)
    row = kept(App.objects.get())
    split_again([row.pk, row.pk], by=BY)
    assert list(Event.objects.values_list("redeliveries", flat=True)) == [1, 1]


@pytest.mark.parametrize("body", [b"{}", b'{"half', b"", b"[1]"])
def test_what_cannot_be_taken_apart_yet_is_left_as_it_was(app: App, body: bytes) -> None:
    row = kept(app, body)
    done = split_again([row.pk, row.pk + 1], by=BY)
    assert (done.split, done.left) == (0, 1 if body else 0)
    assert bytes(Unsplit.objects.get().body) == body
    assert not AuditEntry.objects.exists()


def test_the_command_takes_all_of_them(app: App, capsys: pytest.CaptureFixture[str]) -> None:
    kept(app)
    kept(app, b"{}", digest="2")
    call_command("deliveries", "split-again", "--json")
    assert json.loads(capsys.readouterr().out) == {"split": 1, "events": 2, "left": 1}
    call_command("deliveries", "split-again")
    assert "0 deliveries were taken apart into 0 events; 1 cannot be." in capsys.readouterr().out


def signed_in(*roles: str) -> Client:
    user = User.objects.create_user("ada", is_staff=True)
    user.groups.set(Group.objects.filter(name__in=roles))
    client = Client()
    client.force_login(user)
    return client


def test_those_who_manage_webhooks_choose_some_in_data(app: App) -> None:
    row, other = kept(app), kept(app, digest="2")
    client = signed_in("Administrator", "Operator")
    address, chosen = "/admin/deliveries/unsplit/", {"action": "split_again", "_selected_action": [row.pk]}
    assert "Take apart again, after a fix" in client.get(address).content.decode()
    page = client.post(address, chosen, follow=True).content.decode()
    assert "1 were taken apart into 2 events; 0 cannot be." in page
    assert Unsplit.objects.get() == other
    assert Event.objects.count() == 2


def test_others_do_not(app: App) -> None:
    row = kept(app)
    chosen = {"action": "split_again", "_selected_action": [row.pk]}
    assert signed_in().post("/admin/deliveries/unsplit/", chosen).status_code == 403
    assert Unsplit.objects.exists()
