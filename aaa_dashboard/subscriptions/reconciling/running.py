"""One comparison, from beginning to end."""

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from django.db import IntegrityError, transaction
from django.db.models import Q

from aaa_dashboard.audit import Actor
from aaa_dashboard.clocks import has_come
from aaa_dashboard.webhooks.models import App, Webhook
from aaa_dashboard.x_api import errors
from aaa_dashboard.x_api.errors import XError

from .. import checking, profiles
from ..claims import Busy
from ..comparing import Comparison, check_all
from ..models import Finding, Move, Reconciliation, Subscription
from . import counting, ledger, repairing, sign_ins
from .ledger import Difference, Kind, of_account, of_webhook
from .sign_ins import CROWD, Tried

State = Subscription.State
BUDGET_SECONDS = 60.0
# One that takes longer has broken off: its worker was killed.
LEASE = timedelta(minutes=5)

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Course:
    """What a comparison has come to so far."""

    run: Reconciliation
    now: datetime
    stop_at: float
    webhooks: list[Webhook]
    lists: dict[int, Comparison] = field(default_factory=dict)
    """What X listed, by webhook; those that are missing here X did not tell."""
    differences: list[Difference] = field(default_factory=list)
    """Except those about accounts, which are read from the states of their subscriptions."""
    judged: Q = field(default_factory=lambda: Q(pk__in=[]))
    """Findings about which there was a clear word."""
    failures: dict[int, str] = field(default_factory=dict)
    """Why subscribing again failed, by subscription."""

    def believes(self, webhook: Webhook) -> bool:
        return webhook.pk in self.lists and not self.lists[webhook.pk].doubt

    def has_time(self) -> bool:
        return time.monotonic() < self.stop_at


def reconcile(now: datetime, *, by: Actor | None = None, budget_seconds: float = BUDGET_SECONDS) -> Reconciliation:
    """Compare everything with X, and repair what is safe. What there is no time for, the next one does.

    Args:
        now: The time.
        by: Who wants it; None: time alone.
        budget_seconds: When to stop repairing and trying sign-ins.

    Raises:
        Busy: Another one is running.
    """
    run = _begin(now, by)
    try:
        webhooks = _compared()
        course = Course(run, now, time.monotonic() + budget_seconds, webhooks)
        _read_lists(course)
        _count(course)
        # So that what is repaired in a moment has been found before.
        ledger.write(run, [*course.differences, *_of_accounts(course)], Q(pk__in=[]), now)
        _mend(course)
        ledger.write(run, [*course.differences, *_of_accounts(course)], course.judged, now)
        _sum_up(course)
    except BaseException:
        Reconciliation.objects.filter(pk=run.pk, finished_at=None).update(finished_at=now, broke_off=True)
        raise
    for app in {webhook.app for webhook in webhooks}:
        with suppress(XError):
            profiles.refresh(app, profiles.stale())
    ledger.prune(now)
    return run


def _begin(now: datetime, by: Actor | None) -> Reconciliation:
    late = Reconciliation.objects.filter(has_come("started_at", now - LEASE, LEASE), finished_at=None)
    late.update(finished_at=now, broke_off=True)
    try:
        with transaction.atomic():
            return Reconciliation.objects.create(started_at=now, by=by.name[:150] if by else "")
    except IntegrityError:
        raise Busy from None


def _compared() -> list[Webhook]:
    """Every webhook but those that are being moved: their accounts leave one by one, and a move knows where each is."""
    moved = Move.objects.filter(finished_at=None).values("source")
    current = Webhook.objects.filter(deleted_at=None).exclude(pk__in=moved)
    return list(current.select_related("app").order_by("pk"))


def _read_lists(course: Course) -> None:
    for webhook in course.webhooks:
        try:
            compared = check_all(webhook, now=course.now)
        except XError as error:
            course.differences.append(of_webhook(Kind.UNREAD, webhook, str(error.failure)))
            log.warning("X does not tell its subscriptions", webhook=webhook.x_id, because=error.failure.key)
            continue
        course.lists[webhook.pk] = compared
        kinds = [Kind.UNREAD]
        if compared.doubt:
            course.differences.append(of_webhook(Kind.DOUBTED, webhook, compared.doubt))
        else:
            kinds += [Kind.DOUBTED, *ledger.OF_ACCOUNTS]
        course.judged |= Q(webhook=webhook, kind__in=kinds)


def _of_accounts(course: Course) -> Iterator[Difference]:
    """What the states of subscriptions have come to, for the webhooks whose lists were read."""
    rows = Subscription.objects.filter(webhook__in=course.lists, state__in=[State.MISSING, State.UNKNOWN])
    for row in rows.select_related("webhook__app", "account").order_by("pk"):
        if row.state == State.MISSING:
            yield _missing(row, course.failures.get(row.pk, ""))
        elif row.consented_at:
            yield of_account(Kind.ENDED, row, "X has it all the same, and we hold no sign-in of its owner.")
        else:
            yield of_account(Kind.UNKNOWN, row, "Nobody has agreed to anything here, and we hold no sign-in.")


def _missing(row: Subscription, failure: str) -> Difference:
    if failure:
        return of_account(Kind.MISSING, row, f"Subscribing it again failed. {failure}")
    if row.user_token is None:
        return of_account(Kind.MISSING, row, "We hold no sign-in of its owner: only they can have it back.")
    if row.consented_at is None:
        return of_account(Kind.MISSING, row, "No consent of its owner is on record.")
    if row.repairs >= repairing.MOST_REPAIRS:
        times = (
            f"Within a day it was subscribed again {repairing.MOST_REPAIRS} times by itself, and it is missing again."
        )
        return of_account(Kind.MISSING, row, times, is_news=False)
    return of_account(
        Kind.MISSING, row, "We hold its owner’s sign-in: it is subscribed again by itself.", is_news=False
    )


def _count(course: Course) -> None:
    """Count before anything is mended, so that lists and counts are of the same moment."""
    usages = []
    for app in {webhook.app for webhook in course.webhooks}:
        with suppress(XError):
            usages.append(checking.count(app, now=course.now))
    listed: dict[int, int] = defaultdict(int)
    for webhook in course.webhooks:
        if webhook.pk in course.lists:
            listed[webhook.app_id] += course.lists[webhook.pk].at_x
    known = {webhook.pk for webhook in course.webhooks if course.believes(webhook)}
    unsure = set(Webhook.objects.filter(deleted_at=None).exclude(pk__in=known).values_list("app", flat=True))
    for contract in counting.contracts(usages):
        apps = [usage.app_id for usage in contract]
        found = [counting.limit(contract)]
        course.judged |= Q(kind=Kind.LIMIT, app__in=apps)
        if not unsure & set(apps):
            found.append(counting.disagreement(contract, listed))
            course.judged |= Q(kind=Kind.COUNT, app__in=apps)
        course.differences += [one for one in found if one]


def _mend(course: Course) -> None:
    """Try sign-ins and subscribe again, by app; wipe the tokens that X takes no more, unless that looks wrong."""
    repairing.forgive(course.now)
    believed = [webhook for webhook in course.webhooks if course.believes(webhook)]
    for app in {webhook.app for webhook in course.webhooks}:
        tried = sign_ins.attempt(app, course.now, stop_at=course.stop_at)
        repaired, refused = _repair(course, [webhook for webhook in believed if webhook.app_id == app.pk])
        tried = Tried(tried.taken + repaired, [*tried.refused, *refused])
        if tried.taken or tried.refused:
            course.judged |= Q(kind=Kind.REFUSED, app=app)
        if tried.is_crowd:
            course.differences.append(_refused(app, tried))
            continue
        for row in tried.refused:
            _end_revoked(course, row)


def _repair(course: Course, webhooks: list[Webhook]) -> tuple[int, list[Subscription]]:
    """Subscribe again: how many were, and those whose sign-ins X refuses."""
    repaired, refused = 0, []
    for row in repairing.waiting().filter(webhook__in=webhooks):
        if not course.has_time():
            break
        try:
            outcome = repairing.repair(row, course.now)
        except Busy:
            continue
        except (errors.TemporarilyUnavailable, errors.RateLimited):
            break
        repaired += outcome.is_subscribed
        if outcome.is_revoked:
            refused.append(row)
        elif outcome.failure:
            course.failures[row.pk] = outcome.failure
    return repaired, refused


def _refused(app: App, tried: Tried) -> Difference:
    asked = tried.taken + len(tried.refused)
    return Difference(
        kind=Kind.REFUSED,
        subject=app.slug,
        app=app,
        detail=f"{len(tried.refused)} of {asked} sign-ins that were tried are refused. {CROWD} or more owners seldom "
        "leave at once, so no token was wiped.",
    )


def _end_revoked(course: Course, row: Subscription) -> None:
    was_missing = row.state == State.MISSING
    with suppress(Busy):
        if sign_ins.end_revoked(row):
            detail = "X does not take the sign-in that its owner gave." + (
                " It has ended the subscription as well." if was_missing else ""
            )
            difference = of_account(Kind.REVOKED if was_missing else Kind.DEAD, row, detail)
            ledger.note(course.run, difference, "The sign-in is wiped, and the subscription ended here.", course.now)


def _sum_up(course: Course) -> None:
    run, believed = course.run, [webhook for webhook in course.webhooks if course.believes(webhook)]
    run.webhooks, run.unread = len(believed), len(course.webhooks) - len(believed)
    run.at_x = sum(course.lists[webhook.pk].at_x for webhook in believed)
    run.found, run.settled = run.found_here.count(), run.settled_here.count()
    run.standing = Finding.objects.filter(settled_at=None).count()
    run.finished_at = course.now
    run.save()
