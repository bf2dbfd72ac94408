"""Make fresh deliveries of a payload: as if its events happened just now, to others, in other words.

Fast enough to replay at X's own rate: a payload is taken apart once (`anatomy`), and each delivery only fills the gaps.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from itertools import count

import orjson

from . import clock, payloads
from .anatomy import Anatomy, Slot, id_ms, take
from .people import BRANDS, CUSTOMERS, X_EPOCH_MS, Person
from .sentences import SENTENCES

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

# 22 bits below the milliseconds: X has machine and sequence there, we count, so that none comes twice in a process.
_sequence = count(random.getrandbits(22))


def new_id(ms: int) -> int:
    """An X id of that time, unlike every other of this process: 4,194,304 are free in each millisecond."""
    return (ms - X_EPOCH_MS) << 22 | (next(_sequence) & 0x3FFFFF)


def write_time(ms: int, form: str) -> str:
    """Milliseconds since 1970 in one of the forms of `anatomy.parse_time`."""
    if form == "ms":
        return str(ms)
    at = datetime.fromtimestamp(ms // 1000, tz=UTC)
    if form == "x_date":  # not strftime: the names must not follow the locale
        return f"{DAYS[at.weekday()]} {MONTHS[at.month - 1]} {at.day:02} {at:%H:%M:%S} +0000 {at.year}"
    return f"{at:%Y-%m-%dT%H:%M:%S}" + (f".{ms % 1000:03}Z" if form == "iso_ms" else "+00:00")


@dataclass(frozen=True)
class Delivery:
    """One body on its way to a webhook."""

    payload: str
    """Name of the payload it was made of: kind and variant."""
    for_user_id: str
    """The subscribed account it is for; empty where X names none."""
    body: bytes

    @property
    def kind(self) -> str:
        return self.payload.partition("__")[0]


@dataclass
class Mint:
    """Makes deliveries.

    Args:
        brands: The subscribed accounts that things happen to.
        customers: Everybody else.
        seed: The same seed chooses the same people and words; ids and times are new all the same.
    """

    brands: Sequence[Person] = BRANDS
    customers: Sequence[Person] = CUSTOMERS
    seed: int | None = None
    _anatomies: dict[str, Anatomy] = field(default_factory=dict)
    _last_ms: int = 0

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self._brand_ids = {person.id for person in BRANDS}

    def anatomy(self, name: str) -> Anatomy:
        """The payload with that name, taken apart; the work is done once."""
        if name not in self._anatomies:
            self._anatomies[name] = take(payloads.load(name))
        return self._anatomies[name]

    def learn(self, name: str, anatomy: Anatomy) -> None:
        """Add a payload that is not one of the files of this package."""
        self._anatomies[name] = anatomy

    def one(self, name: str, when_ms: int | None = None) -> Delivery:
        """Make one delivery of the payload with that name, for that time (milliseconds since 1970; now)."""
        return self.all(name, when_ms)[0]

    def all(self, name: str, when_ms: int | None = None) -> list[Delivery]:
        """Make what X sends when the thing happens: one delivery for each subscribed account that it concerns."""
        anatomy = self.anatomy(name)
        cast = self._cast(anatomy)
        filling = _Filling(anatomy, cast, self.random, when_ms or self._now(anatomy))
        if anatomy.subject not in cast:  # a stranger, or nobody: as the payload has it
            return [Delivery(name, anatomy.subject, filling.body(anatomy.subject))]
        concerned = dict.fromkeys([cast[anatomy.subject], *(p for p in cast.values() if p in self.brands)])
        return [Delivery(name, person.id, filling.body(person.id)) for person in concerned]

    def _now(self, anatomy: Anatomy) -> int:
        """The time, and a later one each time for what has no id of its own: no two of those are the same."""
        now = clock.now_ms()
        if not anatomy.has_id:
            now = self._last_ms = max(now, self._last_ms + 1)
        return now

    def _cast(self, anatomy: Anatomy) -> Mapping[str, Person]:
        """Give every person in the payload to somebody else of the same kind, no two to the same."""
        people = dict.fromkeys([*([anatomy.subject] if anatomy.subject else []), *anatomy.people])
        brands = [i for i in people if i in self._brand_ids]
        customers = [i for i in people if i not in self._brand_ids and i in anatomy.people]
        # Where a smaller company is wanted than the payload needs, the rest keep their parts.
        chosen = self.random.sample(self.brands, min(len(brands), len(self.brands)))
        chosen += [p for p in BRANDS if p not in chosen][: len(brands) - len(chosen)]
        return dict(zip(brands, chosen, strict=True)) | dict(
            zip(customers, self.random.sample(self.customers, len(customers)), strict=True)
        )


class _Filling:
    """The values of one delivery. Bodies for several accounts differ in nothing but whom they are for."""

    def __init__(self, anatomy: Anatomy, cast: Mapping[str, Person], rng: random.Random, when_ms: int) -> None:
        self.anatomy, self.cast, self.random = anatomy, cast, rng
        self.shift = when_ms - anatomy.reference_ms
        self.sentences: dict[str, str] = {}
        self.texts = [self._text(number) for number in range(len(anatomy.words))]
        self.values = [MAKERS[slot.what](self, slot) for slot in anatomy.slots]

    def body(self, for_user_id: str) -> bytes:
        values = self.values
        subject = for_user_id.encode()
        pieces = self.anatomy.pieces.copy()
        for place, number in self.anatomy.gaps:
            value = values[number]
            pieces[place] = subject if value is None else value
        return b"".join(pieces)

    def _text(self, number: int) -> list[str]:
        words = self.anatomy.words[number]
        parts = words.parts.copy()
        for i, person in words.mentions.items():
            parts[i] = "@" + self.cast[person].screen_name
        if words.sentence is not None and words.pool is not None:
            # By its original: a repost says again what it reposts.
            if words.original not in self.sentences:
                self.sentences[words.original] = self.random.choice(SENTENCES[words.pool])
            parts[words.sentence] = self.sentences[words.original]
        return parts


@cache
def _person(person: Person, form: str) -> bytes:
    """What is known of somebody, as it stands between quotes in JSON."""
    if form.startswith("joined_"):
        joined_ms = int(person.joined_at.timestamp()) * 1000
        return write_time(joined_ms, form.removeprefix("joined_")).encode()
    if form == "url":
        return f"https://{person.screen_name.replace('_', '-')}.example/".encode()
    return orjson.dumps(getattr(person, form))[1:-1]


MAKERS: Mapping[str, Callable[[_Filling, Slot], bytes | None]] = {
    "person": lambda filling, slot: _person(filling.cast[str(slot.of)], str(slot.as_)),
    "id": lambda filling, slot: b"%d" % new_id(id_ms(int(slot.of)) + filling.shift),
    "time": lambda filling, slot: write_time(int(slot.of) + filling.shift, str(slot.as_)).encode(),
    "text": lambda filling, slot: orjson.dumps("".join(filling.texts[int(slot.of)]))[1:-1],
    "position": lambda filling, slot: b"%d" % sum(map(len, filling.texts[int(slot.of)][: int(slot.as_)])),
    "uuid": lambda filling, slot: f"{slot.as_}{filling.random.getrandbits(62)}".encode(),
    "hex": lambda filling, slot: b"%032x" % filling.random.getrandbits(128),
    "for_user": lambda filling, slot: None,  # differs from body to body
}
"""How the value of each kind of slot is made."""
