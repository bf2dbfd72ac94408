"""Channels on their pages: added, tested, changed and removed by administrators, with secrets shown once."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core import mail
from django.db import connection
from django.test import Client
from pytest_django.fixtures import Settings

from aaa_dashboard.staff.models import AuditEntry
from aaa_dashboard.staff.notices.models import Channel, Message, Notice, Severity

from .conftest import NOW, SECRET, Listener

pytestmark = pytest.mark.django_db
CHAT = "https://hooks.chat.example/services/T000/B000/very-secret"


@pytest.fixture
def administrator() -> Client:
    user = User.objects.create_user("ada", is_staff=True)
    user.groups.add(Group.objects.get(name="Administrator"))
    client = Client()
    client.force_login(user)
    return client


def add(client: Client, **fields: str) -> Any:
    given = {"kind": "webhook", "name": "Room", "address": CHAT, "least": "2", **fields}
    return client.post("/notices/channels/", given, follow=True)


def test_the_secret_of_a_new_channel_is_shown_once(administrator: Client) -> None:
    page = add(administrator).content.decode()
    channel = Channel.objects.get()
    assert channel.secret in page
    assert channel.secret not in administrator.get("/notices/channels/").content.decode()
    assert channel.secret not in administrator.get(f"/notices/channels/{channel.pk}/").content.decode()


def test_the_address_of_a_chat_is_a_secret_and_is_never_shown(administrator: Client) -> None:
    add(administrator)
    channel = Channel.objects.get()
    for path in ("/notices/channels/", f"/notices/channels/{channel.pk}/", f"/notices/channels/{channel.pk}/remove/",
                 f"/admin/staff/channel/{channel.pk}/change/", "/admin/staff/auditentry/"):  # fmt: skip
        page = administrator.get(path).content.decode()
        assert "very-secret" not in page
        assert channel.secret not in page
    assert "https://hooks.chat.example/…" in administrator.get("/notices/channels/").content.decode()
    with connection.cursor() as cursor:
        cursor.execute("SELECT address, secret FROM staff_channel")
        stored = " ".join(cursor.fetchone())
    assert "very-secret" not in stored
    assert channel.secret not in stored


@pytest.mark.parametrize(
    ("kind", "address", "words"),
    [
        ("email", "not an address", "Write an e-mail address"),
        ("email", "", "Write an e-mail address"),
        ("webhook", "", "Write the whole address"),
        ("webhook", "ftp://acme.example/", "Write the whole address"),
        ("webhook", "http://acme.example/hook", "Use https"),
        ("webhook", "https://ada:hush@acme.example/", "Leave name and password out"),
        ("webhook", "https://[broken/", "This is no address."),
    ],
)
def test_an_address_that_cannot_be_is_explained(administrator: Client, kind: str, address: str, words: str) -> None:
    answer = add(administrator, kind=kind, address=address)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Channel.objects.exists()


def test_a_test_says_what_came_of_it(administrator: Client, listener: Listener) -> None:
    add(administrator, address=listener.url)
    test = f"/notices/channels/{Channel.objects.get().pk}/test/"
    page = administrator.post(test, follow=True).content.decode()
    assert "Delivered to Room: 200 in " in page
    assert "Reached" in page
    (document,) = listener.documents
    assert document["test"] is True
    assert document["text"].startswith("ada tests whether notices arrive here.")
    listener.status = 404
    page = administrator.post(test, follow=True).content.decode()
    assert "Not delivered to Room. The address answered 404." in page
    assert "make a new address" in page


def test_a_test_by_mail(administrator: Client, settings: Settings) -> None:
    settings.EMAIL_IS_SET = True
    add(administrator, kind="email", address="duty@example.org")
    channel = Channel.objects.get()
    assert channel.secret == ""
    settings.EMAIL_IS_SET = False
    page = administrator.post(f"/notices/channels/{channel.pk}/test/", follow=True).content.decode()
    assert "No mail server is set. Set EMAIL_URL" in page
    settings.EMAIL_IS_SET = True
    page = administrator.post(f"/notices/channels/{channel.pk}/test/", follow=True).content.decode()
    assert "Delivered to Room: the mail server took it in " in page
    assert mail.outbox[0].to == ["duty@example.org"]


def test_without_a_mail_server_no_channel_by_mail_is_added(administrator: Client, settings: Settings) -> None:
    settings.EMAIL_IS_SET = False
    answer = add(administrator, kind="email", address="duty@example.org")
    assert answer.status_code == 422
    assert "No mail server is set. Set EMAIL_URL" in answer.content.decode()
    assert not Channel.objects.exists()


def test_a_channel_that_does_not_take_notices_is_not_counted_as_telling_people(
    administrator: Client, settings: Settings
) -> None:
    settings.EMAIL_IS_SET = False
    Channel.objects.create(kind="email", name="Duty", address="duty@example.org")
    Channel.objects.create(kind="webhook", name="Room", address="https://chat.example/1", failing_since=NOW)
    page = administrator.get("/notices/").content.decode()
    assert "shown here alone; 2 channels are not reached" in page
    assert "nobody is told elsewhere" in administrator.get("/overview/").content.decode()
    settings.EMAIL_IS_SET = True
    assert "sent to 1 channel; 1 channel is not reached" in administrator.get("/notices/").content.decode()
    assert "people are told" in administrator.get("/overview/").content.decode()


def test_a_test_that_arrives_sends_what_had_to_wait(administrator: Client, channel: Channel) -> None:
    notice = Notice.objects.create(
        kind="gap", subject="x", severity=2, title="A gap", text="It is.", remedy="Wait.", url="/", action="See",
        raised_at=NOW,
    )  # fmt: skip
    message = Message.objects.create(
        notice=notice, channel=channel, change="raised", made_at=NOW, due_at="2099-01-01T00:00Z", attempts=3
    )
    administrator.post(f"/notices/channels/{channel.pk}/test/")
    message.refresh_from_db()
    assert message.due_at.year < 2099


def test_a_change_keeps_the_address_that_was_left_empty(administrator: Client, channel: Channel) -> None:
    one = f"/notices/channels/{channel.pk}/"
    administrator.post(one, {"name": "Night", "address": "", "least": "3", "enabled": "on"})
    before = channel.address
    channel.refresh_from_db()
    assert (channel.name, channel.address, channel.least, channel.secret) == ("Night", before, Severity.URGENT, SECRET)
    entry = AuditEntry.objects.get()
    assert entry.action == "changed a channel of notices"
    assert (entry.before["name"], entry.after["name"]) == ("Duty", "Night")


def test_switching_off_forgets_what_waits(administrator: Client, channel: Channel) -> None:
    notice = Notice.objects.create(
        kind="gap", subject="x", severity=2, title="A gap", text="It is.", remedy="Wait.", url="/", action="See",
        raised_at=NOW,
    )  # fmt: skip
    Message.objects.create(notice=notice, channel=channel, change="raised", made_at=NOW, due_at=NOW)
    assert "1 waiting" in administrator.get(f"/notices/channels/{channel.pk}/").content.decode()
    administrator.post(f"/notices/channels/{channel.pk}/", {"name": "Duty", "address": "", "least": "1"})
    assert not Message.objects.exists()


def test_a_new_secret_is_shown_once_and_signs_from_then_on(administrator: Client, channel: Channel) -> None:
    page = administrator.post(f"/notices/channels/{channel.pk}/secret/").content.decode()
    channel.refresh_from_db()
    assert channel.secret != SECRET
    assert channel.secret in page
    assert channel.secret not in str(list(AuditEntry.objects.values()))


def test_it_is_removed_when_its_name_was_typed(administrator: Client, channel: Channel) -> None:
    remove = f"/notices/channels/{channel.pk}/remove/"
    assert "nobody is told of anything then" in administrator.get(remove).content.decode()
    assert administrator.post(remove, {"name": "duty"}).status_code == 422
    administrator.post(remove, {"name": "Duty"})
    assert not Channel.objects.exists()
    assert AuditEntry.objects.get().action == "removed a channel of notices"


def test_operators_do_not_see_where_notices_go(person: Callable[..., Client], channel: Channel) -> None:
    operator = person("olga", "manage_webhooks", "manage_subscriptions")
    for path in ("", f"{channel.pk}/", f"{channel.pk}/remove/"):
        assert operator.get(f"/notices/channels/{path}").status_code == 403
    for path in (f"{channel.pk}/test/", f"{channel.pk}/secret/"):
        assert operator.post(f"/notices/channels/{path}").status_code == 403
    assert "/notices/channels/" not in operator.get("/notices/").content.decode()


def test_the_list_takes_the_same_queries_for_many(administrator: Client, django_assert_max_num_queries: Any) -> None:
    for n in range(20):
        Channel.objects.create(kind="email", name=f"Duty {n}", address=f"duty{n}@example.org")
    with django_assert_max_num_queries(8):
        administrator.get("/notices/channels/")
