"""Keep a believable mix flowing, and bring a few hours of it at once when a webhook is new."""

import asyncio
import random
import time
from collections.abc import Callable, Iterator

from .mint import Delivery, Mint
from .mix import EVERYDAY, Chooser

BACKLOG_HOURS = 6
# A new page should have something of everything that people look for.
BACKLOG_FIRST = (
    "tweet_create_events__mention",
    "tweet_create_events__mention_by_blocked_user",
    "tweet_create_events__media",
    "tweet_create_events__edited",
    "tweet_create_events__quote",
    "tweet_create_events__repost",
    "tweet_create_events__extended",
    "direct_message_events__text",
    "direct_message_events__sent",
    "favorite_events__like",
    "follow_events__follow",
    "block_events__block",
    "tweet_delete_events__deleted",
)


class Traffic:
    """Events at random moments, so many a second on average.

    Args:
        mint: Makes the deliveries.
        offer: Takes them, at once.
        rate: Events a second; 0 makes none.
    """

    def __init__(self, mint: Mint, offer: Callable[[Delivery], object], rate: float, seed: int | None = None) -> None:
        self.mint, self.offer, self.rate = mint, offer, rate
        self.made = 0
        self._random = random.Random(seed)
        self._chooser = Chooser(EVERYDAY, self._random)

    def backlog(self, events: int) -> None:
        """Offer events of the last hours, oldest first."""
        now = time.time_ns() // 1_000_000
        ages = sorted((self._random.randrange(1_000, BACKLOG_HOURS * 3_600_000) for _ in range(events)), reverse=True)
        for age, name in zip(ages, self._backlog_names(events), strict=True):
            self._make(name, now - age)

    async def run(self, open_: asyncio.Event) -> None:
        """Offer events until cancelled, while `open_` is set."""
        if self.rate <= 0:
            return
        while True:
            await asyncio.sleep(self._random.expovariate(self.rate))
            await open_.wait()
            self._make(self._chooser.name())

    def _make(self, name: str, when_ms: int | None = None) -> None:
        for delivery in self.mint.all(name, when_ms):
            self.offer(delivery)
        self.made += 1

    def _backlog_names(self, events: int) -> Iterator[str]:
        names = [*BACKLOG_FIRST[:events], *(self._chooser.name() for _ in range(events - len(BACKLOG_FIRST)))]
        self._random.shuffle(names)
        yield from names
