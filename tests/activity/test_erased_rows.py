"""What is erased leaves the pages that are open as well, those that come back, and what the server keeps for them."""

from datetime import datetime
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.db import OperationalError
from django.utils import timezone

from aaa_dashboard.activity.feed import erasures
from aaa_dashboard.activity.feed.reader import Reader, View
from aaa_dashboard.activity.filters import Filters
from aaa_dashboard.audit import Actor
from aaa_dashboard.deliveries.models import Event
from aaa_dashboard.deliveries.takedown import index, requests
from aaa_dashboard.deliveries.takedown.models import Takedown, Tombstone
from tests.activity.factory import STRANGER, Store, message, post
from tests.activity.following import page
from tests.recovery.erasure import run_by_itself

pytestmark = pytest.mark.django_db(transaction=True)

POST = "1991461964141402118"
WORDS = "What nobody may read any more"
VIEW = View(Filters(), readable=False)


@pytest.fixture
def store(transactional_db: None) -> Store:
    return Store()


def erase() -> None:
    """Have X's word that the post was deleted be done by the work that runs by itself."""
    requests.bury(POST, Tombstone.Why.DELETED, timezone.now())
    run_by_itself(timezone.now())


def redact(event: Event, at: datetime | None = None) -> None:
    Event.objects.filter(pk=event.pk).update(payload="{}", text="", redacted_at=at or timezone.now())


def test_a_post_that_is_deleted_at_x_is_drawn_anew_on_an_open_page(store: Store) -> None:
    async def scenario() -> None:
        async with page() as opened:
            await opened.next()
            event = await sync_to_async(store)(post(WORDS))
            assert await opened.ids() == [event.pk]
            await sync_to_async(erase)()
            told = await opened.erased()
            assert told["ids"] == [event.pk]
            assert "A post that was deleted at X" in told["html"]
            assert WORDS not in told["html"]

    async_to_sync(scenario)()


def test_an_event_that_left_with_its_account_leaves_an_open_page(store: Store) -> None:
    async def scenario() -> None:
        async with page() as opened:
            await opened.next()
            event = await sync_to_async(store)(post(WORDS))
            await opened.ids()
            await sync_to_async(_take_down_everything_of)(STRANGER)
            assert await opened.erased() == {"ids": [event.pk], "html": ""}

    async_to_sync(scenario)()
    assert not Event.objects.exists()


def _take_down_everything_of(x_user_id: str) -> None:
    requests.ask(Takedown.What.ACCOUNT, x_user_id, by=Actor("ada"), now=timezone.now())
    index.follow(timezone.now())
    run_by_itself(timezone.now())


def test_rows_that_stood_on_the_page_from_the_start_are_watched_over_as_well(store: Store) -> None:
    old, other = store(post(WORDS)), store()

    async def scenario() -> None:
        async with page(position=other.pk, held=[old.pk, other.pk]) as opened:
            await opened.next()
            await sync_to_async(redact)(old)
            assert (await opened.erased())["ids"] == [old.pk]

    async_to_sync(scenario)()


def test_a_page_that_comes_back_is_told_what_was_erased_meanwhile(store: Store) -> None:
    redacted, deleted, whole = (store(post(WORDS)) for _ in range(3))
    redact(redacted)
    Event.objects.filter(pk=deleted.pk).delete()

    async def scenario() -> None:
        async with page(position=whole.pk, held=[redacted.pk, deleted.pk, whole.pk]) as opened:
            assert (await opened.next())[0] == "beat"
            told = await opened.erased()
            assert told["ids"] == [redacted.pk, deleted.pk]
            assert f"event-{redacted.pk}" in told["html"]
            assert f"event-{deleted.pk}" not in told["html"]

    async_to_sync(scenario)()


def test_pages_that_do_not_hold_it_are_told_nothing(store: Store) -> None:
    event, other = store(message("4000 1234")), store()

    async def scenario() -> None:
        messages = Filters(category="messages")
        async with (
            page(position=other.pk, held=[event.pk], filters=messages) as holds,
            page(position=other.pk, held=[other.pk]) as holds_not,
        ):
            await holds.next()
            await holds_not.next()
            await sync_to_async(redact)(event)
            assert (await holds.erased())["ids"] == [event.pk]
            new = await sync_to_async(store)()
            name, data = await holds_not.next()
            assert (name, f"event-{new.pk}" in data["html"]) == ("rows", True)

    async_to_sync(scenario)()


def test_what_comes_while_erased_rows_cannot_be_looked_for_is_shown_all_the_same(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look(self: Reader, *_: Any) -> Any:
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr(Reader, "look", look)

    async def scenario() -> None:
        async with page() as opened:
            await opened.next()
            event = await sync_to_async(store)()
            assert await opened.ids() == [event.pk]

    async_to_sync(scenario)()


def test_a_redaction_is_told_once_and_a_second_one_again(store: Store) -> None:
    event = store(post(WORDS))
    looking = erasures.Erasures()
    assert not looking.look({event.pk})
    for _ in range(2):
        redact(event)
        assert looking.look({event.pk}).redacted.keys() == {event.pk}
        assert not looking.look({event.pk})


def test_rows_that_the_server_keeps_are_drawn_anew(store: Store) -> None:
    event = store(post(WORDS))
    reader = Reader()
    assert WORDS.encode() in reader.catch_up(VIEW, 0).data
    redact(event)
    assert WORDS.encode() not in reader.look({event.pk}, {False})[False].data
    assert WORDS.encode() not in reader.catch_up(VIEW, 0).data
    reader.stop()


def test_what_is_left_of_a_row_is_drawn_once_for_all_pages_that_come_back(
    store: Store, django_assert_num_queries: Any
) -> None:
    event = store(post(WORDS))
    redact(event)
    reader = Reader()
    first = reader.erased_meanwhile(VIEW, {event.pk})
    with django_assert_num_queries(1):  # whether something was erased, and nothing to draw it from
        assert reader.erased_meanwhile(VIEW, {event.pk}) == first
    reader.stop()


def test_all_pages_together_cost_one_query_however_much_they_hold(
    store: Store, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    monkeypatch.setattr(erasures, "MOST_A_LOOK", 10)
    events = store.many(25)
    held = {event.pk for event in events}
    Event.objects.filter(pk__in=held).update(redacted_at=timezone.now())
    looking, told = erasures.Erasures(), set[int]()
    for _ in range(3):
        with django_assert_num_queries(1):
            told |= looking.look(held).redacted.keys()
    assert told == held
    with django_assert_num_queries(0):
        looking.look(set())
