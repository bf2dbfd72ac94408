"""What runs beside the pages: challenges, traffic, deliveries and replays, for as long as the process lives."""

import asyncio

from django.conf import settings

from . import validity
from .activity.traffic import Traffic
from .delivery import dispatch, replays
from .delivery.log import DeliveryLog


class Service:
    """The moving parts, as pages see them."""

    def __init__(self) -> None:
        self.dispatcher = dispatch.current
        self.replays = replays.current
        self.traffic = Traffic(self.dispatcher.offer, settings.TRAFFIC_PER_SECOND, settings.BACKLOG, settings.SEED)

    async def run(self) -> None:
        """Run until cancelled."""
        log = DeliveryLog(settings.LOG_DELIVERIES)
        log_task = asyncio.create_task(log.run())
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self.dispatcher.run(log))
                await self.dispatcher.is_running.wait()
                tasks.create_task(self.replays.run(self.dispatcher))
                tasks.create_task(self.traffic.run())
                tasks.create_task(validity.watch())
        finally:
            # Last of all: what the others did when they were cancelled is to be written too.
            log_task.cancel()
            await asyncio.wait([log_task])


current = Service()
"""The service of this process."""
