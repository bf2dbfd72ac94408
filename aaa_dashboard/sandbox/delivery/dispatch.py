"""Bring deliveries to the deliverers of their webhooks, from whichever thread they are made in."""

import asyncio
import logging
from collections.abc import Iterable

import aiohttp
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db.models.signals import post_delete, post_save

from ..mint import Delivery, Mint
from ..models import Webhook
from . import log
from .deliverer import Deliverer, Target
from .mishaps import Mishaps
from .posting import session

logger = logging.getLogger("sandbox")

# Changes are told by signals; this is for those that are made past them.
LOOK_SECONDS = 1.0


class Dispatcher:
    """One deliverer for each webhook there is, so that a slow one holds up no other."""

    def __init__(self) -> None:
        self.lines: dict[int, Line] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._changed = asyncio.Event()
        self._looking = asyncio.Lock()
        self._early: list[tuple[Target, list[Delivery]]] = []  # offered before the webhook was seen to be valid
        self.is_running = asyncio.Event()

    def offer(self, target: Target, deliveries: Iterable[Delivery]) -> None:
        """Take deliveries for a valid webhook. From any thread; without a running service they come to nothing."""
        if self._loop:
            self._loop.call_soon_threadsafe(self._offer, target, list(deliveries))

    def look(self) -> None:
        """See at once which webhooks there are and which are valid. From any thread."""
        if self._loop:
            self._loop.call_soon_threadsafe(self._changed.set)

    @property
    def delivered(self) -> int:
        return sum(line.deliverer.delivered for line in self.lines.values())

    @property
    def waiting(self) -> int:
        return sum(line.deliverer.waiting for line in self.lines.values())

    @property
    def gone(self) -> int:
        return sum(line.deliverer.gone for line in self.lines.values())

    async def run(self, the_log: log.DeliveryLog) -> None:
        """Work until cancelled."""
        self.log = the_log
        await self._resume()
        self._loop = asyncio.get_running_loop()
        self.is_running.set()
        for signal in (post_save, post_delete):
            signal.connect(self._on_change, sender=Webhook)
        try:
            while True:
                self._changed.clear()
                await self._look()
                try:
                    async with asyncio.timeout(LOOK_SECONDS):
                        await self._changed.wait()
                except TimeoutError:
                    pass
        finally:
            self._loop = None
            self.is_running.clear()
            for signal in (post_save, post_delete):
                signal.disconnect(self._on_change, sender=Webhook)
            await asyncio.gather(*(line.end() for line in self.lines.values()))
            self.lines.clear()

    def line(self, target: Target) -> "Line":
        """The way to a webhook, opened if need be. Called from the event loop."""
        found = self.lines.get(target.id)
        if found is None:
            found = self.lines[target.id] = Line(target, self.log)
        return found

    async def flush(self) -> None:
        """See that everything that happened can be read in the database."""
        # What other threads offered comes first.
        await asyncio.sleep(0)
        if self._early:
            await self._look()
        await self.log.flush()

    async def forget(self) -> None:
        """Drop everything that waits."""
        lines = list(self.lines.values())
        self.lines.clear()
        self._early.clear()
        await asyncio.gather(*(line.end() for line in lines))
        await self.log.flush()

    def _on_change(self, **_: object) -> None:
        self.look()

    def _offer(self, target: Target, deliveries: list[Delivery]) -> None:
        line = self.line(target)
        if line.deliverer.is_open:
            line.offer(deliveries)
        else:
            # Whoever made them has read that it is valid, and may have done so before the last look here.
            self._early.append((target, deliveries))
            self._changed.set()

    async def _resume(self) -> None:
        """Take up what was waiting when the sandbox ended."""
        await self._look()
        for line in self.lines.values():
            line.deliverer.resume(await sync_to_async(log.waiting)(line.deliverer.target.id))

    async def _look(self) -> None:
        async with self._looking:
            early, self._early = self._early, []
            hooks = await sync_to_async(lambda: list(Webhook.objects.select_related("app")))()
            for hook in hooks:
                target = target_of(hook)
                deliverer = self.line(target).deliverer
                deliverer.target, deliverer.is_open = target, hook.valid
            for gone in self.lines.keys() - {hook.pk for hook in hooks}:
                await self.lines.pop(gone).end()
            for target, deliveries in early:
                if line := self.lines.get(target.id):
                    line.offer(deliveries)


class Line:
    """What lies between the makers of deliveries and one webhook."""

    def __init__(self, target: Target, the_log: log.DeliveryLog) -> None:
        # Room for a replay beside live deliveries.
        self.client: aiohttp.ClientSession = session(2 * settings.CONCURRENCY, settings.ANSWER_SECONDS)
        self.deliverer = Deliverer(target, self.client, the_log, settings.RETRY_SCALE, settings.CONCURRENCY)
        self.mishaps = Mishaps(self.deliverer.offer, Mint())
        self._task = asyncio.create_task(self.deliverer.run())

    def offer(self, deliveries: Iterable[Delivery]) -> None:
        for delivery in deliveries:
            self.mishaps.offer(delivery)

    async def end(self) -> None:
        """Stop posting; what waits is resumed from the log if the webhook is still there after the next start."""
        self.mishaps.release_all()
        self.deliverer.is_open = False
        self._task.cancel()
        await asyncio.wait([self._task])
        await self.client.close()


def target_of(hook: Webhook) -> Target:
    """A webhook, as far as deliveries need to know it."""
    return Target(hook.pk, hook.url, hook.app.consumer_secret)


current = Dispatcher()
"""The dispatcher of this process."""
