"""What a look finds, and what a row of the table of kinds is."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from .models import Severity


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is so now and that a person should know of."""

    subject: str
    """What it is about; the same for as long as it is the same: `webhook:3`."""
    title: str
    text: str
    """What is so, and since when, in full sentences. No secret, and nothing that X users wrote."""
    url: str
    """Path of the page where it is mended."""
    remedy: str = ""
    """What to do, where it differs from the kind's."""
    severity: Severity | None = None
    """How much it matters, where it differs from the kind's."""
    posts: str = ""
    """Path that the button posts to; without one it is a link to the page."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One row of the table: something that can be so, how it is found, and what to do about it."""

    key: str
    label: str
    """What the filter calls it."""
    severity: Severity
    find: Callable[[datetime], Iterable[Finding]]
    """Everything of the kind that is so at a moment. Reads, and changes nothing."""
    remedy: str
    action: str
    """Words on the button."""
    ended: Callable[[str], str] = lambda subject: ""
    """How it ended for a subject, in words, where there is more to say than that it is over."""
    tells_end: bool = True
    """Whether people who were told of it are told that it is over."""


def moment(at: datetime) -> str:
    """Say a moment in words that stay right: texts are read hours later, and far away."""
    return f"{at.day} {at:%B %H:%M} UTC"
