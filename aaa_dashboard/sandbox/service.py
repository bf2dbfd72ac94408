"""What runs beside the pages: registration, traffic and delivery, for as long as the process lives."""

import asyncio
import logging

import aiohttp
from asgiref.sync import sync_to_async
from django.conf import settings

from . import world
from .activity.traffic import Traffic
from .delivery import dispatch
from .delivery.log import DeliveryLog
from .delivery.posting import session
from .models import App, Webhook
from .registration import challenge

logger = logging.getLogger("sandbox")


class Service:
    """The moving parts, as pages see them."""

    def __init__(self) -> None:
        self.dispatcher = dispatch.current
        self.traffic = Traffic(self.dispatcher.offer, settings.TRAFFIC_PER_SECOND, settings.BACKLOG, settings.SEED)

    async def run(self) -> None:
        """Run until cancelled."""
        log = DeliveryLog(settings.LOG_DELIVERIES)
        log_task = asyncio.create_task(log.run())
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self.dispatcher.run(log))
                await self.dispatcher.is_running.wait()
                tasks.create_task(self.traffic.run())
                if settings.WEBHOOK_URL:
                    tasks.create_task(self._keep_registered())
        finally:
            # Last of all: what the others did when they were cancelled is to be written too.
            log_task.cancel()
            await asyncio.wait([log_task])

    async def _keep_registered(self) -> None:
        """Ask the challenge until it is answered, and from time to time after that."""
        app = await App.objects.aget(x_app_id=world.X_APP_ID)
        hook = await sync_to_async(world.webhook)(app, settings.WEBHOOK_URL)
        async with session(1, settings.ANSWER_SECONDS) as client:
            await self._ask(client, hook, app.consumer_secret)

    async def _ask(self, client: aiohttp.ClientSession, hook: Webhook, secret: str) -> None:
        said = None
        while True:
            outcome = await challenge(client, hook.url, secret)
            await sync_to_async(world.remember)(hook, outcome)
            if outcome.problem != said:
                logger.info("Webhook %s: %s", hook.url, outcome.problem or "valid.")
                said = outcome.problem
            await asyncio.sleep(settings.CHALLENGE_SECONDS if outcome.is_right else settings.REGISTER_AGAIN_SECONDS)


current = Service()
"""The service of this process."""
