"""What could not be taken apart is looked through for what must go: a part at a time, however much there is."""

import hashlib
from itertools import count
from math import inf

import pytest
from django.utils import timezone

from aaa_dashboard.audit import Actor
from aaa_dashboard.deliveries.models import Follower, Unsplit
from aaa_dashboard.deliveries.takedown import requests, unsplit
from aaa_dashboard.deliveries.takedown.models import Takedown, Tombstone
from aaa_dashboard.deliveries.takedown.steps import STEPS
from tests.activity.factory import Store
from tests.recovery.erasure import run_by_itself

pytestmark = pytest.mark.django_db

BODIES = 12


@pytest.fixture(autouse=True)
def _ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that goes on by one at each look, and few bodies between two looks."""
    ticks = count()
    monkeypatch.setattr(unsplit, "monotonic", lambda: float(next(ticks)))
    monkeypatch.setattr(unsplit, "BODIES_AT_ONCE", 2)


@pytest.fixture(autouse=True)
def bodies(db: None) -> list[Unsplit]:
    """Each holds the number of its place, in thousands."""
    app = Store().app
    return [
        Unsplit.objects.create(
            app=app, digest=hashlib.sha256(bytes([place])).hexdigest(), received_at=timezone.now(), reason="no JSON",
            body=b'{"id": %d000' % place,
        )
        for place in range(1, BODIES + 1)
    ]  # fmt: skip


def soon() -> float:
    """When time is over after a few looks."""
    return float(vars(unsplit)["monotonic"]()) + 4


def entomb(*places: int) -> None:
    now = timezone.now()
    Tombstone.objects.bulk_create(Tombstone(post_id=f"{place}000", at=now, why="deleted at X") for place in places)


def emptied() -> list[int]:
    """Places of those that were."""
    places = enumerate(Unsplit.objects.order_by("pk"), 1)
    return [place for place, one in places if not bytes(one.body)]


def test_a_sweep_goes_on_where_its_time_was_over() -> None:
    entomb(2, 11)
    told: list[str] = []
    runs = 1
    while not unsplit.sweep(soon(), timezone.now(), told.append):
        runs += 1
        assert runs < 2 * BODIES
    assert runs > 2
    assert emptied() == [2, 11]
    assert told == ["2000", "11000"]
    assert unsplit.sweep(soon(), timezone.now(), told.append)
    assert len(told) == 2


def test_what_is_entombed_in_the_middle_of_a_sweep_is_looked_for_from_the_beginning() -> None:
    entomb(11)
    assert not unsplit.sweep(soon(), timezone.now(), lambda _: None)
    entomb(1)
    while not unsplit.sweep(soon(), timezone.now(), lambda _: None):
        pass
    assert emptied() == [1, 11]


def test_a_takedown_of_a_post_waits_for_its_sweep(monkeypatch: pytest.MonkeyPatch) -> None:
    now = run_by_itself(timezone.now())
    monkeypatch.setattr(unsplit, "monotonic", lambda: inf)
    takedown, _ = requests.ask(Takedown.What.POST, "11000", by=Actor("olga"), now=now)
    now = run_by_itself(now)
    takedown.refresh_from_db()
    assert (takedown.done_at, emptied()) == (None, [])
    monkeypatch.undo()
    run_by_itself(now)
    takedown.refresh_from_db()
    assert takedown.done_at
    assert takedown.found == {"deliveries that could not be taken apart": 1}
    assert emptied() == [11]


def test_a_takedown_of_an_account_goes_on_where_its_time_was_over() -> None:
    takedown, _ = requests.ask(Takedown.What.AUTHOR, "11000", by=Actor("olga"), now=timezone.now())
    step = STEPS[Takedown.What.AUTHOR][1]
    runs = 1
    while not step.do(takedown, soon()):
        runs += 1
        assert runs < 2 * BODIES
    assert runs > 2
    assert emptied() == [11]
    assert takedown.found == {"deliveries that could not be taken apart": 1}
    assert not Follower.objects.filter(name__contains="takedown").exists()
