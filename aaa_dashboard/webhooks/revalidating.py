"""Keep webhooks valid without a hand: look at X's list, and have X ask the challenge anew where there is a reason.

A webhook is validated when X says that it is invalid, when its last good challenge is nearly a day old (X begins to
doubt it then), and once when a new version of this program has begun to run. What fails is tried again, at intervals
that double up to half an hour.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.db.models import F, Q, QuerySet

from aaa_dashboard.clocks import has_come
from aaa_dashboard.x_api import errors
from aaa_dashboard.x_api.errors import Failure, XError

from . import asking, versions
from .models import App, Webhook
from .preflight import Step, Verdict, preflight
from .timeline import Kind, note
from .validating import have_challenged

# X's list may be asked for 15 times in 15 minutes, and people want some of these.
ASK_EVERY = timedelta(seconds=150)
ASK_AFTER_AN_ATTEMPT = timedelta(minutes=1)
# X asks again when 24 hours are over: two hours are left for what goes wrong.
STALE_AFTER = timedelta(hours=22)
FIRST_RETRY, LONGEST_RETRY = timedelta(minutes=1), timedelta(minutes=30)
LONGEST_WAIT = timedelta(hours=1)
RETRY_WHEN_X_IS_AWAY = timedelta(minutes=2)
# The receivers of a new version start at the same time as the workers do.
RECEIVERS_START = timedelta(minutes=1)
LEASE = timedelta(minutes=3)
BUDGET_SECONDS = 45.0
# Answers that invalidate a webhook at once; X forgives others for about a day (X's FAQ).
INVALIDATES_AT_ONCE = {"No redirect", "Challenge", "Not compressed"}

log = structlog.get_logger(__name__)


class Reason(Enum):
    """Why a webhook is validated, as the timeline has it."""

    INVALID = "the webhook was invalid"
    STALE = "no good challenge was known of the last 22 hours"
    NEW_VERSION = "a new version of this program has begun to run"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to have a webhook validated."""

    webhook: Webhook
    reason: Reason
    failure: str = ""
    """What was in the way; empty: it is valid."""


def keep_valid(now: datetime, *, running: str = "", budget_seconds: float = BUDGET_SECONDS) -> list[Attempt]:
    """Look at every app's list that is due, then have every webhook validated that is due. Safe twice and at once.

    Args:
        now: The time.
        running: Fingerprint of the version that runs; left out, it is looked at.
        budget_seconds: When to begin no more; the next run goes on.

    Raises:
        Exception: What went wrong first where nothing should; the others were looked after all the same.
    """
    stop_at = time.monotonic() + budget_seconds
    versions.see(running or versions.fingerprint(), now)
    attempts, broken = [], None
    for app in App.objects.filter(webhooks__deleted_at=None, webhooks__isnull=False).distinct().order_by("pk"):
        _look(app, now)
    for webhook in due(now).select_related("app"):
        if time.monotonic() >= stop_at:
            break
        try:
            if attempt := _attempt(webhook, now):
                attempts.append(attempt)
        except SoftTimeLimitExceeded:
            raise
        except Exception as error:
            log.exception("keeping a webhook valid failed", webhook=webhook.x_id)
            broken = broken or error
    if broken:
        raise broken
    return attempts


def hurry() -> None:
    """Forget what is waited for: the next run tries everything that is due but for that."""
    Webhook.objects.filter(deleted_at=None).update(next_attempt_at=None)


def due(now: datetime) -> QuerySet[Webhook]:
    """Webhooks to be validated now, invalid ones first."""
    waits_no_more = Q(next_attempt_at=None) | Q(next_attempt_at__lte=now) | Q(next_attempt_at__gt=now + LONGEST_WAIT)
    free = Q(claimed_until=None) | Q(claimed_until__lt=now) | Q(claimed_until__gt=now + LONGEST_WAIT)
    return Webhook.objects.filter(
        waits_no_more, free, Q(valid=False) | _is_stale(now) | _is_unreviewed(now), deleted_at=None
    ).order_by("valid", F("next_attempt_at").asc(nulls_first=True), "pk")


def _is_stale(now: datetime) -> Q:
    # What lies ahead was written by a clock that was wrong, and says nothing of the last hours.
    edge = now - STALE_AFTER
    return has_come("last_crc_at", edge, STALE_AFTER) & has_come("validated_at", edge, STALE_AFTER)


def _is_unreviewed(now: datetime) -> Q:
    began = versions.began_at(now - RECEIVERS_START)
    return Q(reviewed_at__lt=began) | Q(reviewed_at=None, created_at__lt=began) if began else Q(pk__in=[])


def _look(app: App, now: datetime) -> None:
    """Ask X for the app's webhooks when that is due; whoever else does so at the same time finds it done."""
    # X's windows last a quarter of an hour: what lies further ahead was written by a clock that was wrong.
    is_due = Q(next_ask_at=None) | Q(next_ask_at__lte=now) | Q(next_ask_at__gt=now + LONGEST_WAIT)
    if not App.objects.filter(is_due, pk=app.pk).update(next_ask_at=now + ASK_EVERY):
        return
    try:
        asking.ask(app, now=now)
    except errors.RateLimited as error:
        App.objects.filter(pk=app.pk).update(next_ask_at=max(error.resets_at, now + ASK_EVERY))
    except errors.TemporarilyUnavailable as error:
        log.warning("X does not tell of its webhooks", app=app.slug, because=error.failure.key)
    except XError as error:
        _say_once(app, error.failure)
    else:
        App.objects.filter(pk=app.pk).exclude(ask_failure="").update(ask_failure="")


def _say_once(app: App, failure: Failure) -> None:
    """Write down what a person has to mend before X can be asked, when it is new."""
    if App.objects.filter(pk=app.pk).exclude(ask_failure=failure.key).update(ask_failure=failure.key):
        log.warning("X cannot be asked for an app", app=app.slug, because=failure.key)
        for webhook in app.webhooks.filter(deleted_at=None):
            note(webhook, Kind.UNASKED, f"Its state is not known until this is mended. {failure}")


def _attempt(webhook: Webhook, now: datetime) -> Attempt | None:
    """Have one validated, unless somebody else was faster."""
    until = now + LEASE
    if not due(now).filter(pk=webhook.pk).update(claimed_until=until):
        return None
    webhook.refresh_from_db()
    reason = Reason.INVALID if not webhook.valid else Reason.NEW_VERSION
    if webhook.valid and Webhook.objects.filter(_is_stale(now), pk=webhook.pk).exists():
        reason = Reason.STALE
    try:
        return Attempt(webhook, reason, _validate(webhook, reason, now))
    finally:
        Webhook.objects.filter(pk=webhook.pk, claimed_until=until).update(claimed_until=None)
        soon = now + ASK_AFTER_AN_ATTEMPT
        App.objects.filter(pk=webhook.app_id, next_ask_at__gt=soon).update(next_ask_at=soon)


def _validate(webhook: Webhook, reason: Reason, now: datetime) -> str:
    steps = preflight(webhook.app) if asking.is_ours(webhook.app, webhook.url) else []
    wrong = [step for step in steps if step.verdict in {Verdict.BAD, Verdict.DOUBTFUL}]
    if webhook.valid and any(step.name in INVALIDATES_AT_ONCE and step.verdict is Verdict.BAD for step in wrong):
        return _failed(webhook, wrong, "X was not asked: it would find the same, and stop delivering at once.", now)
    try:
        detail = f"X asked the challenge and took the answer. It was asked to because {reason.value}."
        have_challenged(webhook, detail, now=now)
    except errors.WebhookNotFound as error:
        return error.failure.answer
    except errors.RateLimited as error:
        return _wait(webhook, max(error.resets_at, now + FIRST_RETRY), error.failure)
    except errors.TemporarilyUnavailable as error:
        return _wait(webhook, now + RETRY_WHEN_X_IS_AWAY, error.failure)
    except XError as error:
        if steps and not wrong:
            wrong = [Step("From here", Verdict.GOOD, "All is as X wants it.", "Look at what stands between X and us.")]
        failure = error.failure
        return _failed(webhook, wrong, f"{failure.answer} {failure.meaning} {failure.remedy}", now)
    return ""


def _wait(webhook: Webhook, until: datetime, failure: Failure) -> str:
    """X is away, or has been asked too often: that is no news of the webhook."""
    Webhook.objects.filter(pk=webhook.pk).update(next_attempt_at=until)
    return failure.answer


def _failed(webhook: Webhook, steps: Sequence[Step], said: str, now: datetime) -> str:
    """Keep a failed attempt; the timeline has it when it is not the same as before."""
    again_at = now + retry_after(webhook.failures + 1)
    looked = [f"{step.name}: {step.found} {step.mend}".strip() for step in steps]
    finding = "\n".join([*looked, said])
    Webhook.objects.filter(pk=webhook.pk).update(failures=F("failures") + 1, next_attempt_at=again_at, finding=finding)
    if finding != webhook.finding:
        for line in looked:
            note(webhook, Kind.LOOKED, line, at=now)
        again = f"Tried again at {again_at:%H:%M} UTC, then less often, until it works."
        note(webhook, Kind.REFUSED, f"{said[: 498 - len(again)]} {again}", at=now)
    return finding


def retry_after(failures: int) -> timedelta:
    """How long to wait after so many failed attempts in a row: 1, 2, 4, 8 … minutes, up to 30."""
    return min(FIRST_RETRY * (1 << min(failures - 1, 10)), LONGEST_RETRY)
