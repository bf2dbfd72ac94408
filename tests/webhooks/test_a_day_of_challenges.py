"""A day and more, by X's clock and by ours: the last good challenge is never older than 24 hours.

X asks no challenge of its own accord here, so that every one there is has been asked for.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from aaa_dashboard.webhooks.models import Webhook
from aaa_dashboard.webhooks.revalidating import STALE_AFTER, keep_valid
from aaa_dashboard.x_api import retries
from tests.sandbox.client import OWNER, X
from tests.sandbox.control import Control
from tests.sandbox.wire import Receiver, Sandbox, sandboxes

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

STEP, DAY, HOUR = timedelta(minutes=15), timedelta(hours=24), timedelta(hours=1)
NEVER = 30 * 24 * 3600
Moment = Callable[[timedelta], None]


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with sandboxes(tmp_path_factory.mktemp("sandbox")) as start:
        yield start(
            ALLOW_LOOPBACK=1, RATE_LIMIT_SCALE=0, CHALLENGE_SECONDS=NEVER, BACKLOG=0, ANSWER_SECONDS=1,
            ACCESS_TOKEN=OWNER.token, ACCESS_TOKEN_SECRET=OWNER.secret,
        )  # fmt: skip


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "MAX_ATTEMPTS", 1)


def walk(x: X, hours: int, *, keeps: bool = True, moment: Moment = lambda _past: None) -> timedelta:
    """Let both clocks go on step by step, with our work done at each: the oldest that the last good challenge was.

    Args:
        x: X.
        hours: How long.
        keeps: Whether our work is done.
        moment: Called before each step's work with the time that has passed.
    """
    began, control, oldest = datetime.now(UTC), Control(x.sandbox), timedelta()
    for step in range(1, int(hours * HOUR / STEP) + 1):
        past = step * STEP
        control.advance(seconds=STEP.total_seconds())
        moment(past)
        if keeps:
            keep_valid(began + past, running="one version")
        state = control.state()
        [there] = state["webhooks"]
        here = Webhook.objects.get()
        assert here.last_good_at is not None
        assert here.valid == there["valid"]
        by_x = datetime.fromisoformat(state["now"]) - datetime.fromisoformat(there["challenged_at"])
        by_us = began + past - here.last_good_at
        oldest = max(oldest, by_us, by_x if not there["challenge_problem"] else timedelta())
    return oldest


def test_two_days_without_a_lapse(x: X, webhook: Webhook) -> None:
    assert STALE_AFTER - STEP < walk(x, 50) < STALE_AFTER + STEP < DAY
    assert webhook.changes.filter(kind="validated").count() == 3, "one for the new version, then one in 22 hours"


def test_none_lapses_where_the_receiver_is_away_when_it_is_due(x: X, webhook: Webhook, receiver: Receiver) -> None:
    def away(past: timedelta) -> None:
        is_away = timedelta(hours=22) <= past <= timedelta(hours=23, minutes=15)
        receiver.challenge_answer = (lambda _token: (503, {}, b"")) if is_away else None

    walk(x, 1)  # so that it is validated at the beginning of the next
    assert walk(x, 26, moment=away) < DAY
    webhook.refresh_from_db()
    assert webhook.changes.filter(kind="refused").exists()
    assert webhook.valid


def test_none_lapses_where_x_is_away_when_it_is_due(x: X, webhook: Webhook) -> None:
    control = Control(x.sandbox)

    def away(past: timedelta) -> None:
        if past == timedelta(hours=21, minutes=45):
            control.fault("api_503")
        elif past == timedelta(hours=23, minutes=15):
            control.ask("DELETE", "faults")

    assert walk(x, 26, moment=away) < DAY


def test_without_this_work_it_would_lapse(x: X, webhook: Webhook) -> None:
    assert walk(x, 25, keeps=False) > DAY
