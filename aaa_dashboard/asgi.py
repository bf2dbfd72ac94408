"""ASGI entry points: `application` is everything in one process, `receiver` the hot path alone, `web` the pages alone.

Production runs `web` and `receiver` apart and as many of each as it needs. They are kept apart strictly, because a
receiver's minutes say that somebody was there to receive: pages must not say so in its place.
"""

import asyncio
import gc
import os
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aaa_dashboard.settings")

import django

django.setup(set_prefix=False)

from django.core.asgi import get_asgi_application  # noqa: E402 - needs the apps

from aaa_dashboard.checks import files_missing, stop_if_unsafe  # noqa: E402
from aaa_dashboard.deliveries import metrics  # noqa: E402
from aaa_dashboard.deliveries.http import Receive, Scope, Send, answer  # noqa: E402
from aaa_dashboard.deliveries.probes import Probes  # noqa: E402
from aaa_dashboard.deliveries.receiver import PREFIX, Receiver  # noqa: E402
from aaa_dashboard.staff.health import metrics as background_metrics  # noqa: E402

stop_if_unsafe()


class Entry:
    """Sends webhook paths to the receiver, probes to the probes, and the rest to Django, as far as it has them."""

    def __init__(self, django_application: Callable[..., Any] | None, *, receives: bool = True) -> None:
        self._django = django_application
        self._receives = receives

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] != "http":
            raise ValueError(f"no {scope['type']} here")
        elif self._receiver is not None and scope["path"].startswith(PREFIX):
            await self._receiver(scope, receive, send)
        elif scope["path"] in self._probes.paths:
            await self._probes(scope, receive, send)
        elif self._django is not None:
            await self._django(scope, receive, send)
        else:
            await answer(send, 404, b"unknown path")

    async def _live(self, receive: Receive, send: Send) -> None:
        """Start and stop with the server (ASGI specification, "Lifespan Protocol")."""
        await receive()
        if self._django is not None and (missing := files_missing()):
            await send({"type": "lifespan.startup.failed", "message": missing})
            return
        self._receiver = Receiver() if self._receives else None
        self._probes = Probes(
            self._receiver,
            needs_broker=self._django is not None,
            shared=(metrics.collect, background_metrics.collect),
        )
        if self._receiver is not None:
            await self._receiver.start()
        if self._django is not None and threading.current_thread() is threading.main_thread():
            _end_streams_on_signal()
        keeper = _keeper() if self._django is not None else None
        # What was loaded by now stays: the collector would walk all of it, for tens of milliseconds, again and again.
        gc.collect()
        gc.freeze()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        if keeper is not None:
            await asyncio.to_thread(keeper.stop)
        if self._receiver is not None:
            await self._receiver.stop()
        await send({"type": "lifespan.shutdown.complete"})


def _keeper() -> Any:
    """Start what looks round when beat or the workers are silent; a receiver by itself has other things to do."""
    from aaa_dashboard.staff.notices.keeper import Keeper

    keeper = Keeper()
    keeper.start()
    return keeper


def _end_streams_on_signal() -> None:
    """End the streams of Live as soon as the server is told to stop: it waits for every open answer."""
    from aaa_dashboard.activity import feed  # a receiver by itself shows nothing to anybody

    loop = asyncio.get_running_loop()

    def wrap(signal_number: int) -> None:
        servers_own = signal.getsignal(signal_number)

        def handle(number: int, frame: FrameType | None) -> None:
            loop.call_soon_threadsafe(feed.close_all)
            if callable(servers_own):
                servers_own(number, frame)

        signal.signal(signal_number, handle)

    for signal_number in (signal.SIGINT, signal.SIGTERM):
        wrap(signal_number)


_django = get_asgi_application()
application = Entry(_django)
web = Entry(_django, receives=False)
receiver = Entry(None)
