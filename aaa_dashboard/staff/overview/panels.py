"""Parts of the overview that packages above `staff` add when the apps are ready: replays, for one."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a panel: a state in a word, and a text that leads somewhere."""

    text: str
    url: str
    state: str = ""
    """Words on the mark in front of it."""
    tone: str = "unknown"
    """How the mark looks: `active` for well, `unknown` for under way, `missing` for trouble, `removed` for over."""


@dataclass(frozen=True, slots=True)
class Panel:
    """A titled list."""

    title: str
    url: str
    """The page with all of it."""
    lines: tuple[Line, ...] = ()
    nothing: str = ""
    """Said when there is no line."""


Draw = Callable[[datetime], Panel | None]
_draws: list[Draw] = []


def register(draw: Draw) -> None:
    """Add a panel. It is asked at each look at the overview, so it reads little; None shows nothing."""
    if draw not in _draws:
        _draws.append(draw)


def drawn(now: datetime) -> list[Panel]:
    """Return every panel, as it is now."""
    return [panel for panel in (draw(now) for draw in _draws) if panel is not None]
