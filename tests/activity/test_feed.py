"""What is stored reaches every open page once, whatever the order of commits and whoever lost the connection."""

import asyncio
import re
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.contrib.auth.models import User
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from aaa_dashboard.activity import feed
from aaa_dashboard.activity.feed import following, reader
from aaa_dashboard.activity.feed.following import PENDING_MESSAGES, Feed, Follower
from aaa_dashboard.activity.feed.holes import KEEP_SECONDS, SKEW_SECONDS
from aaa_dashboard.activity.feed.messages import beat
from aaa_dashboard.activity.feed.reader import MOST_A_TICK, MOST_TO_CATCH_UP, Reader, View
from aaa_dashboard.activity.filters import Filters
from aaa_dashboard.activity.queries import PAGE
from aaa_dashboard.deliveries.models import Event
from tests.activity.factory import ACME, SUPPORT, Store, message, post
from tests.activity.following import always, page

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def store(transactional_db: None) -> Store:
    return Store()


def stored(store: Store, *args: Any, **fields: Any) -> Any:
    """Store an event from within a scenario."""
    return sync_to_async(store)(*args, **fields)


def test_a_stored_event_reaches_an_open_page(store: Store) -> None:
    old = store(received_at=timezone.now() - timedelta(minutes=2))

    async def scenario() -> None:
        async with page(position=old.pk) as opened:
            assert (await opened.next())[0] == "beat"
            event = await stored(store, post("Hello"))
            name, data = await opened.next()
            assert name == "rows"
            assert f'id="event-{event.pk}"' in data["html"]
            assert "Hello" in data["html"]
            assert opened.watermark == event.pk

    async_to_sync(scenario)()


def test_an_event_whose_commit_lands_late_is_not_skipped(store: Store) -> None:
    store(id=9, received_at=timezone.now() - timedelta(minutes=2))

    async def scenario() -> None:
        async with page(position=9) as opened:
            await opened.next()
            await stored(store, id=10)
            await stored(store, id=13)
            seen = await opened.ids()
            while seen[0] != 13:
                seen = await opened.ids() + seen
            assert opened.watermark < 11  # 11 and 12 are awaited: a page that is cut off now gets them
            await stored(store, id=12)
            assert await opened.ids() == [12]
            await stored(store, id=11)
            assert await opened.ids() == [11]
            assert opened.watermark == 13

    async_to_sync(scenario)()


def test_an_event_below_the_newest_that_lands_after_the_page_was_opened_is_shown(store: Store) -> None:
    store(id=20)

    async def scenario() -> None:
        async with page(position=20) as opened:
            await opened.next()
            await stored(store, id=19)
            assert await opened.ids() == [19]

    async_to_sync(scenario)()


def test_a_page_that_comes_back_gets_what_it_missed(store: Store) -> None:
    first, *missed = [store() for _ in range(4)]

    async def scenario() -> None:
        async with page(position=first.pk) as opened:
            assert await opened.ids() == [event.pk for event in reversed(missed)]

    async_to_sync(scenario)()


def test_a_page_that_missed_more_than_it_holds_is_given_the_newest_instead(store: Store) -> None:
    first = store.many(1)[0]
    events = store.many(MOST_TO_CATCH_UP + 1)

    async def scenario() -> None:
        async with page(position=first.pk) as opened:
            name, data = await opened.next()
            assert name == "replace"
            assert data["html"].count("<li") == PAGE
            assert f"event-{events[-1].pk}" in data["html"]

    async_to_sync(scenario)()


def test_a_burst_is_cut_and_what_was_left_out_is_counted(store: Store) -> None:
    async def scenario() -> None:
        async with page() as opened:
            await opened.next()
            await sync_to_async(store.many)(MOST_A_TICK + 7)
            shown = beyond = 0
            while shown + beyond < MOST_A_TICK + 7:
                _, data = await opened.next()
                shown += data["html"].count("<li")
                beyond += data["left_out"]
            assert (shown, beyond) == (MOST_A_TICK, 7)

    async_to_sync(scenario)()


@pytest.mark.parametrize(
    ("filters", "shown"),
    [
        (Filters(category="messages"), [1]),
        (Filters(account=ACME), [2]),
        (Filters(category="mentions", account=SUPPORT), [0]),
    ],
)
def test_a_filtered_page_is_sent_only_what_it_shows(store: Store, filters: Filters, shown: list[int]) -> None:
    async def scenario() -> None:
        async with page(filters=filters) as opened:
            await opened.next()
            events = [await stored(store, each) for each in (post(), message(), post(for_user_id=ACME))]
            assert await opened.ids() == [events[at].pk for at in shown]

    async_to_sync(scenario)()


def test_message_text_is_covered_for_everybody(store: Store) -> None:
    async def scenario(*, readable: bool, words: str) -> None:
        async with page(readable=readable) as opened:
            await opened.next()
            await stored(store, message("4000 1234"))
            _, data = await opened.next()
            assert "4000 1234" not in data["html"]
            assert words in data["html"]

    async_to_sync(scenario)(readable=False, words="you need the permission “Read direct messages”")
    async_to_sync(scenario)(readable=True, words="open to read")


def test_a_row_is_rendered_once_for_all_pages(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    rendered: list[int] = []
    original = Reader._render

    def render(self: Reader, found: Any, readable: bool) -> None:
        events = list(found)
        rendered.extend(event.pk for event in events)
        original(self, events, readable)

    monkeypatch.setattr(Reader, "_render", render)

    async def scenario() -> None:
        async with page() as one, page() as two, page(filters=Filters(category="mentions")) as three:
            for each in (one, two, three):
                await each.next()
            event = await stored(store)
            for each in (one, two, three):
                assert await each.ids() == [event.pk]
            assert rendered == [event.pk]

    async_to_sync(scenario)()


def test_closing_ends_every_stream_and_later_ones_at_once(store: Store) -> None:
    async def scenario() -> None:
        async with page() as opened:
            await opened.next()
            feed.close_all()
            feed.close_all()
            with pytest.raises(StopAsyncIteration):
                await opened.next()
            late = feed.follow(View(Filters(), readable=False), 0, always)
            assert [chunk async for chunk in late] == [b"retry: 1000\n\n"]

    async_to_sync(scenario)()


def test_a_stream_ends_by_itself_and_the_browser_comes_back(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "STREAM_SECONDS", 0.2)

    async def scenario() -> None:
        async with page() as opened:
            await opened.end()

    async_to_sync(scenario)()


def test_a_quiet_stream_gives_signs_of_life_that_carry_the_position(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "BEAT_SECONDS", 0.3)
    store(received_at=timezone.now() - timedelta(minutes=2))  # where the feed begins: no lower id is waited for

    async def scenario() -> None:
        async with page(filters=Filters(category="messages")) as opened:
            await opened.next()
            event = await stored(store, post("not for this page"))
            while opened.watermark < event.pk:
                assert (await opened.next())[0] == "beat"

    async_to_sync(scenario)()


def test_what_comes_while_the_database_is_away_is_shown_afterwards(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "TROUBLE_SECONDS", 0.2)
    away: list[bool] = []
    original = Reader.tick

    def tick(self: Reader, views: Any) -> Any:
        if away:
            raise OperationalError("the server closed the connection")
        return original(self, views)

    monkeypatch.setattr(Reader, "tick", tick)

    async def scenario() -> None:
        async with page() as opened:
            await opened.next()
            away.append(True)
            event = await stored(store)
            assert (await opened.next())[0] == "trouble"
            away.clear()
            assert await opened.ids() == [event.pk]

    async_to_sync(scenario)()


def test_a_defect_ends_the_streams_rather_than_leave_them_silent(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        async with page() as opened:
            await opened.next()
            with monkeypatch.context() as broken:
                broken.setattr(Reader, "tick", lambda self, views: 1 / 0)
                await opened.end()
        event = await stored(store)
        async with page() as again:
            assert await again.ids() == [event.pk]

    async_to_sync(scenario)()


def test_a_page_that_reads_too_slowly_is_marked_and_not_waited_for() -> None:
    async def scenario() -> None:
        follower = Follower(View(Filters(), readable=False))
        follower.caught_up(beat(1))
        for id_ in range(PENDING_MESSAGES + 1):
            follower.offer(beat(id_))
        assert follower.behind
        follower.caught_up(beat(99))
        assert await follower.next(1) == beat(99)

    async_to_sync(scenario)()


def test_a_message_that_comes_as_the_waiting_ends_is_not_overtaken() -> None:
    async def scenario() -> None:
        follower = Follower(View(Filters(), readable=False))
        follower.caught_up(beat(1))
        await follower.next(1)
        waiting = asyncio.create_task(follower.next(0.01))
        await asyncio.sleep(0)
        asyncio.get_running_loop().call_later(0.02, follower.offer, beat(2))
        time.sleep(0.05)  # noqa: ASYNC251 - so that both are due at once, the end of the waiting first
        assert await waiting == beat(2)

    async_to_sync(scenario)()


def test_the_feed_rests_while_nobody_watches_and_gives_its_connection_back(store: Store) -> None:
    async def scenario() -> Feed:
        async with page() as opened:
            await opened.next()
        return following._feeds[asyncio.get_running_loop()]

    resting = async_to_sync(scenario)()
    assert resting._task is None
    assert resting.watermark is None
    assert resting._thread.submit(lambda: connection.connection is None).result()


def test_rows_that_make_place_for_others_are_in_the_answer_all_the_same(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "_ROWS_KEPT", 5)
    first, *old = store.many(5)
    view = View(Filters(), readable=False)
    feeding = Reader()

    def ids() -> list[int]:
        return [int(id_) for id_ in re.findall(rb'event-(\d+)\\"', feeding.catch_up(view, first.pk).data)]

    assert ids() == [event.pk for event in reversed(old)]
    new = store.many(8)
    feeding.tick([])
    assert ids() == [event.pk for event in reversed([*old, *new])]
    feeding.stop()


def test_what_is_erased_does_not_live_on_in_the_rows_that_were_drawn(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "_ROWS_KEPT_SECONDS", 0.0)
    shown = store(post("What nobody may read any more"))
    view, feeding = View(Filters(), readable=False), Reader()
    assert b"nobody may read" in feeding.catch_up(view, shown.pk - 1).data
    Event.objects.filter(pk=shown.pk).update(payload='{"erased": "deleted at X"}')
    again = feeding.catch_up(view, shown.pk - 1).data
    assert b"event-%d" % shown.pk in again
    assert b"nobody may read" not in again
    feeding.stop()


def test_a_new_page_starts_where_nothing_can_be_missed(
    store: Store, django_assert_num_queries: Callable[..., Any]
) -> None:
    old, recent = store.many(120), store()
    with django_assert_num_queries(1):
        position = feed.position()
    assert old[0].pk <= position < recent.pk


def test_a_full_page_is_not_sent_what_is_older_than_its_rows(store: Store, client: Client) -> None:
    client.force_login(User.objects.create_user("ada"))
    events = store.many(PAGE - 1)
    assert client.get("/live/").context["position"] < events[0].pk  # whatever lands late belongs to a page with room
    events += store.many(11)
    assert client.get("/live/").context["position"] == events[10].pk - 1


def test_the_clock_of_a_receiver_may_be_behind(store: Store) -> None:
    store(received_at=timezone.now() - timedelta(seconds=KEEP_SECONDS + SKEW_SECONDS - 1))
    assert feed.position() == 0
