"""What X has still to send again to a webhook, and to no other: it is lost with it. Known to a higher layer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .models import Webhook


@dataclass(frozen=True, slots=True)
class Owed:
    """Something that was missed and may yet come."""

    what: str
    """For people."""
    url: str
    """Where it is looked at."""


Tell = Callable[[Webhook], Sequence[Owed]]
_tell: list[Tell] = []


def register(tell: Tell) -> None:
    """Say who knows what X has still to send again."""
    _tell.append(tell)


def owed_to(webhook: Webhook) -> list[Owed]:
    """What would be lost if the webhook were deleted now; nothing where X has it no more."""
    return [] if webhook.deleted_at else [one for tell in _tell for one in tell(webhook)]
