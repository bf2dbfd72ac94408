"""Changes of notices in words, for people and for programs."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.urls import reverse

from ..models import Message, Notice, Severity

Change = Message.Change


@dataclass(frozen=True, slots=True)
class Letter:
    """What is told in one piece."""

    subject: str
    """One line."""
    body: str
    """Plain text."""
    link: str
    notices: list[dict[str, Any]] = field(default_factory=list)
    """The same for programs."""


def letter_of(messages: Sequence[Message]) -> Letter:
    """Put changes into words: what needs somebody first, what is over last."""
    ordered = sorted(messages, key=lambda one: (one.change == Change.CLEARED, -one.notice.severity, one.pk))
    first = ordered[0]
    more = f" (and {len(ordered) - 1} more)" if len(ordered) > 1 else ""
    link = _absolute(first.notice.url) if len(ordered) == 1 else _absolute(reverse("staff:notices"))
    return Letter(
        subject=_one_line(f"{_lead(first)}: {first.notice.title}{more}"),
        body="\n\n".join(_paragraph(message) for message in ordered) + f"\n\n{link}\n",
        link=link,
        notices=[_facts(message) for message in ordered],
    )


def test_letter(by: str) -> Letter:
    """Say that this is a test and that nothing is wrong."""
    link = _absolute(reverse("staff:channels"))
    body = f"{by} tests whether notices arrive here. They do, and nothing is wrong.\n\n{link}\n"
    return Letter(subject="Test: notices arrive here", body=body, link=link)


def span(seconds: timedelta) -> str:
    """Say a length of time in words."""
    minutes = round(seconds.total_seconds() / 60)
    if minutes < 1:
        return "less than a minute"
    if minutes < 120:
        return "a minute" if minutes == 1 else f"{minutes} minutes"
    hours = round(minutes / 60)
    return f"{hours} hours" if hours < 48 else f"{round(hours / 24)} days"


def _lead(message: Message) -> str:
    return "Over" if message.change == Change.CLEARED else Severity(message.notice.severity).label


def _paragraph(message: Message) -> str:
    notice = message.notice
    head = f"{_lead(message)}: {notice.title}"
    if message.change == Change.CLEARED:
        return f"{head}\n{_ending(notice, message.made_at)}"
    worse = "This has become worse. " if message.change == Change.WORSE else ""
    return f"{head}\n{worse}{notice.text}\nWhat to do: {notice.remedy}"


def _ending(notice: Notice, at: datetime) -> str:
    lasted = span((notice.cleared_at or at) - notice.raised_at)
    returns = f" It came back {notice.returns} times in between." if notice.returns else ""
    return f"{notice.ending} It was so for {lasted}.{returns}".strip()


def _facts(message: Message) -> dict[str, Any]:
    notice = message.notice
    return {
        "id": f"{notice.pk}-{message.change}",
        "change": message.change,
        "kind": notice.kind,
        "subject": notice.subject,
        "severity": notice.level,
        "title": notice.title,
        "text": notice.text,
        "remedy": notice.remedy,
        "link": _absolute(notice.url),
        "raised_at": notice.raised_at.isoformat(),
        "cleared_at": notice.cleared_at.isoformat() if notice.cleared_at else None,
    }


def _absolute(path: str) -> str:
    return f"{settings.PUBLIC_URL}{path}"


def _one_line(text: str) -> str:
    """Bring a subject into one line: names may hold anything, and a line's end would begin a header."""
    return " ".join(text.split())[:200]
