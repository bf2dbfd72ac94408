"""Whether X can deliver, and whether what it delivers is taken."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Count
from django.urls import reverse

from aaa_dashboard.deliveries.models import TrafficMinute, Unsplit
from aaa_dashboard.webhooks.models import App, Webhook, WebhookChange

from ..finding import Finding, moment
from .reasons import FORGED, NOT_STORED, reason_said

# X gives a challenge 3 s; a third of that is a receiver in trouble.
SLOW_MS = 1_000
# X asks once a day or more often: what is older tells nothing about now.
CHALLENGE_COUNTS = timedelta(hours=25)
# A receiver writes its running minute every 5 s.
RECEIVER_SILENT = timedelta(seconds=60)
RECENT = timedelta(minutes=10)
USUAL = timedelta(hours=24)
# Fewer than this in ten minutes are noise of the internet, however unusual.
REFUSALS_AT_LEAST = 20
REFUSALS_TIMES_USUAL = 5
# In a row, within a quarter of an hour: a proxy that was started anew is there again by then.
FAILED_ATTEMPTS = 4


def webhook_invalid(_now: datetime) -> Iterator[Finding]:
    """Find webhooks to which X delivers nothing."""
    for webhook in Webhook.objects.filter(deleted_at=None, valid=False).order_by("pk"):
        since = f" since {moment(webhook.invalid_since)}" if webhook.invalid_since else ""
        yield Finding(
            subject=f"webhook:{webhook.pk}",
            title=f"{webhook.url} is invalid",
            text=f"X delivers nothing to it{since}, and sends nothing of it later by itself.",
            url=reverse("webhooks:webhook", args=[webhook.pk]),
            posts=reverse("webhooks:validate", args=[webhook.pk]),
        )


def webhook_not_kept(_now: datetime) -> Iterator[Finding]:
    """Find webhooks that X still takes for valid, and that answer in a way that would end that."""
    failing = Webhook.objects.filter(deleted_at=None, valid=True, failures__gte=FAILED_ATTEMPTS)
    for webhook in failing.order_by("pk"):
        yield Finding(
            subject=f"webhook:{webhook.pk}",
            title=f"{webhook.url} is about to become invalid",
            text=f"X takes it for valid still. Looked at from here it fails: {webhook.finding}",
            url=reverse("webhooks:webhook", args=[webhook.pk]),
        )


def keys_refused(_now: datetime) -> Iterator[Finding]:
    """Find apps that X cannot be asked for until a person mends something, their keys above all."""
    for app in App.objects.exclude(ask_failure="").filter(webhooks__deleted_at=None).distinct().order_by("pk"):
        told = WebhookChange.objects.filter(webhook__app=app, kind=WebhookChange.Kind.UNASKED).order_by("-at").first()
        since = f"Since {moment(told.at)}. {told.detail}" if told else ""
        yield Finding(
            subject=f"app:{app.pk}",
            title=f"X cannot be asked for {app}",
            text=f"{since} Until then its webhooks are not kept valid, and accounts are not compared.".strip(),
            url=reverse("webhooks:app", args=[app.slug]),
        )


def challenge_slow(now: datetime) -> Iterator[Finding]:
    """Find webhooks whose last challenge took dangerously long."""
    slow = Webhook.objects.filter(
        deleted_at=None, last_crc_ms__gt=SLOW_MS, last_crc_at__gt=now - CHALLENGE_COUNTS
    ).order_by("pk")
    for webhook in slow:
        assert webhook.last_crc_at is not None
        assert webhook.last_crc_ms is not None
        yield Finding(
            subject=f"webhook:{webhook.pk}",
            title=f"{webhook.url} answers challenges slowly",
            text=f"The last challenge, {moment(webhook.last_crc_at)}, took {webhook.last_crc_ms / 1000:.1f} s. "
            "X gives it 3 s, and then counts the webhook as down.",
            url=reverse("webhooks:webhook", args=[webhook.pk]),
        )


def receiver_silent(now: datetime) -> Iterator[Finding]:
    """Find that no receiver runs. Before the first one ever ran, nothing is missing."""
    newest = TrafficMinute.objects.order_by("-minute").values_list("minute", flat=True).first()
    if newest is None:
        return
    until = max(TrafficMinute.objects.filter(minute=newest).values_list("until", flat=True))
    if now - until > RECEIVER_SILENT:
        yield Finding(
            subject="receivers",
            title="No receiver is running",
            text=f"The last sign of one is from {moment(until)}. X tries each delivery for about five minutes, then it "
            "is lost until it is replayed.",
            url=reverse("staff:health"),
        )


def refusals_rising(now: datetime) -> Iterator[Finding]:
    """Find apps of which far more is refused than is usual for them: not X's, or not signed with our secret."""
    usual = _refusals(now - USUAL, now - RECENT, FORGED)
    for app, recent in _refusals(now - RECENT, now, FORGED).items():
        number = recent.total()
        expected = usual[app].total() * (RECENT / (USUAL - RECENT))
        if number < max(REFUSALS_AT_LEAST, REFUSALS_TIMES_USUAL * expected):
            continue
        reason, of_it = recent.most_common(1)[0]
        said = reason_said(reason)
        yield Finding(
            subject=f"app:{app.pk}",
            title=f"{app} refuses more than usual",
            text=f"{number} requests in the last ten minutes, where {expected:.0f} would be usual; {of_it} of them: "
            f"{said.means}",
            remedy=said.remedy,
            url=reverse("webhooks:app", args=[app.slug]),
        )


def not_stored(now: datetime) -> Iterator[Finding]:
    """Find apps whose deliveries were answered 503 in the last minutes, because we could not keep them."""
    for app, recent in _refusals(now - RECENT / 2, now, NOT_STORED).items():
        reason, _ = recent.most_common(1)[0]
        said = reason_said(reason)
        yield Finding(
            subject=f"app:{app.pk}",
            title=f"Deliveries for {app} could not be stored",
            text=f"{recent.total()} in the last five minutes: {said.means} X sends each of them again three times, "
            "the last time after about five minutes.",
            remedy=said.remedy,
            url=reverse("webhooks:app", args=[app.slug]),
        )


def unsplit(now: datetime) -> Iterator[Finding]:
    """Find apps that got something from X today that could not be taken apart."""
    counted = Unsplit.objects.filter(received_at__gt=now - timedelta(days=1)).values("app").annotate(number=Count("pk"))
    numbers = {row["app"]: row["number"] for row in counted}
    for app in App.objects.filter(pk__in=numbers).order_by("pk"):
        yield Finding(
            subject=f"app:{app.pk}",
            title=f"X sent {app} something we do not know",
            text=f"{numbers[app.pk]} deliveries of the last day bear X's signature and could not be taken apart. They "
            "are kept as they came, and are on no list.",
            url=reverse("admin:deliveries_unsplit_changelist"),
        )


def _refusals(begin: datetime, end: datetime, reasons: frozenset[str]) -> dict[App, Counter[str]]:
    """Count refusals by app and reason, from the minutes of traffic."""
    by_app: dict[int, Counter[str]] = defaultdict(Counter)
    # Optimization: minutes without a refusal, which are nearly all, are not read.
    minutes = TrafficMinute.objects.filter(minute__gte=begin, minute__lt=end).exclude(refusals={})
    for app_id, refusals in minutes.values_list("app_id", "refusals"):
        by_app[app_id].update({reason: number for reason, number in refusals.items() if reason in reasons})
    counted = {app_id: counts for app_id, counts in by_app.items() if counts}
    apps = App.objects.in_bulk(counted)
    return defaultdict(Counter, {apps[app_id]: counts for app_id, counts in counted.items() if app_id in apps})
