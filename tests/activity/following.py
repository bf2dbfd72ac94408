"""One page that follows the feed, without a browser."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Any

import orjson

from aaa_dashboard.activity import feed
from aaa_dashboard.activity.feed import View, following
from aaa_dashboard.activity.filters import Filters

ALL = Filters()


async def always() -> bool:
    """The reader of this page may look."""
    return True


class Page:
    """What a page was sent so far."""

    def __init__(self, stream: AsyncIterator[bytes]) -> None:
        self._stream = stream
        self.watermark = 0

    async def next(self) -> tuple[str, dict[str, Any]]:
        """Wait for the next message; returns its name and its data."""
        async with asyncio.timeout(30):
            async for chunk in self._stream:
                fields = dict(line.split(": ", 1) for line in chunk.decode().strip().split("\n"))
                if "event" in fields:
                    self.watermark = int(fields.get("id", self.watermark))
                    return fields["event"], orjson.loads(fields["data"])
        raise StopAsyncIteration

    async def end(self) -> None:
        """Wait for the stream to end."""
        with contextlib.suppress(StopAsyncIteration):
            while True:
                await self.next()

    async def erased(self) -> dict[str, Any]:
        """Wait for what is said to be erased."""
        while True:
            name, data = await self.next()
            if name == "erased":
                return data

    async def ids(self) -> list[int]:
        """Wait for rows and return their ids, as they stand from top to bottom."""
        while True:
            name, data = await self.next()
            if name in ("rows", "replace"):
                return [int(id_) for id_ in re.findall(r'id="event-(\d+)"', data["html"])]


async def rest() -> None:
    """Wait until the feed has noticed that nobody watches any more, where that is so."""
    feed = following._feeds[asyncio.get_running_loop()]
    if feed._task and not feed._followers:
        async with asyncio.timeout(30):
            await feed._task


@asynccontextmanager
async def page(
    position: int = 0, *, filters: Filters = ALL, readable: bool = False, held: Collection[int] = ()
) -> AsyncIterator[Page]:
    """Open a page; the last one to leave waits until the feed rests."""
    stream = feed.follow(View(filters, readable), position, always, held)
    try:
        yield Page(stream)
    finally:
        await stream.aclose()  # type: ignore[attr-defined]
        await rest()
