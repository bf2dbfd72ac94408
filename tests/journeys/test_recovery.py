"""An outage from its beginning to its end: found by itself, replayed beside live traffic, every event present once."""

import faulthandler
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from kombu.exceptions import OperationalError
from pytest_django.fixtures import Settings

from aaa_dashboard.deliveries import gaps
from aaa_dashboard.deliveries.models import Event, Gap
from aaa_dashboard.deliveries.recovered import ids_of
from aaa_dashboard.replays import ending
from aaa_dashboard.replays.models import Job, Replay
from aaa_dashboard.replays.tasks import advance
from tests.journeys.recovery import Installation, Withheld
from tests.sandbox.client import OWNER
from tests.sandbox.wire import CONSUMER_KEY, SECRET, eventually, free_port, sandboxes

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

Install = Callable[..., Installation]
OUTAGE_MINUTES = 20
A_FEW = 3
AS_MANY_AS_IN_LIFE = 50
PATIENCE_SECONDS = 900


@pytest.fixture
def install(tmp_path: Path, transactional_db: None, settings: Settings) -> Iterator[Install]:
    """Makes an installation with so many events a second."""
    made: list[Installation] = []
    with sandboxes(tmp_path) as start:

        def make(per_second: int = A_FEW, redis_url: str = "") -> Installation:
            sandbox = start(
                ALLOW_LOOPBACK=1, RATE_LIMIT_SCALE=0, CHALLENGE_SECONDS=36_000, BACKLOG=0, WARM_UP_SECONDS=0, SEED=7,
                RETRY_SCALE=1, LOG_DELIVERIES=200_000, ACCESS_TOKEN=OWNER.token, ACCESS_TOKEN_SECRET=OWNER.secret,
            )  # fmt: skip
            made.append(Installation(sandbox, free_port(), tmp_path, per_second, redis_url))
            settings.X_API_BASE_URL, settings.PUBLIC_URL = sandbox.url, made[-1].url
            settings.X_CONSUMER_KEY, settings.X_CONSUMER_SECRET = CONSUMER_KEY, SECRET
            settings.X_ACCESS_TOKEN, settings.X_ACCESS_TOKEN_SECRET = OWNER.token, OWNER.secret
            return made[-1]

        yield make
        for one in made:
            one.end()


@pytest.fixture(autouse=True)
def _patience() -> None:
    """Twenty minutes are simulated in less, but in more than the two after which a test counts as hanging."""
    faulthandler.dump_traceback_later(PATIENCE_SECONDS, exit=True)


def outage(here: Installation) -> tuple[Gap, Replay]:
    """Twenty minutes without a receiver, found when it is back. The replay that came of it is old enough for X."""
    here.set_up()
    here.minutes(3)
    here.settled()
    here.kill_receiver()
    here.minutes(OUTAGE_MINUTES)
    here.start_receiver()
    here.minutes(6)  # X's own retries bring what they still can; the rest is lost
    here.settled()
    assert here.control.state()["deliveries"]["lost"] > here.per_second * 60 * 12
    assert here.all_sent() - set(here.all_stored())

    gaps.find(here.now)
    here.schedule()
    gap, replay = Gap.objects.get(), Replay.objects.get()
    assert gap.cause == Gap.Cause.NO_RECEIVER
    assert gap.ended_at
    assert 20 <= (gap.ended_at - gap.began_at).total_seconds() / 60 < 25  # and what it took to simulate them
    assert (gap.state, replay.state) == (Gap.State.RECOVERING, Replay.State.WAITING)
    here.minutes(8)  # until it is 31 minutes old
    here.settled()
    return gap, replay


def every_event_is_there_once(here: Installation) -> None:
    here.settled()
    eventually(lambda: here.all_sent() == set(here.all_stored()), 60)
    assert len(here.all_stored()) == len(set(here.all_stored()))


def is_over(gap: Gap, replay: Replay) -> None:
    gap.refresh_from_db()
    replay.refresh_from_db()
    assert (gap.state, replay.state) == (Gap.State.RECOVERED, Replay.State.COMPLETE)


def recovered(here: Installation, replay: Replay) -> int:
    """The number that the replay's page says, when it is final."""
    here.pass_time(seconds=20)
    here.schedule()
    assert all(job.is_counted for job in replay.jobs.all())
    return sum(replay.jobs.values_list("recovered", flat=True))


# The full size takes eight minutes: FULL_SIZE=1 runs it.
SIZES = [A_FEW, AS_MANY_AS_IN_LIFE] if os.environ.get("FULL_SIZE") else [A_FEW]


@pytest.mark.parametrize("per_second", SIZES)
def test_what_an_outage_missed_comes_back_beside_live_traffic(install: Install, per_second: int) -> None:
    here = install(per_second)
    gap, replay = outage(here)
    before = len(here.all_stored())
    missing = len(here.all_sent()) - before
    began = time.monotonic()

    here.control.json("PUT", "traffic", {"per_second": 100})
    here.until("complete", replay)
    took = time.monotonic() - began
    here.control.json("PUT", "traffic", {"per_second": 0})

    every_event_is_there_once(here)
    is_over(gap, replay)
    # What X gives no time, or one of long ago, cannot be told from what is live.
    number = recovered(here, replay)
    assert missing * 0.99 <= number <= missing
    marked = ids_of(Event.objects.exclude(for_user_id="").defer("payload", "text"))
    job = replay.jobs.get()
    assert len(marked) == number
    print(f"{missing} missing of {before + missing}, {job.redelivered} known, replayed in {took:.0f} s")


def test_one_that_ends_incomplete_twice_is_asked_for_until_it_is_complete(install: Install) -> None:
    here = install()
    gap, replay = outage(here)
    here.control.fault("replay_incomplete")
    for attempt in (1, 2):
        eventually(lambda: _stepped(here, replay.jobs.filter(attempt=attempt, state=Job.State.INCOMPLETE).exists), 60)  # noqa: B023
        here.pass_time(seconds=20)  # counted
        here.schedule()
        if attempt == 2:
            here.control.ask("DELETE", "faults")
        here.pass_time(seconds=ending.PAUSE.total_seconds() * attempt)
    here.until("complete", replay)

    every_event_is_there_once(here)
    is_over(gap, replay)
    assert [job.state for job in replay.jobs.order_by("attempt")] == ["incomplete", "incomplete", "complete"]


def _stepped(here: Installation, is_so: Callable[[], bool]) -> bool:
    here.schedule()
    return is_so()


class Redis:
    """A broker of the test's own."""

    def __init__(self, folder: Path) -> None:
        self.port, self.folder = free_port(), folder
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [
            "redis-server",
            "--port",
            str(self.port),
            "--bind",
            "127.0.0.1",
            "--dir",
            str(self.folder),
            "--save",
            "",
        ]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        with redis.Redis.from_url(self.url) as client:
            eventually(lambda: _answers(client), 60)

    def stop(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait(60)


def _answers(client: "redis.Redis") -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False


@pytest.fixture
def broker(redis_url: str, tmp_path: Path) -> Iterator[Redis]:
    server = Redis(tmp_path)
    server.start()
    yield server
    server.stop()


def test_with_a_worker_killed_in_the_middle_and_redis_restarted(
    install: Install, broker: Redis, settings: Settings
) -> None:
    here = install(redis_url=broker.url)
    gap, replay = outage(here)
    app = advance.app

    def beat() -> None:
        """What beat sends, as far as the broker takes it."""
        try:
            with app.connection_for_write(broker.url) as connection:
                advance.apply_async(connection=connection, expires=None, retry=False)
        except (OSError, redis.RedisError, OperationalError):
            pass

    # The worker is killed between X's answer and the moment at which it hears it.
    way = Withheld(here.sandbox.url)
    first = here.start_worker(X_API_BASE_URL=way.url)
    eventually(lambda: _sent(beat, way.answered.is_set), 60)
    first.kill()
    first.wait(60)
    way.close()
    assert replay.jobs.get().x_job_id == ""

    # Nobody knows the job's id. Redis loses what it had, too.
    broker.stop()
    here.pass_time(minutes=3)
    broker.start()
    here.start_worker()
    here.control.json("PUT", "traffic", {"per_second": 50})
    eventually(lambda: _sent(beat, lambda: Replay.objects.get().state == "complete"), 120)
    here.control.json("PUT", "traffic", {"per_second": 0})

    every_event_is_there_once(here)
    is_over(gap, replay)
    assert len(here.control.state()["replays"]) == 1, "X was asked once"


def _sent(beat: Callable[[], None], is_so: Callable[[], bool]) -> bool:
    beat()
    time.sleep(0.3)
    return is_so()
