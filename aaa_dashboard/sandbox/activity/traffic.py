"""Keep a believable mix flowing, and bring a few hours of it at once to a webhook that is new."""

import asyncio
import contextlib
import math
import random
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence

import orjson
from asgiref.sync import sync_to_async

from .. import clock
from ..delivery.deliverer import Target
from ..mint import Delivery, Mint
from ..mix import EVERYDAY, Chooser
from ..models import Delivery as Delivered
from ..models import User
from ..people import BRANDS, Person
from . import audience

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
DELETION = "tweet_delete_events__deleted"
REMEMBERED_POSTS = 500
LOOK_SECONDS = 1.0
LOOK_IDLY_SECONDS = 0.1  # nobody is there yet, and whoever comes should not wait

Offer = Callable[[Target, Sequence[Delivery]], object]
Hearers = Mapping[str, Sequence[Target]]


class Traffic:
    """Events at random moments, so many a second on average.

    Args:
        offer: Takes the deliveries, at once.
        rate: Events a second; 0 makes none.
        backlog: How many events of the last hours a webhook gets that never got anything.
        seed: The same seed draws the same kinds, people and words.
    """

    def __init__(self, offer: Offer, rate: float, backlog: int = 0, seed: int | None = None) -> None:
        self.offer, self.rate, self.backlog_events = offer, rate, backlog
        self.made = 0
        self._random = random.Random(seed)
        self._chooser = Chooser(EVERYDAY, self._random)
        self._mint = Mint(seed=seed)
        self._hearers: Hearers = {}
        self._posts: deque[tuple[str, str]] = deque(maxlen=REMEMBERED_POSTS)
        self._changed = asyncio.Event()

    def set_rate(self, rate: float) -> None:
        """Have so many events a second from now on. Called from the event loop."""
        self.rate = rate
        self._changed.set()

    async def run(self) -> None:
        """Offer events until cancelled, while there is somebody to hear of them."""
        loop = asyncio.get_running_loop()
        look_at, next_at = 0.0, math.inf
        while True:
            if loop.time() >= look_at:
                await self._look()
                look_at = loop.time() + (LOOK_SECONDS if self._hearers else LOOK_IDLY_SECONDS)
            if not (self.rate > 0 and self._hearers):
                next_at = math.inf
            elif next_at == math.inf:
                next_at = loop.time() + self._pause()
            elif loop.time() >= next_at:
                self._make(self._chooser.name())
                # Not from now: what waking up late costs is made good, as long as it is little.
                next_at = max(next_at, loop.time() - LOOK_SECONDS) + self._pause()
            if await self._changes_before(min(look_at, next_at)):
                next_at = math.inf

    def _pause(self) -> float:
        """Seconds until the next event."""
        return self._random.expovariate(self.rate)

    async def _changes_before(self, end: float) -> bool:
        """Wait until then, by the loop's time; whether the rate was changed meanwhile."""
        self._changed.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(end):
                return await self._changed.wait()
        return False

    def know(self, hearers: Hearers, brands: Sequence[Person], customers: Sequence[Person]) -> None:
        """Let these accounts be the ones things happen to, and these people everybody else."""
        self._hearers = hearers
        self._mint.brands, self._mint.customers = brands, customers

    def backlog(self, target: Target, events: int) -> None:
        """Offer a webhook events of the last hours, oldest first."""
        now = clock.now_ms()
        ages = sorted((self._random.randrange(1_000, BACKLOG_HOURS * 3_600_000) for _ in range(events)), reverse=True)
        for age, name in zip(ages, self._backlog_names(events), strict=True):
            self._make(name, now - age, target)

    async def _look(self) -> None:
        """See who is subscribed now, and greet webhooks that are new."""
        hearers, everybody, new = await sync_to_async(self._read)()
        brands = [person for person in everybody if person.id in hearers]
        # Whom a payload shows in the part of a brand must not be met as a customer too.
        customers = [person for person in everybody if person.id not in hearers and person not in BRANDS]
        self.know(hearers, brands, customers)
        for target in new:
            self.backlog(target, self.backlog_events)

    def _read(self) -> tuple[Hearers, list[Person], list[Target]]:
        hearers = audience.targets()
        if hearers == self._hearers:
            return hearers, [*self._mint.brands, *self._mint.customers], []
        everybody = [audience.person(user) for user in User.objects.order_by("id")]
        new = {target.id: target for targets in hearers.values() for target in targets}
        if self.rate <= 0 or not self.backlog_events:
            new.clear()
        else:
            for known in Delivered.objects.filter(webhook_id__in=new).values_list("webhook_id", flat=True).distinct():
                del new[known]
        return hearers, everybody, list(new.values())

    def _make(self, name: str, when_ms: int | None = None, only: Target | None = None) -> None:
        deletion = self._deletion(when_ms) if name == DELETION else None
        for delivery in [deletion] if deletion else self._mint.all(name, when_ms):
            self._remember(delivery)
            for target in self._hearers.get(delivery.for_user_id, ()):
                if only in (None, target):
                    self.offer(target, [delivery])
        self.made += 1

    def _remember(self, delivery: Delivery) -> None:
        """Keep in mind what subscribed accounts posted, so that they can delete it."""
        if delivery.kind == "tweet_create_events":
            for post in orjson.loads(delivery.body)["tweet_create_events"]:
                if post["user"]["id_str"] == delivery.for_user_id:
                    self._posts.append((post["id_str"], delivery.for_user_id))

    def _deletion(self, when_ms: int | None) -> Delivery | None:
        """The deletion of an earlier post that was delivered; None where there is none."""
        if not self._posts:
            return None
        at = self._random.randrange(len(self._posts))
        post, user = self._posts[at]
        del self._posts[at]
        return deletion(post, user, when_ms or clock.now_ms())

    def _backlog_names(self, events: int) -> Iterator[str]:
        names = [*BACKLOG_FIRST[:events], *(self._chooser.name() for _ in range(events - len(BACKLOG_FIRST)))]
        self._random.shuffle(names)
        yield from names


def deletion(post: str, user: str, when_ms: int) -> Delivery:
    """What X sends when a subscribed user deletes a post."""
    event = {"status": {"id": post, "user_id": user}, "timestamp_ms": str(when_ms)}
    return Delivery(DELETION, user, orjson.dumps({"for_user_id": user, "tweet_delete_events": [event]}))
