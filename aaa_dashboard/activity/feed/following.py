"""The pages' side of the feed: who watches, and how what is new reaches them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

import structlog
from django.db import Error as AnyDatabaseError

from . import messages
from .messages import Message
from .reader import Reader, View, settled_id

TICK_SECONDS = 0.1
BEAT_SECONDS = 15.0
"""So often a page is given a sign of life, and asked whether its reader may still look."""
STREAM_SECONDS = 600.0
"""A stream ends by itself after this time and the browser comes back."""
PENDING_MESSAGES = 30
"""Three seconds of messages. A page that reads more slowly is caught up from where it stands."""
TROUBLE_SECONDS = 1.0
MOST_HELD = 500
"""Events that a page is taken to hold: the rows it shows, and as many that a pause holds back. Whatever a long pause
kept beyond them is looked at when the stream begins anew."""

log = structlog.get_logger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

MayLook = Callable[[], Awaitable[bool]]
"""Whether the reader of a page has still the rights that its view was made with. May fail as the database does."""


class Follower:
    """One open page and the messages that wait for it."""

    def __init__(self, view: View, held: Collection[int] = ()) -> None:
        self.view = view
        self.held = set(held)  # events whose rows it has
        self.behind = True  # has to be caught up before it is sent what is new
        self.ended = False
        self._pending: asyncio.Queue[Message | None] = asyncio.Queue(PENDING_MESSAGES)

    def offer(self, message: Message) -> None:
        """Hand over a message. A page that reads too slowly is never waited for."""
        if self._pending.full():
            self.behind = True
        elif not self.behind:
            self._put(message)

    def caught_up(self, *missed: Message) -> None:
        """Begin anew with the messages that say what was missed."""
        self._empty()
        self.behind = False
        for message in missed:
            self._put(message)

    def _put(self, message: Message) -> None:
        self._pending.put_nowait(message)
        self.held -= message.erased
        self.held |= message.shown
        if len(self.held) > 2 * MOST_HELD:
            self.held = set(sorted(self.held)[-MOST_HELD:])

    def end(self) -> None:
        """Wake the page, so that it sees that there is no more."""
        self.ended = True
        self._empty()
        self._pending.put_nowait(None)

    async def next(self, seconds: float) -> Message | None:
        """Wait for a message.

        Raises:
            TimeoutError: None came in that time.
        """
        try:
            async with asyncio.timeout(seconds):
                return await self._pending.get()
        except TimeoutError:
            if self._pending.empty():
                raise
            # It came in that very moment, and goes first: the feed's watermark counts it as shown.
            return self._pending.get_nowait()

    def _empty(self) -> None:
        with contextlib.suppress(asyncio.QueueEmpty):
            while True:
                self._pending.get_nowait()


class Feed:
    """All pages of one event loop, and the task that polls for them while there are any."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.watermark: int | None = None  # what every page was sent; None while nobody watches
        self._reader = Reader()
        # A thread of its own, and so a database connection of its own: a slow page cannot hold it up.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="feed")
        self._followers: set[Follower] = set()
        self._task: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()  # a tick and a page that catches up never mix
        self._closed = False

    def close(self) -> None:
        """End every stream, now and later. To be called on the feed's loop; a second call does nothing."""
        self._closed = True
        self._end_streams()

    def _end_streams(self) -> None:
        for follower in self._followers:
            follower.end()

    async def follow(self, view: View, position: int, held: Collection[int], may_look: MayLook) -> AsyncIterator[bytes]:
        """Yield what a page is to be sent that has everything up to `position`, while its reader may look."""
        follower = Follower(view, held)
        self._followers.add(follower)
        try:
            yield messages.RETRY
            asked = self.loop.time()
            ends = asked + STREAM_SECONDS
            while not (self._closed or follower.ended) and (now := self.loop.time()) < ends:
                if now >= asked + BEAT_SECONDS:
                    asked = now
                    if not await _may_look(may_look):
                        return
                if follower.behind and not await self._catch_up(follower, position):
                    yield messages.TROUBLE.data
                    await asyncio.sleep(TROUBLE_SECONDS)
                    continue
                message = await self._next(follower, min(ends, asked + BEAT_SECONDS) - now)
                if message is None:
                    continue
                position = position if message.watermark is None else message.watermark
                yield message.data
        finally:
            self._followers.discard(follower)

    async def _next(self, follower: Follower, seconds: float) -> Message | None:
        try:
            return await follower.next(seconds)
        except TimeoutError:
            return None if self.watermark is None else messages.beat(self.watermark)

    async def _catch_up(self, follower: Follower, position: int) -> bool:
        """Give a page what lies between its position and the feed's; False while the database does not answer."""
        async with self._turn:
            if self._task is None:
                self._task = self.loop.create_task(self._run(), name="feed")
            try:
                missed = await self._in_thread(self._reader.catch_up, follower.view, position)
                # After those were drawn: they may be of a while ago as well.
                held = follower.held | missed.shown
                erased = await self._in_thread(self._reader.erased_meanwhile, follower.view, held)
            except AnyDatabaseError:
                return False
            follower.caught_up(missed, *([erased] if erased else []))
            return True

    async def _run(self) -> None:
        try:
            await self._poll()
        except Exception:
            # A defect of ours. The pages come back by themselves and are told that they were cut off, not that all is
            # well while nothing comes.
            log.exception("live has failed")
            self.watermark = None
            self._end_streams()
        finally:
            self._task = None

    async def _poll(self) -> None:
        """Hand out what is new until nobody watches."""
        while True:
            began = self.loop.time()
            async with self._turn:
                if not self._followers:
                    self.watermark = None
                    await self._in_thread(self._reader.stop)
                    if not self._followers:  # nobody came meanwhile
                        return
                well = await self._tick() and await self._look()
            pause = TICK_SECONDS if well else TROUBLE_SECONDS
            await asyncio.sleep(max(0.0, began + pause - self.loop.time()))

    async def _tick(self) -> bool:
        """Hand out what is new; False where the database does not answer."""
        views = {follower.view for follower in self._followers}
        try:
            watermark, found = await self._in_thread(self._reader.tick, views)
        except AnyDatabaseError as error:
            await self._no_answer(error)
            found, watermark = dict.fromkeys(views, messages.TROUBLE), None
        for follower in self._followers:
            if message := found.get(follower.view):
                follower.offer(message)
        self.watermark = self.watermark if watermark is None else watermark
        return watermark is not None

    async def _look(self) -> bool:
        """Tell pages which of their rows were erased, once in a while; False where the database does not answer."""
        if not self._reader.look_is_due:
            return True
        held = set[int]().union(*(follower.held for follower in self._followers))
        readers = {follower.view.readable for follower in self._followers}
        try:
            told = await self._in_thread(self._reader.look, held, readers)
        except AnyDatabaseError as error:
            await self._no_answer(error)
            return False
        for follower in self._followers:
            message = told.get(follower.view.readable)  # one that came just now is caught up first
            if message and not message.erased.isdisjoint(follower.held):
                follower.offer(message)
        return True

    async def _no_answer(self, error: AnyDatabaseError) -> None:
        log.warning("live cannot read events", error=type(error).__name__)
        await self._in_thread(self._reader.disconnect)

    async def _in_thread(self, question: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.loop.run_in_executor(self._thread, partial(question, *args, **kwargs))


async def _may_look(may_look: MayLook) -> bool:
    try:
        return await may_look()
    except AnyDatabaseError:
        return True  # nobody is signed out because the database is away; nothing can be shown meanwhile


_feeds: dict[asyncio.AbstractEventLoop, Feed] = {}


def follow(view: View, position: int, may_look: MayLook, held: Collection[int] = ()) -> AsyncIterator[bytes]:
    """Follow events as Server-Sent Events, on the running loop's feed; it is started when it is first needed.

    Args:
        view: What the page shows.
        position: A watermark: the page has every event of its view up to this id.
        may_look: Asked every `BEAT_SECONDS`; the stream ends when it says no.
        held: Ids of the events whose rows the page has: it is told when one of them is erased.
    """
    loop = asyncio.get_running_loop()
    if loop not in _feeds:
        for ended in [each for each in _feeds if each.is_closed()]:
            del _feeds[ended]
        _feeds[loop] = Feed()
    return _feeds[loop].follow(view, position, held, may_look)


def position() -> int:
    """Return the watermark to give to a page before its rows are read. Free while somebody watches, else one query."""
    for loop, feed in list(_feeds.items()):
        if feed.watermark is not None and not loop.is_closed():
            return feed.watermark
    return settled_id()


def close_all() -> None:
    """End all streams of this process, for its shutdown: an open stream would hold it up. Any thread; idempotent."""
    for loop, feed in list(_feeds.items()):
        with contextlib.suppress(RuntimeError):  # that loop has ended, and its streams with it
            loop.call_soon_threadsafe(feed.close)
