"""Direct messages: covered in lists, opened with a permission, and every opening is recorded."""

import pytest
from django.test import Client

from aaa_dashboard.deliveries.models import Category
from aaa_dashboard.staff.models import AuditEntry
from tests.activity.factory import STRANGER, SUPPORT, Store, message, payload

SECRET = "4000 1234"

PRIVATE = {
    "a message": message(SECRET),
    "a message of the X Activity API": {
        "data": {"event_type": "chat.received", "event_uuid": "1", "payload": {"text": SECRET}},
    },
    "a kind of message that nobody knows": {
        "for_user_id": SUPPORT,
        "direct_message_reaction_events": [{"sender_id": STRANGER, "text": SECRET}],
    },
}
private = pytest.mark.parametrize("document", PRIVATE.values(), ids=PRIVATE.keys())


@private
@pytest.mark.parametrize("path", ["/live/", "/events/"])
def test_lists_cover_it_for_everybody(
    ada: Client, reader: Client, store: Store, document: dict[str, object], path: str
) -> None:
    store(document)
    for client, words in ((ada, "you need the permission “Read direct messages”"), (reader, "open to read")):
        page = client.get(path).content.decode()
        assert SECRET not in page
        assert words in page
    assert not AuditEntry.objects.exists()


@private
def test_without_the_permission_the_page_says_whom_to_ask(
    ada: Client, store: Store, document: dict[str, object]
) -> None:
    event = store(document)
    page = ada.get(f"/events/{event.pk}/").content.decode()
    assert SECRET not in page
    assert "An administrator can give it to you" in page
    assert not AuditEntry.objects.exists()


@private
def test_without_the_permission_there_is_no_download(ada: Client, store: Store, document: dict[str, object]) -> None:
    event = store(document)
    response = ada.get(f"/events/{event.pk}.json")
    assert response.status_code == 403
    assert SECRET not in response.content.decode()


@private
def test_with_the_permission_it_is_shown_and_the_reading_recorded(
    reader: Client, store: Store, document: dict[str, object]
) -> None:
    event = store(document)
    assert SECRET in reader.get(f"/events/{event.pk}/", REMOTE_ADDR="192.0.2.7").content.decode()
    entry = AuditEntry.objects.get()
    assert entry.person is not None
    assert (entry.person.username, entry.action) == ("rita", "read a direct message")
    assert (entry.object_type, entry.object_id) == ("deliveries.event", str(event.pk))
    assert entry.address == "192.0.2.7"


def test_every_reading_and_every_download_is_recorded(reader: Client, store: Store) -> None:
    event = store(message(SECRET))
    reader.get(f"/events/{event.pk}/")
    reader.get(f"/events/{event.pk}/")
    assert reader.get(f"/events/{event.pk}.json").content.decode() == event.payload
    assert list(AuditEntry.objects.order_by("pk").values_list("action", flat=True)) == [
        "read a direct message",
        "read a direct message",
        "downloaded a direct message",
    ]


def test_no_browser_keeps_it(reader: Client, store: Store) -> None:
    event = store(message(SECRET))
    for path in (f"/events/{event.pk}/", f"/events/{event.pk}.json"):
        assert "no-store" in reader.get(path)["Cache-Control"]


def test_reading_anything_else_is_not_recorded(reader: Client, store: Store) -> None:
    reader.get(f"/events/{store().pk}/")
    assert not AuditEntry.objects.exists()


def test_typing_holds_no_words_and_is_open(ada: Client, store: Store) -> None:
    event = store(payload("direct_message_indicate_typing_events__typing"))
    assert event.category == Category.SIGNALS
    assert "As X sent it" in ada.get(f"/events/{event.pk}/").content.decode()


@pytest.mark.parametrize(
    "kind",
    [
        "dm_events",
        "DM.edited",
        "directMessageEdits",
        "direct_message_reactions",
        "group_dm_events",
        "newDmEvents",
        "Chat.opened",
        "encrypted.dm.new",
    ],
)
def test_a_kind_that_nobody_knows_and_sounds_like_messages_is_covered_everywhere(
    ada: Client, reader: Client, store: Store, kind: str
) -> None:
    event = store({"for_user_id": SUPPORT, kind: [{"text": SECRET}]})
    for path in ("/events/", "/live/"):
        assert "you need the permission “Read direct messages”" in ada.get(path).content.decode()
    page = f"/events/{event.pk}/"
    assert SECRET not in ada.get(page).content.decode()
    assert ada.get(f"/events/{event.pk}.json").status_code == 403
    assert SECRET in reader.get(page).content.decode()
    assert AuditEntry.objects.filter(action="read a direct message").count() == 1


@pytest.mark.parametrize("kind", ["space_events", "admin_events", "list.create"])
def test_a_kind_that_nobody_knows_and_sounds_like_something_else_is_open(ada: Client, store: Store, kind: str) -> None:
    event = store({"for_user_id": SUPPORT, kind: [{"text": "hello"}]})
    assert "hello" in ada.get(f"/events/{event.pk}/").content.decode()
