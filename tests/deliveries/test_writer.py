"""Group commit, and what becomes of deliveries when the database does not take them.

The store here is the project's own on the test's database; only its failures are planted.
"""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from aaa_dashboard.deliveries import writer as writer_module
from aaa_dashboard.deliveries.models import Event, TrafficMinute, Unsplit
from aaa_dashboard.deliveries.split import Row, split
from aaa_dashboard.deliveries.store import Counts, Delivery, Store, TrafficRow, open_store
from aaa_dashboard.deliveries.store.interface import merge, unsplit_of
from aaa_dashboard.deliveries.writer import NotStored, QueueFull, Writer
from aaa_dashboard.webhooks.models import App

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


class PlantedStore(Store):
    """The real store, with a gate before it and failures on demand."""

    def __init__(self) -> None:
        self.real = open_store()
        self.refuses_data = self.real.refuses_data
        self.gate = threading.Event()
        self.gate.set()
        self.reached = threading.Event()
        self.batches: list[int] = []
        self.passing = False
        self.fail: Callable[[Sequence[Delivery]], Exception | None] = lambda batch: None

    def save(self, batch: Sequence[Delivery]) -> dict[int, Counts]:
        self.reached.set()
        assert self.gate.wait(60)
        self.batches.append(len(batch))
        if error := self.fail(batch):
            raise error
        return self.real.save(batch)

    def save_refusals(self, refusals: Any) -> None:
        self.real.save_refusals(refusals)

    def save_traffic(self, traffic: Any) -> None:
        self.real.save_traffic(traffic)

    def is_passing(self, error: Exception) -> bool:
        return self.passing or self.real.is_passing(error)

    def close(self) -> None:
        self.real.close()


@pytest.fixture
def app_id(transactional_db: None) -> int:
    return App.objects.create(name="Test", slug="test").pk


@pytest.fixture
def store() -> PlantedStore:
    return PlantedStore()


def _run(
    store: PlantedStore,
    act: Callable[[Writer], Awaitable[Any]],
    max_deliveries: int = 1_000,
    max_bytes: int = 10**6,
    after_commit: Callable[[Sequence[Delivery]], None] = lambda deliveries: None,
) -> Any:
    async def main() -> Any:
        writer = Writer(lambda: store, lambda counts: None, after_commit, max_deliveries, max_bytes)
        writer.start()
        try:
            return await asyncio.wait_for(act(writer), 90)
        finally:
            store.gate.set()
            await writer.stop()

    return asyncio.run(main())


def _delivery(app_id: int, number: int, text: str = "") -> Delivery:
    body = f'{{"for_user_id":"1","tweet_create_events":[{{"id_str":"{10**18 + number}","text":"{text}"}}]}}'.encode()
    return Delivery(app_id, body, NOW, split(body, NOW))


def test_what_arrives_during_a_commit_is_the_next_batch(app_id: int, store: PlantedStore) -> None:
    async def act(writer: Writer) -> None:
        store.gate.clear()
        first = writer.submit(_delivery(app_id, 0))
        await asyncio.to_thread(store.reached.wait)
        others = [writer.submit(_delivery(app_id, number)) for number in range(1, 51)]
        store.gate.set()
        await asyncio.gather(first, *others)

    _run(store, act)
    assert store.batches == [1, 50]
    assert Event.objects.count() == 51


def test_the_future_is_done_only_after_the_commit(app_id: int, store: PlantedStore) -> None:
    async def act(writer: Writer) -> bool:
        store.gate.clear()
        future = writer.submit(_delivery(app_id, 0))
        await asyncio.sleep(0.1)
        was_done_early = future.done()
        store.gate.set()
        await future
        return was_done_early

    assert _run(store, act) is False
    assert Event.objects.count() == 1


@pytest.mark.parametrize(("max_deliveries", "max_bytes"), [(3, 10**6), (1_000, 300)])
def test_a_full_queue_refuses_and_recovers(
    app_id: int, store: PlantedStore, max_deliveries: int, max_bytes: int
) -> None:
    async def act(writer: Writer) -> None:
        store.gate.clear()
        accepted = [writer.submit(_delivery(app_id, number)) for number in range(3)]
        with pytest.raises(QueueFull):
            writer.submit(_delivery(app_id, 3))
        store.gate.set()
        await asyncio.gather(*accepted)
        await writer.submit(_delivery(app_id, 9))

    _run(store, act, max_deliveries, max_bytes)
    assert Event.objects.count() == 4


def test_a_failed_commit_fails_its_deliveries_and_the_next_one_succeeds(app_id: int, store: PlantedStore) -> None:
    async def act(writer: Writer) -> str:
        store.fail = lambda batch: OSError("the database went away")
        with pytest.raises(NotStored):
            await writer.submit(_delivery(app_id, 0))
        error = writer.last_error
        store.fail = lambda batch: None
        await writer.submit(_delivery(app_id, 0))
        assert writer.last_error == ""
        return error

    assert _run(store, act) == "OSError"
    assert Event.objects.count() == 1


def test_a_row_that_the_database_refuses_does_not_take_the_batch_with_it(app_id: int, store: PlantedStore) -> None:
    bad = _delivery(app_id, 1)
    bad.rows = [row._replace(kind=None) for row in bad.rows]  # type: ignore[arg-type]

    async def act(writer: Writer) -> None:
        store.gate.clear()
        futures = [writer.submit(_delivery(app_id, 0))]
        await asyncio.to_thread(store.reached.wait)
        futures += [writer.submit(delivery) for delivery in (_delivery(app_id, 2), bad, _delivery(app_id, 3))]
        store.gate.set()
        await asyncio.gather(*futures)

    _run(store, act)
    assert Event.objects.count() == 3
    unsplit = Unsplit.objects.get()
    assert unsplit.reason == "the database refused its rows: IntegrityError" or "NotNull" in unsplit.reason
    assert bytes(unsplit.body) == bad.body


def test_stopping_commits_what_was_accepted(app_id: int, store: PlantedStore) -> None:
    async def act(writer: Writer) -> None:
        store.gate.clear()
        futures = [writer.submit(_delivery(app_id, number)) for number in range(20)]
        stopping = asyncio.create_task(writer.stop())
        await asyncio.sleep(0)
        with pytest.raises(QueueFull):
            writer.submit(_delivery(app_id, 99))
        store.gate.set()
        await stopping
        await asyncio.gather(*futures)

    _run(store, act)
    assert Event.objects.count() == 20


def test_a_sender_that_hangs_up_does_not_undo_its_delivery(app_id: int, store: PlantedStore) -> None:
    async def act(writer: Writer) -> None:
        store.gate.clear()
        future = writer.submit(_delivery(app_id, 0))
        future.cancel()
        store.gate.set()
        await writer.submit(_delivery(app_id, 1))

    _run(store, act)
    assert Event.objects.count() == 2


def test_a_follow_up_that_fails_stops_nothing(app_id: int, store: PlantedStore) -> None:
    def fail(deliveries: Sequence[Delivery]) -> None:
        raise RuntimeError("a defect to come")

    async def act(writer: Writer) -> None:
        for number in range(3):
            await writer.submit(_delivery(app_id, number))

    _run(store, act, after_commit=fail)
    assert Event.objects.count() == 3


def test_counts_wait_for_a_database_that_is_away(app_id: int, store: PlantedStore) -> None:
    failures = iter([OSError("away"), None])

    tried = threading.Event()

    def chore(used: Store) -> None:
        tried.set()
        if error := next(failures):
            raise error
        TrafficMinute.objects.create(
            app_id=app_id, minute=NOW, receiver="r", deliveries=0, events=0, duplicates=0, unsplit=0, crcs=0
        )

    async def act(writer: Writer) -> None:
        writer.submit_chore(chore)
        await asyncio.to_thread(tried.wait)
        await writer.submit(_delivery(app_id, 0))  # any wake-up tries again

    _run(store, act)
    assert TrafficMinute.objects.count() == 1


def test_a_count_that_is_always_refused_does_not_stand_in_the_way(app_id: int, store: PlantedStore) -> None:
    def refused(used: Store) -> None:
        raise store.refuses_data[0]

    def minute(used: Store) -> None:
        row = TrafficRow(app_id, NOW, "r", NOW, NOW, 0, 0, 0, 0, "{}", 0, None, None)
        used.save_traffic([row])

    async def act(writer: Writer) -> None:
        writer.submit_chore(refused)
        writer.submit_chore(minute)
        await writer.submit(_delivery(app_id, 0))

    _run(store, act)
    assert TrafficMinute.objects.count() == 1


def test_counts_are_kept_while_deliveries_never_stop(app_id: int, store: PlantedStore) -> None:
    kept = threading.Event()

    async def act(writer: Writer) -> None:
        sent = 0
        pending = {writer.submit(_delivery(app_id, sent))}
        writer.submit_chore(lambda used: kept.set())
        while not kept.is_set():
            assert sent < 500, "the count waits for a lull"
            sent += 2
            pending |= {writer.submit(_delivery(app_id, sent - 1)), writer.submit(_delivery(app_id, sent))}
            _, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)

    _run(store, act)


def test_a_database_that_is_back_is_noticed_though_nobody_sends(
    app_id: int, store: PlantedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "DOUBT_SECONDS", 0.1)

    async def act(writer: Writer) -> None:
        store.fail = lambda batch: OSError("the database went away")
        with pytest.raises(NotStored):
            await writer.submit(_delivery(app_id, 0))
        store.fail = lambda batch: None
        deadline = time.monotonic() + 30
        while writer.last_error:
            assert time.monotonic() < deadline
            writer.retry()  # what the receiver does every second
            await asyncio.to_thread(time.sleep, 0.01)

    _run(store, act)


def test_a_deadlock_is_tried_again(app_id: int, store: PlantedStore) -> None:
    failures = iter([True, False])
    store.fail = lambda batch: OSError("of the moment") if next(failures) else None
    store.passing = True

    async def act(writer: Writer) -> None:
        await writer.submit(_delivery(app_id, 0))

    _run(store, act)
    assert store.batches == [1, 1]


def test_batches_take_apps_and_keys_in_one_order(app_id: int) -> None:
    other = App.objects.create(name="Other", slug="other").pk
    batch = [_delivery(app, number) for app in (other, app_id) for number in (3, 1, 2)]
    merged = merge(batch)
    assert list(merged) == sorted(merged)
    assert all(keys == sorted(keys) for keys in ([each.row.key for each in of_app] for of_app in merged.values()))
    kept = [Delivery(app, body, NOW, (), "no items in it") for app in (other, app_id) for body in (b"3", b"1")]
    order = [(each.app_id, each.digest) for each in unsplit_of(kept)]
    assert order == sorted(order)


def test_a_text_of_any_length_is_stored(app_id: int) -> None:
    words = " ".join(str(number) for number in range(150_000))
    store = open_store()
    try:
        store.save([_delivery(app_id, 0, words)])
    finally:
        store.close()
    event = Event.objects.get()
    assert words.startswith(event.text)
    assert words in event.payload


def test_a_store_counts_new_and_known_by_app(app_id: int) -> None:
    other = App.objects.create(name="Other", slug="other").pk
    store = open_store()
    try:
        store.save([_delivery(app_id, 0), _delivery(app_id, 1)])
        counts = store.save(
            [
                *(_delivery(app_id, number) for number in (1, 2, 2)),
                _delivery(other, 1),
                Delivery(other, b"{}", NOW, (), "no items in it"),
            ]
        )
    finally:
        store.close()
    assert counts == {app_id: Counts(events=1, duplicates=2), other: Counts(events=1, unsplit=1)}


def test_what_a_store_writes_the_orm_reads(app_id: int) -> None:
    occurred = datetime(2025, 5, 19, 14, 1, 46, 123000, tzinfo=UTC)
    row = Row(bytes(range(16)), "1", "new_events", "other", "2", occurred, NOW, "Grüße 👋🏽", '{"a":"👋🏽"}')
    store = open_store()
    try:
        store.save([Delivery(app_id, b"", NOW, [row])])
    finally:
        store.close()
    event = Event.objects.get(key="00010203-0405-0607-0809-0a0b0c0d0e0f", occurred_at=occurred, received_at=NOW)
    assert (event.for_user_id, event.kind, event.category, event.actor_id) == ("1", "new_events", "other", "2")
    assert (event.text, event.payload, event.redeliveries) == (row.text, row.payload, 0)
    assert (event.occurred_at, event.received_at) == (occurred, NOW)
