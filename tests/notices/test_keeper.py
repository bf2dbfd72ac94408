"""When beat or the workers are silent, nobody sends the task that would tell: a web process looks round by itself."""

import threading
import time
from datetime import timedelta

import pytest
import time_machine
from django.db import OperationalError

from aaa_dashboard.asgi import Entry
from aaa_dashboard.staff import tasks
from aaa_dashboard.staff.models import BackgroundProcess
from aaa_dashboard.staff.notices import keeper, round  # noqa: A004 - a look round
from aaa_dashboard.staff.notices.models import Channel, Notice, Turn
from aaa_dashboard.webhooks.models import App
from tests.deliveries.eventually import eventually
from tests.deliveries.serving import serving

from .conftest import MINUTE, NOW, Listener, traffic

pytestmark = pytest.mark.usefixtures("_queues_answer")


@pytest.mark.django_db
def test_a_web_process_tells_that_beat_and_workers_are_silent(app: App, channel: Channel, listener: Listener) -> None:
    with time_machine.travel(NOW, tick=False):
        tasks.look_round()
    with time_machine.travel(NOW + 2 * MINUTE, tick=False):
        assert not keeper.look_if_nobody_does(), "a worker may only be late"
    with time_machine.travel(NOW + 4 * MINUTE, tick=False):
        traffic(app, NOW + 4 * MINUTE)
        assert keeper.look_if_nobody_does()
        assert not keeper.look_if_nobody_does(), "it was done just now"
    assert Turn.objects.get().by == "web"
    assert {notice.kind for notice in Notice.objects.all()} == {"beat-silent", "worker-silent"}
    (document,) = listener.documents
    assert {fact["kind"] for fact in document["notices"]} == {"beat-silent", "worker-silent"}
    with time_machine.travel(NOW + 5 * MINUTE, tick=False):
        assert keeper.look_if_nobody_does(), "who has taken over goes on every minute"
    assert len(listener.documents) == 1, "and says nothing twice"


@pytest.mark.django_db
def test_when_they_are_back_it_is_over_and_the_worker_looks_again(app: App) -> None:
    BackgroundProcess.objects.update(seen_at=NOW - 10 * MINUTE)
    assert round.look(NOW, by="web") is not None
    BackgroundProcess.objects.update(seen_at=NOW + MINUTE)
    traffic(app, NOW + MINUTE)
    with time_machine.travel(NOW + MINUTE, tick=False):
        tasks.look_round()
    assert Turn.objects.get().by == "worker"
    assert not Notice.objects.filter(cleared_at=None).exists()


@pytest.mark.django_db
def test_a_worker_that_is_back_need_not_wait_for_who_stood_in(app: App) -> None:
    assert round.look(NOW, by="web") is not None
    assert round.look(NOW + timedelta(seconds=5), by="worker") is not None
    assert round.look(NOW + timedelta(seconds=10), by="worker") is None
    with time_machine.travel(NOW + 2 * MINUTE, tick=False):
        assert not keeper.look_if_nobody_does()


@pytest.mark.django_db
def test_before_anybody_ever_looked_the_first_web_process_does(app: App) -> None:
    with time_machine.travel(NOW, tick=False):
        assert keeper.look_if_nobody_does()


@pytest.mark.django_db
def test_a_database_that_is_away_ends_no_keeper(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object, **__: object) -> None:
        raise OperationalError("away")

    monkeypatch.setattr(round, "look", away)
    assert not keeper.look_if_nobody_does()


@pytest.mark.django_db(transaction=True)
def test_the_thread_of_a_process_looks_again_and_again(app: App) -> None:
    Turn.objects.create(pk=1, at=NOW - timedelta(days=1), by="worker")
    one = keeper.Keeper(every_seconds=0.02)
    one.start()
    try:
        deadline = time.monotonic() + 60
        while Turn.objects.get().by != "web" and time.monotonic() < deadline:
            time.sleep(0.02)
    finally:
        one.stop()
    one._thread.join(60)  # it may be looking, on a busy machine
    assert Turn.objects.get().by == "web"
    assert not one._thread.is_alive()


def keepers() -> int:
    return sum(thread.name == "notices" for thread in threading.enumerate())


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("pages", "number"), [(True, 1), (False, 0)])
def test_a_process_that_serves_pages_has_one_and_a_receiver_by_itself_has_none(*, pages: bool, number: int) -> None:
    async def django(*_: object) -> None:
        """Answer nothing: nobody asks."""

    with serving(Entry(django if pages else None, receives=not pages)):
        assert keepers() == number
    eventually(lambda: keepers() == 0)
