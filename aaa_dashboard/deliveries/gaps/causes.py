"""What makes a stretch a gap: each cause worked out anew from what is stored. `keeping` compares with the rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from aaa_dashboard.webhooks.models import Webhook

from ..models import GapSearch
from ..traffic import MINUTE
from . import life, minutes, retries
from .life import Life
from .minutes import Minutes
from .stretches import Stretch, intersect, subtract, union

# A receiver that is started anew takes seconds, and X tries again after 3 and 30.
SHORTEST = timedelta(minutes=1)
# Of the answers of a minute, so many must have been 503 for X's four attempts to be in doubt: at a third of them one
# delivery in eighty fails four times.
IN_DOUBT = 1 / 3


@dataclass
class Facts:
    """What is known of one webhook from `since` up to `until`."""

    webhook: Webhook
    search: GapSearch
    since: datetime
    until: datetime
    minutes: Minutes
    life: Life
    is_alone: bool
    """Whether what comes for the app comes for this webhook."""

    @property
    def _looked_at(self) -> Stretch:
        return Stretch(self.since, self.until)

    @cached_property
    def there(self) -> list[Stretch]:
        """When X would have delivered, if it knew the webhook valid."""
        return intersect([self.life.there] if self.life.there else [], [self._looked_at])

    @cached_property
    def uncovered(self) -> list[Stretch]:
        """When no receiver ran, however short."""
        return subtract([self._looked_at], self.minutes.covered())

    @cached_property
    def known_invalid(self) -> list[Stretch]:
        return self.life.invalid(self.until)

    @cached_property
    def no_receiver(self) -> list[Stretch]:
        """When nobody was there. While it is known that X sends nothing, nobody is missed."""
        # How long one is that began before is not seen from here.
        long = [one for one in self.uncovered if one.length > SHORTEST or one.began_at == self.since]
        return subtract(intersect(long, self.there), self.known_invalid)

    @cached_property
    def believed_invalid(self) -> list[Stretch]:
        """From the last moment it is known to have been valid, which may be long ago, to when it was valid again."""
        known = [Stretch(self._last_valid(one.began_at), one.ended_at) for one in self.known_invalid]
        return intersect(known, [self.life.there] if self.life.there else [])

    def invalid(self, no_receiver: Sequence[Stretch]) -> list[Stretch]:
        """When it was invalid, less what has its reason in that nobody was there."""
        found: list[Stretch] = []
        for whole in self.believed_invalid:
            pieces = subtract([whole], no_receiver)
            found += [piece for piece in pieces if len(pieces) == 1 or piece.length > SHORTEST]
        return found

    def gone(self, others: Sequence[Stretch]) -> list[Stretch]:
        """From the last moment X is known to have delivered to it, less what has another reason."""
        if self.life.gone is None:
            return []
        whole = Stretch(self._last_valid(self.life.gone.began_at), self.life.gone.ended_at)
        return subtract([whole], others)[-1:]

    @cached_property
    def _answers(self) -> dict[datetime, tuple[int, int]]:
        return self.minutes.answers()

    @cached_property
    def in_doubt(self) -> list[Stretch]:
        """Minutes in which so much was answered 503 that X's attempts may all have failed; in a replay, anything."""
        refusing = (
            (Stretch(minute, min(minute + MINUTE, self.until)), refused / (taken + refused))
            for minute, (taken, refused) in self._answers.items()
            if refused
        )
        return union(
            stretch
            for stretch, failing in refusing
            if failing > IN_DOUBT or retries.is_in_replay(self.webhook, stretch)
        )

    @cached_property
    def refused(self) -> list[Stretch]:
        """Stretches in which minutes in doubt are so close that X's attempts fell from one into the other."""
        joined = union(self.in_doubt, bridging=retries.LAST)
        return [self._exactly(stretch) for stretch in subtract(intersect(joined, self.there), self.no_receiver)]

    @cached_property
    def beyond_retries(self) -> list[Stretch]:
        """Moments whose deliveries X could not get rid of by any of its attempts."""
        return retries.beyond(union([*self.uncovered, *self.in_doubt]))

    def failing(self, stretch: Stretch) -> tuple[float, int]:
        """Of the answers in a stretch: which part asked X to send again, and how many they were."""
        answers = [
            numbers
            for minute, numbers in self._answers.items()
            if minute < stretch.ended_at and stretch.began_at < minute + MINUTE
        ]
        taken, refused = sum(one for one, _ in answers), sum(other for _, other in answers)
        return (refused / (taken + refused) if refused else 0.0), refused

    def _last_valid(self, found_at: datetime) -> datetime:
        """When X is last known to have held it for valid before it was found invalid."""
        known: Sequence[datetime | None] = [
            self.search.known_valid_at,
            life.last_said_valid(self.webhook, found_at),
            self._last_delivery(found_at) if self.is_alone else None,
        ]
        return max((moment for moment in known if moment and moment <= found_at), default=found_at)

    def _last_delivery(self, before: datetime) -> datetime | None:
        """When X last delivered, which it does to valid webhooks alone."""
        delivered = {row.minute for row in self.minutes.rows if row.deliveries and row.minute < before}
        for minute in sorted(delivered, reverse=True):
            event_at = minutes.last_event(self.minutes.app_id, Stretch(minute, min(minute + MINUTE, before)))
            # What a minute that goes on afterwards counts may have come when it was valid again.
            if event_at or minute + MINUTE <= before:
                return event_at or minute
        return self.search.delivered_at

    def _exactly(self, stretch: Stretch) -> Stretch:
        """Go from whole minutes to moments, where the kept refusals tell them."""
        at = minutes.refused_at(self.minutes.app_id, Stretch(stretch.began_at, stretch.began_at + MINUTE))
        return Stretch(max(at[0], stretch.began_at), stretch.ended_at) if at else stretch
