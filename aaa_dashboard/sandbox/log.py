"""Remember attempts in the database: gathered in memory, written a few times a second, oldest forgotten."""

import asyncio
from collections.abc import Sequence

from asgiref.sync import sync_to_async
from django.db import transaction

from .deliver import Attempted
from .models import Attempt, Delivery

FLUSH_SECONDS = 0.25
PRUNE_EVERY = 40  # flushes


class AttemptLog:
    """Notes attempts without waiting for the database.

    Args:
        webhook: Primary key of the webhook that they went to.
        keep: How many deliveries are remembered.
    """

    def __init__(self, webhook: int, keep: int) -> None:
        self.webhook, self.keep = webhook, keep
        self._noted: list[Attempted] = []

    def note(self, attempted: Attempted) -> None:
        """Remember it at the next flush. Of a flood only what will be kept is gathered."""
        self._noted.append(attempted)
        if len(self._noted) > 2 * self.keep:
            del self._noted[: self.keep]

    async def run(self) -> None:
        """Flush until cancelled, and once more then."""
        flushes = 0
        try:
            while True:
                await asyncio.sleep(FLUSH_SECONDS)
                await self.flush(prune=flushes % PRUNE_EVERY == 0)
                flushes += 1
        finally:
            await asyncio.shield(self.flush(prune=True))

    async def flush(self, prune: bool = False) -> None:
        """Write what was noted."""
        noted, self._noted = self._noted, []
        if noted:
            await sync_to_async(self._write)(noted)
            if prune:
                await sync_to_async(self._prune)()

    def _write(self, noted: Sequence[Attempted]) -> None:
        deliveries = {
            n.id: Delivery(
                id=n.id,
                webhook_id=self.webhook,
                payload=n.delivery.payload[:100],
                for_user_id=n.delivery.for_user_id,
                size=len(n.delivery.body),
                state=_state(n),
            )
            for n in noted
        }
        attempts = [
            Attempt(
                delivery_id=n.id,
                number=n.number,
                at=n.at,
                status=n.answer.status,
                answer_ms=n.answer.answer_ms,
                problem=n.answer.problem,
            )
            for n in noted
        ]
        with transaction.atomic():
            Delivery.objects.bulk_create(
                deliveries.values(), update_conflicts=True, unique_fields=["id"], update_fields=["state"]
            )
            Attempt.objects.bulk_create(attempts)

    def _prune(self) -> None:
        oldest_kept = Delivery.objects.order_by("-id").values_list("id", flat=True)[self.keep - 1 : self.keep].first()
        if oldest_kept is not None:
            with transaction.atomic():
                Attempt.objects.filter(delivery_id__lt=oldest_kept).delete()
                Delivery.objects.filter(id__lt=oldest_kept).delete()


def _state(attempted: Attempted) -> Delivery.State:
    if attempted.answer.is_received:
        return Delivery.State.DELIVERED
    return Delivery.State.LOST if attempted.is_last else Delivery.State.WAITING
