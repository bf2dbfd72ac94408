"""What the form offers before anybody has typed a time, and what it says about a window before X is asked."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from aaa_dashboard.deliveries.models import Gap
from aaa_dashboard.webhooks.models import Webhook

from . import budget, planning, progress
from .models import Job
from .windows import PER_SECOND, Window, around, newest, oldest

SPANS = (
    ("Last hour", timedelta(hours=1)),
    ("Last 6 hours", timedelta(hours=6)),
    ("Last day", timedelta(days=1)),
)
GAPS_OFFERED = 5


@dataclass(frozen=True, slots=True)
class Offer:
    """A window that people often want."""

    label: str
    window: Window
    webhook: Webhook


@dataclass(frozen=True, slots=True)
class Plan:
    """What will happen."""

    webhook: Webhook
    window: Window
    jobs: list[Window]
    begins_at: datetime | None
    """When X takes the first job; None: at once."""
    ends_at: datetime | None
    """When X takes the last one; None: at once as well."""
    expected: int | None
    gaps: list[Gap]
    ahead: int
    """Jobs of other replays that X is asked for first."""

    @property
    def last_begins_after(self) -> timedelta:
        """How long X's limit of requests keeps the last job from its beginning, at least."""
        return budget.least(self.ahead + len(self.jobs))

    @property
    def takes(self) -> timedelta:
        """How long it takes at least; nothing: nobody knows how much comes, and one request is enough."""
        return max(self.last_begins_after, timedelta(seconds=-(-(self.expected or 0) // PER_SECOND)))


def offers(webhook: Webhook, *, now: datetime) -> list[Offer]:
    """The windows up to the newest that X takes, and the gaps that are not closed."""
    end = newest(now)
    spans = [Offer(label, Window(end - span, end), webhook) for label, span in SPANS]
    everything = Offer("All that X has", Window(oldest(now), end), webhook)
    return [*spans, everything]


def gaps_of(webhook: Webhook, *, now: datetime) -> list[tuple[Gap, Window]]:
    """Gaps that X could still close, newest first, with the windows that would."""
    found = Gap.objects.filter(webhook=webhook, state__in=planning.TO_BE_CLOSED, ended_at__gt=oldest(now)).order_by(
        "-began_at"
    )[:GAPS_OFFERED]
    pairs = [(gap, around(gap.began_at, gap.ended_at).within_reach(now)) for gap in found if gap.ended_at]
    return [(gap, window) for gap, window in pairs if window]


def plan(webhook: Webhook, window: Window, *, now: datetime) -> Plan:
    """What will happen when X is asked for a window.

    Raises:
        planning.NotTaken: X could not be asked.
    """
    planning.look_at(webhook, window, now=now)
    jobs, gaps = list(window.jobs()), planning.covered(webhook, window, now=now)
    first, last = jobs[0].askable_at, max(job.askable_at for job in jobs)
    return Plan(
        webhook=webhook,
        window=window,
        jobs=jobs,
        begins_at=first if first > now else None,
        ends_at=last if last > now else None,
        expected=progress.expected(webhook.app_id, window, gaps),
        gaps=gaps,
        ahead=Job.objects.filter(webhook=webhook, state=Job.State.WAITING, not_before__lte=max(last, now)).count(),
    )
