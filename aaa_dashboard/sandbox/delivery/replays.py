"""Deliver once more what was attempted in a window: at a steady rate, beside live deliveries, and without repetition.

Source: X, Replay API: everything whose delivery was attempted, oldest minute first, up to 2,500 a second; at the end a
`replay_job_status` says whether all of it was delivered.
"""

import asyncio
import itertools
import time
from dataclasses import dataclass
from datetime import datetime

import orjson
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from .. import clock, faults
from ..mint import Delivery as Made
from ..mint import new_id
from ..models import Attempt, Delivery, Replay, Webhook
from .deliverer import Attempted, Errand
from .dispatch import Dispatcher, Line, target_of
from .mishaps import tampered
from .posting import post

READ_AT_ONCE = 1_000
# X's words. Source: X, Replay API, “Job completion”.
DESCRIPTIONS = {
    Replay.State.COMPLETE: "Job completed successfully",
    Replay.State.INCOMPLETE: "Job failed to deliver all events, please retry your replay job",
}


class AlreadyRunning(Exception):
    """The webhook has a replay that is not finished."""


def start(webhook: Webhook, from_date: datetime, to_date: datetime) -> Replay:
    """Begin to deliver `[from_date, to_date)` once more. From any thread.

    Raises:
        AlreadyRunning: One replay for each webhook at a time.
    """
    try:
        with transaction.atomic():
            replay = Replay.objects.create(
                id=new_id(clock.now_ms()), webhook=webhook, from_date=from_date, to_date=to_date
            )
    except IntegrityError:
        raise AlreadyRunning from None
    current.begin(replay)
    return replay


@dataclass
class _Run:
    """One replay under way."""

    line: Line
    replay: int
    rate: float
    limit: int
    """It breaks off after so many."""
    delivered: int = 0
    failed: int = 0

    def __post_init__(self) -> None:
        self._turns = itertools.count()
        self._began = time.perf_counter()

    async def work(self, queue: asyncio.Queue[Errand | None]) -> None:
        """Deliver what comes out of the queue, each in its turn. An invalid webhook gets nothing."""
        while errand := await queue.get():
            turn = next(self._turns)
            if turn >= self.limit:
                continue
            if (ahead := self._began + turn / self.rate - time.perf_counter()) > 0:
                await asyncio.sleep(ahead)
            if self.line.deliverer.is_open:
                await self._attempt(errand)

    async def _attempt(self, errand: Errand) -> None:
        target = self.line.deliverer.target
        at, (body, secret, fault) = clock.now(), tampered(errand.delivery.body, target.secret)
        answer = await post(self.line.client, target.url, secret, body)
        self.line.deliverer.log.note(Attempted(errand, 0, at, answer, fault=fault, replay=self.replay))
        if answer.is_received:
            self.delivered += 1
        else:
            self.failed += 1


class Replays:
    """Runs the replays of this process."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._asked: asyncio.Queue[Replay] = asyncio.Queue()
        self.rate: float = settings.REPLAY_PER_SECOND
        """Deliveries a second. X's limit is 2,500."""

    def begin(self, replay: Replay) -> None:
        """Take a replay that is in the database. From any thread."""
        if self._loop:
            self._loop.call_soon_threadsafe(self._asked.put_nowait, replay)

    async def run(self, dispatcher: Dispatcher) -> None:
        """Run what is begun until cancelled. What a stop interrupted is Incomplete, and said to be so at once."""
        self.dispatcher = dispatcher
        interrupted = await sync_to_async(lambda: list(Replay.objects.filter(state=Replay.State.RUNNING)))()
        for replay in interrupted:
            await self._finish(replay, Replay.State.INCOMPLETE)
        self._loop = asyncio.get_running_loop()
        try:
            async with asyncio.TaskGroup() as tasks:
                while True:
                    tasks.create_task(self._run(await self._asked.get()))
        finally:
            self._loop = None

    async def _run(self, replay: Replay) -> None:
        hook = await sync_to_async(Webhook.objects.select_related("app").filter(pk=replay.webhook_id).first)()
        if hook is None:
            return
        line = self.dispatcher.line(target_of(hook))
        await self.dispatcher.log.flush()
        selected = await sync_to_async(lambda: sum(part.count() for part in _selected(replay)))()
        run = _Run(line, replay.pk, self.rate, selected // 2 if faults.strikes("replay_incomplete") else selected)
        queue: asyncio.Queue[Errand | None] = asyncio.Queue(READ_AT_ONCE)
        async with asyncio.TaskGroup() as workers:
            workers.create_task(_read(replay, queue, settings.CONCURRENCY))
            for _ in range(settings.CONCURRENCY):
                workers.create_task(run.work(queue))
        replay.delivered, replay.failed = run.delivered, run.failed
        is_complete = run.delivered == selected
        await self._finish(replay, Replay.State.COMPLETE if is_complete else Replay.State.INCOMPLETE)

    async def _finish(self, replay: Replay, state: Replay.State) -> None:
        """Say how it ended: to whoever looks, and to the webhook."""
        replay.state = state
        kept = Replay.objects.filter(pk=replay.pk)  # or forgotten meanwhile
        await kept.aupdate(state=state, finished_at=clock.now(), delivered=replay.delivered, failed=replay.failed)
        hook = await sync_to_async(Webhook.objects.select_related("app").filter(pk=replay.webhook_id).first)()
        if hook and hook.valid:
            self.dispatcher.offer(target_of(hook), [status_of(replay, hook)])


def status_of(replay: Replay, hook: Webhook) -> Made:
    """What X sends when a replay has ended."""
    state = Replay.State(replay.state)
    status = {
        "webhook_id": hook.x_webhook_id,
        "job_state": state.label,
        "job_state_description": DESCRIPTIONS[state],
        "job_id": str(replay.pk),
    }
    return Made(f"replay_job_status__{state.value}", "", orjson.dumps({"replay_job_status": status}))


def _selected(replay: Replay) -> tuple[QuerySet[Delivery], ...]:
    """What was attempted in the window of a replay, in the order in which it is delivered once more.

    That is what was repeated in it and first attempted before, and what was first attempted in it. How earlier replays
    ended is not said again.
    """
    of_webhook = Delivery.objects.filter(webhook_id=replay.webhook_id).exclude(payload__startswith="replay_job_status")
    # Attempts of replays have the number 0.
    repetitions = Attempt.objects.filter(number__gt=1, at__gte=replay.from_date, at__lt=replay.to_date)
    return (
        of_webhook.filter(attempted_at__lt=replay.from_date, id__in=repetitions.order_by().values("delivery_id")),
        of_webhook.filter(attempted_at__gte=replay.from_date, attempted_at__lt=replay.to_date),
    )


async def _read(replay: Replay, into: asyncio.Queue[Errand | None], readers: int) -> None:
    """Put what is to be delivered into a queue, oldest first, and None for each reader at the end."""
    for part in _selected(replay):
        selected = part.order_by("attempted_at", "id").values_list(
            "attempted_at", "id", "payload", "for_user_id", "body"
        )
        after = Q()
        while rows := await sync_to_async(lambda of, after: list(of.filter(after)[:READ_AT_ONCE]))(selected, after):
            for _, pk, payload, for_user_id, body in rows:
                await into.put(Errand(pk, replay.webhook_id, Made(payload, for_user_id, bytes(body))))
            at, pk = rows[-1][:2]
            after = Q(attempted_at__gt=at) | Q(attempted_at=at, id__gt=pk)
    for _ in range(readers):
        await into.put(None)


current = Replays()
"""The replays of this process."""
