"""Remember deliveries and attempts in the database: gathered in memory, written a few times a second.

What is remembered is what a replay can deliver once more: as long as X keeps it, and bounded in number.
"""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from asgiref.sync import sync_to_async
from django.db import DatabaseError, transaction

from .. import clock
from ..mint import Delivery as Made
from ..models import Attempt, Delivery, Webhook
from .deliverer import Attempted, Errand

logger = logging.getLogger("sandbox")

FLUSH_SECONDS = 0.25
PRUNE_EVERY = 40  # flushes
# How long X can replay what it delivered. Source: X, Replay API, “from_date … within the past 5 days”.
KEPT_FOR = timedelta(days=5)
PRUNED_AT_ONCE = 5_000
MAX_NOTED = 50_000


class DeliveryLog:
    """Notes what happens without waiting for the database.

    Args:
        keep: How many deliveries are remembered.
    """

    def __init__(self, keep: int) -> None:
        self.keep = keep
        self._rows: dict[int, Delivery] = {}
        self._noted: list[Attempted] = []
        self._writing: asyncio.Future[None] | None = None

    def made(self, errand: Errand) -> None:
        """Remember a delivery at the next flush."""
        self._row(errand).due_at = _datetime(errand.due_ms or clock.now_ms())

    def note(self, attempted: Attempted) -> None:
        """Remember an attempt at the next flush. Of a flood only the newest are gathered."""
        self._noted.append(attempted)
        if len(self._noted) > MAX_NOTED:
            del self._noted[: MAX_NOTED // 2]
        if attempted.replay is not None:
            return
        row = self._row(attempted.errand)
        row.attempts_made = attempted.number
        if attempted.number == 1:
            row.attempted_at = attempted.at
        row.due_at = _datetime(attempted.next_ms) if attempted.next_ms else None
        if attempted.answer.is_received:
            row.state = Delivery.State.DELIVERED
        elif attempted.number == attempted.errand.number:  # not a duplicate of what was received
            row.state = Delivery.State.WAITING if attempted.next_ms else Delivery.State.LOST

    def lost(self, errand: Errand) -> None:
        """Remember that a delivery is given up without another attempt."""
        row = self._row(errand)
        row.state, row.due_at, row.attempts_made = Delivery.State.LOST, None, errand.number - 1

    async def run(self) -> None:
        """Flush until cancelled, and once more then."""
        flushes = 0
        try:
            while True:
                await asyncio.sleep(FLUSH_SECONDS)
                await self.flush()
                if flushes % PRUNE_EVERY == 0:
                    await sync_to_async(self.prune)()
                flushes += 1
        finally:
            await asyncio.shield(self._end())

    async def flush(self) -> None:
        """Write what was noted, and wait until it is written."""
        while self._writing and not self._writing.done():
            await asyncio.shield(self._writing)
        rows, self._rows = self._rows, {}
        noted, self._noted = self._noted, []
        if rows or noted:
            # A task of its own: who waits for it may be cancelled, the writing may not.
            self._writing = asyncio.ensure_future(sync_to_async(self._write)(list(rows.values()), noted))
            try:
                await asyncio.shield(self._writing)
            except DatabaseError as error:
                logger.error("%s deliveries were not written down: %s", len(rows), error)

    async def _end(self) -> None:
        await self.flush()
        await sync_to_async(self.prune)()

    def _row(self, errand: Errand) -> Delivery:
        """The row of a delivery as it will be written. `attempted_at` and the body are written once."""
        row = self._rows.get(errand.id)
        if row is None:
            row = self._rows[errand.id] = Delivery(
                id=errand.id,
                webhook_id=errand.webhook,
                payload=errand.delivery.payload[:100],
                for_user_id=errand.delivery.for_user_id,
                body=errand.delivery.body,
            )
        return row

    def _write(self, rows: Sequence[Delivery], noted: Sequence[Attempted]) -> None:
        attempts = [
            Attempt(
                delivery_id=n.errand.id,
                replay_id=n.replay,
                number=n.number,
                at=n.at,
                status=n.answer.status,
                answer_ms=n.answer.answer_ms,
                problem=n.answer.problem,
                fault=n.fault,
            )
            for n in noted
        ]
        first = [row for row in rows if row.attempted_at or not row.attempts_made]
        again = [row for row in rows if not (row.attempted_at or not row.attempts_made)]
        with transaction.atomic():
            for some, fields in ((first, ["attempted_at"]), (again, [])):
                Delivery.objects.bulk_create(
                    some,
                    update_conflicts=True,
                    unique_fields=["id"],
                    update_fields=["state", "attempts_made", "due_at", *fields],
                )
            Attempt.objects.bulk_create(attempts)

    def prune(self) -> None:
        """Forget what is too old to be replayed, and the oldest beyond the limit.

        What still waits is kept; what waited for a webhook that is gone is lost.
        """
        orphans = Delivery.objects.filter(state=Delivery.State.WAITING).exclude(
            webhook_id__in=Webhook.objects.values("pk")
        )
        orphans.update(state=Delivery.State.LOST, due_at=None)
        settled = Delivery.objects.exclude(state=Delivery.State.WAITING).order_by("id")
        old = settled.filter(attempted_at__lt=clock.now() - KEPT_FOR).values_list("id", flat=True)
        beyond = settled.values_list("id", flat=True)[: max(0, Delivery.objects.count() - self.keep)]
        for ids in (list(old[:PRUNED_AT_ONCE]), list(beyond[:PRUNED_AT_ONCE])):
            for some in _slices(ids, 500):
                with transaction.atomic():
                    Attempt.objects.filter(delivery_id__in=some).delete()
                    Delivery.objects.filter(id__in=some).delete()


def waiting(webhook: int) -> list[Errand]:
    """What was still to be delivered to a webhook when it was written down last."""
    return [
        Errand(
            row.id,
            webhook,
            Made(row.payload, row.for_user_id, bytes(row.body)),
            row.attempts_made + 1,
            _milliseconds(row.due_at) if row.due_at else 0,
        )
        for row in Delivery.objects.filter(webhook_id=webhook, state=Delivery.State.WAITING).order_by("due_at")
    ]


def _slices(ids: Sequence[int], size: int) -> Iterable[Sequence[int]]:
    return (ids[i : i + size] for i in range(0, len(ids), size))


def _datetime(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, tz=UTC)


def _milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1000)
