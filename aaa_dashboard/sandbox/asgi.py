"""The pages of the sandbox, with its service running beside them from start-up to shutdown of the server."""

import asyncio
import logging
import os
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aaa_dashboard.sandbox.settings")

django_application = get_asgi_application()

from . import service  # noqa: E402 - its models need the settings above

logger = logging.getLogger("sandbox")


async def application(scope: Any, receive: Any, send: Any) -> None:
    """ASGI entry point."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
    else:
        await django_application(scope, receive, send)


async def _lifespan(receive: Any, send: Any) -> None:
    await receive()
    task = asyncio.create_task(service.current.run())
    task.add_done_callback(_complain)
    await send({"type": "lifespan.startup.complete"})
    await receive()
    task.cancel()
    await asyncio.wait([task])
    await send({"type": "lifespan.shutdown.complete"})


def _complain(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()):
        logger.error("The service of the sandbox ended.", exc_info=error)
