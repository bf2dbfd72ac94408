"""What runs beside the pages: challenges, traffic, deliveries and replays, for as long as the process lives."""

import asyncio
import contextvars
from collections.abc import Callable, Coroutine

from django.conf import settings

from . import reset, validity
from .activity import scenario
from .activity.traffic import Traffic
from .delivery import dispatch, replays
from .delivery.log import DeliveryLog

MAX_TRAFFIC = 1_000
WAIT_SECONDS = 10


class Service:
    """The moving parts, as pages see them."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self.dispatcher = dispatch.current
        self.replays = replays.current
        self.traffic = Traffic(self.dispatcher.offer, settings.TRAFFIC_PER_SECOND, settings.BACKLOG, settings.SEED)

    async def run(self) -> None:
        """Run until cancelled."""
        self._loop = asyncio.get_running_loop()
        log = DeliveryLog(settings.LOG_DELIVERIES)
        log_task = asyncio.create_task(log.run())
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self.dispatcher.run(log))
                await self.dispatcher.is_running.wait()
                tasks.create_task(self.replays.run(self.dispatcher))
                tasks.create_task(self.traffic.run())
                tasks.create_task(validity.watch())
                tasks.create_task(scenario.play(self.set_traffic))
        finally:
            # Last of all: what the others did when they were cancelled is to be written too.
            log_task.cancel()
            await asyncio.wait([log_task])

    def set_traffic(self, rate: float) -> None:
        """Have so many events a second from now on. From any thread.

        Raises:
            ValueError: Nobody can have so many.
        """
        if not 0 <= rate <= MAX_TRAFFIC:
            raise ValueError(f"The rate goes from 0 to {MAX_TRAFFIC} events a second.")
        if self._loop:
            self._loop.call_soon_threadsafe(self.traffic.set_rate, rate)

    def flush(self) -> None:
        """See that all that happened can be read in the database. From a thread other than the service's."""
        self._wait_for(self.dispatcher.flush)

    def reset(self) -> None:
        """Forget everything that came after the first start. From a thread other than the service's."""
        self._wait_for(self.dispatcher.forget)
        reset.forget()
        self.set_traffic(settings.TRAFFIC_PER_SECOND)
        self.dispatcher.look()

    def _wait_for(self, work: Callable[[], Coroutine[None, None, None]]) -> None:
        """Have the loop of the service do something, and wait until it is done."""
        loop = self._loop
        if loop:
            # In no context: that of a request would send its work for the database to the thread that waits here.
            context = contextvars.Context()
            context.run(lambda: asyncio.run_coroutine_threadsafe(work(), loop)).result(timeout=WAIT_SECONDS)


current = Service()
"""The service of this process."""
