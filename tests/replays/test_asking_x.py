"""X is asked for one job of a webhook at a time, and for as much as it takes; what it says is acted upon."""

import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection

from aaa_dashboard.replays import advancing, budget, ending, planning, requesting
from aaa_dashboard.replays.models import Ask, Job, Replay
from aaa_dashboard.replays.planning import NotTaken
from aaa_dashboard.replays.windows import Window
from aaa_dashboard.staff.models import AuditEntry
from aaa_dashboard.webhooks.models import Webhook, WebhookChange
from aaa_dashboard.x_api import errors
from aaa_dashboard.x_api.results import ReplayJob
from aaa_dashboard.x_api.v1_1 import Client
from tests.sandbox.client import X

from .conftest import BY, World, job_of

State = Job.State
at_once = pytest.mark.django_db(transaction=True)


def together(*work: Callable[[], object]) -> None:
    """Do several things at the same moment, each with a connection of its own."""
    gate = threading.Barrier(len(work))

    def run(one: Callable[[], object]) -> None:
        gate.wait(60)
        try:
            one()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(one,)) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)


# --- The whole way


def test_a_wish_is_asked_for_and_ends_with_x_s_word(world: World) -> None:
    replay = world.wish()
    world.step()
    job = job_of(replay)
    assert job.state == State.RUNNING
    assert job.x_job_id == world.control.state()["replays"][0]["id"]
    world.ends()
    replay.refresh_from_db()
    assert (job_of(replay).state, replay.state) == (State.COMPLETE, Replay.State.COMPLETE)
    assert replay.finished_at


def test_x_is_asked_for_the_window_in_utc_to_the_minute(world: World) -> None:
    replay = world.wish()
    world.step()
    at_x = world.control.state()["replays"][0]
    assert at_x["from_date"] == replay.from_date.isoformat()
    assert at_x["to_date"] == replay.to_date.isoformat()


def test_a_long_window_is_asked_for_part_by_part(world: World) -> None:
    replay = world.wish(begin=300, end=30)
    assert replay.jobs.count() == 3
    for part in (1, 2, 3):
        world.step()
        running = replay.jobs.get(state=State.RUNNING)
        assert running.part == part
        world.step()  # nothing more while it runs
        assert len(world.requests()) == part
        world.ends()
        world.pass_time(seconds=20)
        world.step()  # counts it out
    replay.refresh_from_db()
    assert replay.state == Replay.State.COMPLETE


# --- Two at once


@at_once
def test_a_double_click_is_one_replay(world: World) -> None:
    window, now = world.ago(90, 30), world.now
    made: list[Replay] = []
    together(*(lambda: made.append(planning.request(world.webhook, window, by=BY, now=now)) for _ in range(4)))
    assert len({one.pk for one in made}) == len(Replay.objects.all()) == 1
    assert len(made) == 4


@at_once
def test_of_two_workers_one_asks(world: World) -> None:
    replay = world.wish()
    now = world.now
    together(*(lambda: advancing.advance(now) for _ in range(3)))
    assert world.requests() == [202]
    assert job_of(replay).state == State.RUNNING


@at_once
def test_two_operators_with_different_wishes_wait_for_each_other(world: World) -> None:
    wishes = [world.wish(90, 60), world.wish(60, 30)]
    now = world.now
    jobs = [job_of(one) for one in wishes]
    together(*(lambda job=job: requesting.ask(job, now=now) for job in jobs))
    assert world.requests() == [202]
    assert sorted(Job.objects.values_list("state", flat=True)) == [State.RUNNING, State.WAITING]


# --- What X says


def test_an_invalid_webhook_is_validated_first(world: World) -> None:
    world.control.json("POST", f"webhooks/{world.webhook.x_id}/invalidate", {})
    Webhook.objects.update(valid=False)
    replay = world.wish()
    world.step()
    assert job_of(replay).state == State.RUNNING
    assert WebhookChange.objects.filter(kind=WebhookChange.Kind.VALIDATED).exists()


def test_one_that_x_knows_to_be_invalid_before_we_do_is_validated_then(world: World) -> None:
    world.control.json("POST", f"webhooks/{world.webhook.x_id}/invalidate", {})
    replay = world.wish()
    world.step()
    assert job_of(replay).state == State.WAITING
    assert not Webhook.objects.get().valid
    world.step()
    assert job_of(replay).state == State.RUNNING


def test_one_that_fails_the_challenge_is_tried_again_later_and_says_why(world: World) -> None:
    world.control.fault("webhook_invalid")
    Webhook.objects.update(valid=False)
    replay = world.wish()
    world.step()
    job = job_of(replay)
    assert (job.state, job.reason) == (State.WAITING, "The webhook is invalid, and fails X’s challenge.")
    assert job.said
    assert job.not_before > world.now
    assert world.requests() == []


def test_without_the_entitlement_everything_of_the_app_stops_and_says_so(world: World, x: X) -> None:
    replays = [world.wish(90, 60), world.wish(60, 30), world.wish(300, 30)]
    with x.app_is(may_replay=0):
        world.step()
    for replay in replays:
        replay.refresh_from_db()
        assert replay.state == Replay.State.FAILED
        assert "not enabled for replays" in replay.remark
        said = job_of(replay).said
        assert said
        assert (said.status, said.code) == (403, 200)
    world.step()
    assert world.requests() == [403]


def test_somebody_else_s_job_is_waited_for_and_its_end_is_the_signal(world: World) -> None:
    world.receiver.holds = True
    world.control.do("post", "acme", text="Hello")  # nobody is subscribed: nothing is delivered for it
    first, second = world.wish(90, 60), world.wish(60, 30)
    world.step()
    Job.objects.filter(replay=first).update(state=State.CANCELLED, is_counted=True)  # as if another had asked for it
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Client, "request_replay", _raise(errors.ReplayInProgress, "already-replaying", 409, 355))
        world.step()
    job = job_of(second)
    assert (job.state, job.reason) == (State.WAITING, "Another replay of this webhook runs at X.")
    assert job.not_before > world.now
    Job.objects.filter(replay=first).update(x_job_id="")
    world.receiver.holds = False
    world.receiver.released.set()
    world.ends()
    assert job_of(second).not_before <= world.now
    world.step()
    assert job_of(second).state == State.RUNNING


def test_an_outage_of_x_is_waited_out_with_longer_and_longer_pauses(world: World) -> None:
    world.control.fault("api_503")
    replay, pauses = world.wish(), []
    for _ in range(3):
        world.step()
        job = job_of(replay)
        assert job.state == State.WAITING
        pauses.append((job.not_before - world.now).total_seconds())
        world.pass_time(hours=1)
    assert pauses == sorted(pauses)
    assert pauses[0] < pauses[-1]
    world.control.ask("DELETE", "faults")
    world.step()
    assert job_of(replay).state == State.RUNNING


def test_what_is_too_young_waits_until_x_takes_it(world: World) -> None:
    replay = world.wish(begin=20, end=12)
    job = job_of(replay)
    assert job.reason == planning.TOO_YOUNG
    world.step()
    assert world.requests() == []
    world.pass_time(minutes=12)
    world.step()
    assert world.requests() == [202]


def test_what_is_too_old_by_then_ends_and_says_so(world: World) -> None:
    replay = world.wish(begin=90, end=30)
    world.pass_time(days=5)
    world.step()
    replay.refresh_from_db()
    assert replay.state == Replay.State.FAILED
    assert "five days" in replay.remark
    assert world.requests() == []


def test_of_what_is_partly_too_old_the_rest_is_asked_for(world: World) -> None:
    replay = world.wish(begin=90, end=30)
    world.pass_time(days=5, minutes=-60)
    world.step()
    job = job_of(replay)
    assert job.state == State.RUNNING
    assert replay.from_date < job.from_date < job.to_date == replay.to_date


def test_never_more_than_five_requests_in_a_quarter_of_an_hour(world: World) -> None:
    replay = world.wish()
    job = job_of(replay)
    Ask.objects.bulk_create(
        Ask(app=world.webhook.app, job=job, at=world.now - timedelta(minutes=minutes)) for minutes in (14, 10, 5, 2, 1)
    )
    world.step()
    job.refresh_from_db()
    assert job.state == State.WAITING
    assert timedelta(seconds=30) < job.not_before - world.now < timedelta(seconds=61)
    assert world.requests() == []
    world.pass_time(seconds=70)
    world.step()
    assert world.requests() == [202]


@at_once
def test_two_who_take_the_last_request_of_the_limit_are_one(world: World) -> None:
    job = job_of(world.wish())
    now = world.now
    Ask.objects.bulk_create(Ask(app=world.webhook.app, job=job, at=now) for _ in range(budget.MOST - 1))
    taken: list[Ask | None] = []

    def take() -> None:
        from django.db import transaction

        with transaction.atomic():
            taken.append(budget.take(job, now=now))

    together(take, take)
    assert len([one for one in taken if one]) == 1


# --- Workers that die


def test_killed_before_the_request_left_it_waits_again(world: World) -> None:
    replay = world.wish()
    Job.objects.update(state=State.ASKING, claimed_until=world.now - timedelta(seconds=1))
    requesting.release(world.now)
    assert job_of(replay).state == State.WAITING
    world.step()
    assert world.requests() == [202]


def test_killed_after_it_left_x_may_run_it_and_it_is_not_asked_for_twice(world: World) -> None:
    replay = world.wish()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Client, "request_replay", _killed)
        with pytest.raises(KeyboardInterrupt):
            world.step()
    world.step()
    assert job_of(replay).state == State.ASKING
    world.pass_time(minutes=3)
    world.step()
    assert (job_of(replay).state, job_of(replay).x_job_id) == (State.RUNNING, "")
    assert world.requests() == []


def test_no_answer_means_that_it_may_run(world: World) -> None:
    replay = world.wish()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Client, "request_replay", _raise(errors.NoAnswer, "no-answer-once", None, None))
        world.step()
    assert (job_of(replay).state, job_of(replay).x_job_id) == (State.RUNNING, "")


def test_an_answer_that_comes_after_the_lease_is_kept_all_the_same(world: World) -> None:
    replay = world.wish()

    def slow(*_: object) -> ReplayJob:
        requesting.release(world.now + timedelta(hours=1))
        return ReplayJob("1095098195724558337", None)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Client, "request_replay", slow)
        world.step()
    assert (job_of(replay).state, job_of(replay).x_job_id) == (State.RUNNING, "1095098195724558337")


# --- What people may not wish, and what they take back


@pytest.mark.parametrize(
    ("begin", "end", "words"),
    [(30, 90, "ends before it begins"), (30, -5, "in the future"), (6 * 24 * 60, 30, "for 5 days")],
)
def test_what_x_could_never_take_is_refused_at_once(world: World, begin: float, end: float, words: str) -> None:
    with pytest.raises(NotTaken, match=words):
        world.wish(begin, end)
    assert not Replay.objects.exists()


def test_nothing_is_asked_of_a_webhook_that_is_gone(world: World) -> None:
    Webhook.objects.update(deleted_at=world.now)
    world.webhook.refresh_from_db()
    with pytest.raises(NotTaken, match="does not have this webhook"):
        world.wish()


def test_when_the_webhook_goes_what_waits_for_it_ends(world: World) -> None:
    from aaa_dashboard.webhooks.asking import mark_gone

    replay = world.wish()
    mark_gone(world.webhook)
    replay.refresh_from_db()
    assert (replay.state, replay.remark) == (Replay.State.FAILED, "X does not have this webhook any more.")
    world.step()
    assert world.requests() == []


def test_what_waits_can_be_cancelled_and_what_runs_goes_on(world: World) -> None:
    replay = world.wish(begin=300, end=30)
    world.step()
    assert ending.cancel(replay, by=BY, now=world.now)
    replay.refresh_from_db()
    assert replay.state == Replay.State.STOPPING
    assert sorted(replay.jobs.values_list("state", flat=True)) == [State.CANCELLED, State.CANCELLED, State.RUNNING]
    world.ends()
    replay.refresh_from_db()
    assert replay.state == Replay.State.CANCELLED
    assert not ending.cancel(replay, by=BY, now=world.now)


def test_of_one_whose_only_job_runs_x_is_asked_for_nothing_more_and_the_webhook_is_free_when_it_ends(
    world: World,
) -> None:
    replay = world.wish()
    world.step()
    assert ending.cancel(replay, by=BY, now=world.now)
    again = planning.request(world.webhook, Window(replay.from_date, replay.to_date), by=BY, now=world.now)
    assert again != replay, "whoever wants it again gets a replay of its own"
    world.step()
    assert world.requests() == [202], "X runs one job of a webhook at a time"
    world.ends()
    replay.refresh_from_db()
    assert replay.state == Replay.State.COMPLETE, "X has delivered all of it after all"
    world.pass_time(seconds=30)
    world.step()
    world.step()
    assert world.requests() == [202, 202]


def test_one_that_is_stopped_while_x_is_being_asked_is_not_asked_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    replay = world.wish()
    monkeypatch.setattr(requesting, "_is_ready", lambda job, now: bool(ending.cancel(replay, by=BY, now=now)))
    world.step()
    world.step()
    replay.refresh_from_db()
    assert world.requests() == []
    assert (job_of(replay).state, replay.state) == (State.CANCELLED, Replay.State.CANCELLED)


def test_what_x_refused_while_it_was_stopped_is_not_asked_for_again(world: World) -> None:
    replay = world.wish()
    refuse = _raise(errors.TemporarilyUnavailable, "over-capacity", 503, 130)

    def stopped_meanwhile(*_: object) -> ReplayJob:
        ending.cancel(replay, by=BY, now=world.now)
        return refuse()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Client, "request_replay", stopped_meanwhile)
        world.step()
    world.step()
    replay.refresh_from_db()
    assert replay.state == Replay.State.CANCELLED
    assert world.requests() == []


@pytest.mark.django_db(transaction=True)
def test_of_two_who_stop_it_at_once_one_has_done_it(world: World) -> None:
    replay = world.wish()
    world.step()
    done: list[bool] = []
    stop = partial(ending.cancel, replay, by=BY, now=world.now)
    together(lambda: done.append(stop()), lambda: done.append(stop()))
    assert sorted(done) == [False, True]
    assert AuditEntry.objects.filter(action="cancelled a replay").count() == 1


def _raise(error: type[errors.XError], key: str, status: int | None, code: int | None) -> Callable[..., ReplayJob]:
    def request_replay(*_: object) -> ReplayJob:
        raise error(errors.Failure(key, "ask for a replay", "Said.", "Means.", "Do.", status, code))

    return request_replay


def _killed(*_: object) -> ReplayJob:
    raise KeyboardInterrupt
