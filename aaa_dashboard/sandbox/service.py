"""What runs beside the pages: registration, traffic and delivery, for as long as the process lives."""

import asyncio
import logging
from dataclasses import dataclass, field

import aiohttp
from asgiref.sync import sync_to_async
from django.conf import settings

from . import world
from .deliver import Deliverer, session
from .log import AttemptLog
from .mint import Mint
from .models import App, Webhook
from .registration import challenge
from .traffic import Traffic

logger = logging.getLogger("sandbox")


@dataclass
class Service:
    """The moving parts. Pages read their counters; they are None until a webhook is known."""

    deliverer: Deliverer | None = None
    traffic: Traffic | None = None
    valid: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Serve the webhook of the settings until cancelled; without one there is nothing to do."""
        if not settings.WEBHOOK_URL:
            return
        app = await App.objects.aget(x_app_id=world.X_APP_ID)
        hook = await sync_to_async(world.webhook)(app, settings.WEBHOOK_URL)
        log = AttemptLog(hook.pk, settings.LOG_DELIVERIES)
        # Room for the challenge beside all deliveries.
        async with session(settings.CONCURRENCY + 1, settings.ANSWER_SECONDS) as client:
            self.deliverer = Deliverer(
                client, hook.url, app.consumer_secret, log, settings.RETRY_SCALE, settings.CONCURRENCY
            )
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(log.run())
                tasks.create_task(self.deliverer.run())
                tasks.create_task(self._keep_registered(client, hook, app.consumer_secret))
                tasks.create_task(self._traffic(hook, self.deliverer))

    async def _keep_registered(self, client: aiohttp.ClientSession, hook: Webhook, secret: str) -> None:
        """Ask the challenge until it is answered, and from time to time after that."""
        said = None
        while True:
            outcome = await challenge(client, hook.url, secret)
            is_valid = await sync_to_async(world.remember)(hook, outcome)
            (self.valid.set if is_valid else self.valid.clear)()
            if outcome.problem != said:
                logger.info("Webhook %s: %s", hook.url, outcome.problem or "valid.")
                said = outcome.problem
            await asyncio.sleep(settings.CHALLENGE_SECONDS if outcome.is_right else settings.REGISTER_AGAIN_SECONDS)

    async def _traffic(self, hook: Webhook, deliverer: Deliverer) -> None:
        await self.valid.wait()
        brands = await sync_to_async(world.subscribed)(hook)
        self.traffic = Traffic(
            Mint(brands, seed=settings.SEED), deliverer.offer, settings.TRAFFIC_PER_SECOND, settings.SEED
        )
        if settings.TRAFFIC_PER_SECOND > 0 and not await sync_to_async(world.has_delivered)(hook):
            self.traffic.backlog(settings.BACKLOG)
        await self.traffic.run(self.valid)


current = Service()
"""The service of this process."""
