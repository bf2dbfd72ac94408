"""How a replay stands, as pages and the command line say it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Prefetch, QuerySet

from . import budget, progress
from .models import Job, Replay

State = Job.State
ENDED_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Shown:
    """One replay with its jobs. Numbers are of all its jobs together."""

    replay: Replay
    jobs: list[Job]
    """In the order in which X is asked for them."""
    now: datetime

    @property
    def current(self) -> Job | None:
        """The job at X, or the one that is next."""
        under_way = [job for job in self.jobs if job.state in Job.UNDER_WAY]
        waiting = [job for job in self.jobs if job.state == State.WAITING]
        return next(iter(under_way or waiting), None)

    @property
    def parts(self) -> int:
        return max((job.part for job in self.jobs), default=0)

    @property
    def recovered(self) -> int:
        return sum(job.recovered for job in self.jobs)

    @property
    def redelivered(self) -> int:
        return sum(job.redelivered for job in self.jobs)

    @property
    def trouble(self) -> Job | None:
        """The job whose refusal by X somebody should read."""
        if self.replay.state == Replay.State.COMPLETE:
            return None
        return next((job for job in reversed(self.jobs) if job.failure and job.state != State.CANCELLED), None)

    @property
    def token(self) -> str:
        """Changes when there is something to be told, and not with every number."""
        job = self.current
        return f"{self.replay.state}.{job.pk}.{job.state}" if job else self.replay.state

    @property
    def state(self) -> Replay.State:
        """As people see it: between two jobs it runs nowhere."""
        job, state = self.current, Replay.State(self.replay.state)
        is_between = state == Replay.State.RUNNING and job is not None and job.state == State.WAITING
        return Replay.State.WAITING if is_between else state

    @property
    def headline(self) -> str:
        """What goes on, in a sentence."""
        job = self.current
        which = f"part {job.part} of {self.parts}" if job and self.parts > 1 else "it"
        if self.replay.state == Replay.State.STOPPING:
            return "X is asked for nothing more. What it has begun goes on to its end."
        if job is None:
            return _ENDED.get(Replay.State(self.replay.state), "It ends.")
        if job.state == State.ASKING:
            return f"X is being asked for {which}."
        if job.state == State.RUNNING:
            return f"X delivers {which}."
        if job.not_before <= self.now:
            return f"X is asked for {which} within 15 seconds."
        return f"It waits before X is asked for {which}."

    @property
    def percent(self) -> int | None:
        """How much of the running job has come; never all of it, since X alone knows that."""
        job = self.current
        if job is None or job.state != State.RUNNING or not job.expected:
            return None
        return min(99, job.done * 100 // job.expected)

    @property
    def per_second(self) -> float | None:
        """Deliveries of the running job a second, since it began."""
        job = self.current
        if job is None or job.state != State.RUNNING or job.asked_at is None or not job.done:
            return None
        return job.done / max((self.now - job.asked_at).total_seconds(), 1.0)

    @property
    def ends_at(self) -> datetime | None:
        """When the running job will have ended if it goes on like this."""
        job, rate = self.current, self.per_second
        if not rate or job is None or not job.expected or job.expected <= job.done:
            return None
        return self.now + timedelta(seconds=(job.expected - job.done) / rate)

    @property
    def ends_in(self) -> timedelta | None:
        """How long that is from now."""
        return self.ends_at - self.now if self.ends_at else None

    @property
    def waiting(self) -> int:
        """How many jobs X is still to be asked for."""
        return sum(job.state == State.WAITING for job in self.jobs)

    @property
    def rest_takes(self) -> timedelta:
        """How long it takes at least to ask X for what waits; nothing: no longer than one request."""
        return budget.least(self.waiting)

    @property
    def is_counted(self) -> bool:
        """Whether its numbers are final."""
        return all(job.is_counted for job in self.jobs if job.asked_at)


_ENDED = {
    Replay.State.COMPLETE: "X has delivered all of it once more.",
    Replay.State.FAILED: "It ended without all of it.",
    Replay.State.CANCELLED: "It was cancelled.",
}


def one(replay: Replay, *, now: datetime) -> Shown:
    """A replay with numbers of this very moment."""
    jobs = list(replay.jobs.select_related("webhook").order_by("part", "attempt"))
    for job in jobs:
        if job.asked_at and not job.is_counted:
            numbers = progress.measure(job, now)
            job.recovered, job.redelivered = numbers.recovered, numbers.redelivered
    return Shown(replay, jobs, now)


def under_way(*, now: datetime) -> list[Shown]:
    """Replays that run or wait, in the order in which they are asked for."""
    return _shown(_rows().filter(state__in=Replay.OPEN).order_by("id"), now)


def ended(*, now: datetime) -> list[Shown]:
    """The last that ended, newest first."""
    return _shown(_rows().exclude(state__in=Replay.OPEN).order_by("-finished_at", "-id")[:ENDED_SHOWN], now)


def _rows() -> QuerySet[Replay]:
    jobs = Job.objects.order_by("part", "attempt")
    return Replay.objects.select_related("webhook__app").prefetch_related(Prefetch("jobs", jobs, to_attr="listed"))


def _shown(replays: Iterable[Replay], now: datetime) -> list[Shown]:
    return [Shown(replay, replay.listed, now) for replay in replays]  # type: ignore[attr-defined]
