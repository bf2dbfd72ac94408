"""Lay X's list of a webhook beside our rows, and take over what it says.

A list that adds somebody is always believed. One that lacks much of what was there is not, before a second source says
the same: the sign-ins of some who are lacking, or X's count. X has had hours in which lists came back empty.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from aaa_dashboard import clocks
from aaa_dashboard.webhooks.credentials import api_of
from aaa_dashboard.webhooks.models import Webhook
from aaa_dashboard.x_api import errors

from .claims import free
from .models import Account, Subscription

State = Subscription.State
AT_X = (State.ACTIVE, State.UNKNOWN)
# A list without anybody is always doubted, and one that lacks more than half of so many.
MANY = 10
# Whom X is asked about by their own sign-ins before a list that lacks them is believed.
ASKED_ABOUT = 3


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of comparing a webhook's subscriptions."""

    user_ids: frozenset[str] = field(repr=False)
    """Accounts that X lists."""
    missing: int
    """Ours that X does not have, or never took on; noted just now."""
    unknown: int
    """X's of which we hold no token; noted just now."""
    back: int
    """Ours that X has again, or that somebody was at when a process was killed."""
    doubt: str = ""
    """Why the list was not believed where it lacks somebody; empty: it was."""

    @property
    def at_x(self) -> int:
        return len(self.user_ids)

    @property
    def is_as_before(self) -> bool:
        return not (self.missing or self.unknown or self.back or self.doubt)


def check_all(webhook: Webhook, *, now: datetime | None = None, believes: bool = False) -> Comparison:
    """Compare all of a webhook's subscriptions with X's list, and take on accounts we did not know.

    Args:
        webhook: Which.
        now: The time, where it is another than the clock's.
        believes: Whether somebody has decided that the list is right whatever it lacks.

    Raises:
        XError: X could not be asked, or knows no such webhook. Nothing changed.
    """
    asked_at = now or timezone.now()
    user_ids = frozenset(api_of(webhook.app).subscriptions(webhook.x_id).user_ids)
    doubt = "" if believes else why_doubt(webhook, user_ids, asked_at)
    with transaction.atomic():
        # What changed while X was answering is newer than its answer, and so is what somebody is changing.
        rows = Subscription.objects.filter(free(asked_at), _changed_before(asked_at), webhook=webhook)
        there = rows.filter(account__x_user_id__in=user_ids)
        lacking = rows.filter(state__in=AT_X).exclude(account__x_user_id__in=user_ids)
        # Also those that were being subscribed when a process was killed.
        held = there.exclude(state=State.ACTIVE).exclude(access_token="")
        back = held.update(state=State.ACTIVE, state_since=asked_at)
        unknown = there.exclude(state__in=AT_X).update(state=State.UNKNOWN, state_since=asked_at)
        missing = 0 if doubt else lacking.update(state=State.MISSING, state_since=asked_at)
        begun = rows.filter(state=State.NEW).exclude(access_token="").exclude(account__x_user_id__in=user_ids)
        missing += begun.update(state=State.MISSING, state_since=asked_at)
        unknown += _take_on(webhook, user_ids, asked_at)
        Subscription.objects.filter(webhook=webhook).update(checked_at=asked_at)
    return Comparison(user_ids, missing, unknown, back, doubt)


def _changed_before(asked_at: datetime) -> Q:
    return Q(state_since__lt=asked_at) | Q(state_since__gt=asked_at + clocks.DIFFER)


def why_doubt(webhook: Webhook, user_ids: frozenset[str], asked_at: datetime) -> str:
    """Why a list is not believed where it lacks somebody; empty when it is.

    Args:
        webhook: Whose list.
        user_ids: Whom it holds.
        asked_at: When X was asked for it.
    """
    had = Subscription.objects.filter(_changed_before(asked_at), webhook=webhook, state__in=AT_X)
    lacking = list(had.exclude(account__x_user_id__in=user_ids).select_related("account").order_by("pk"))
    before = had.count()
    if not lacking or (user_ids and (before < MANY or len(lacking) * 2 <= before)):
        return ""
    because = _against_sign_ins(webhook, lacking)
    if because is None:
        because = _against_count(webhook, len(user_ids))
    return f"X’s list lacks {len(lacking)} of {before} accounts. {because}" if because else ""


def _against_sign_ins(webhook: Webhook, lacking: Sequence[Subscription]) -> str | None:
    """Ask X about some of those who are lacking, each by its own sign-in: what speaks against the list, if anything.

    Returns:
        None when there is no sign-in about which X says a clear word.
    """
    api, agree = api_of(webhook.app), 0
    for row in [row for row in lacking if row.user_token][:ASKED_ABOUT]:
        assert row.user_token is not None
        try:
            if api.is_subscribed(webhook.x_id, row.user_token):
                return f"Asked about {row.account} by itself, X says that it is subscribed."
        except errors.XError:
            continue
        agree += 1
    return "" if agree else None


def _against_count(webhook: Webhook, listed: int) -> str:
    """X's count speaks against the list when it holds more than that, and what we have elsewhere."""
    elsewhere = Subscription.objects.filter(webhook__deleted_at=None, state__in=AT_X).exclude(webhook=webhook).count()
    try:
        used = api_of(webhook.app).count_subscriptions().used
    except errors.XError:
        return "Nothing else that X says confirms it."
    return "" if used <= listed + elsewhere else f"X counts {used} in all, which is more than it lists."


def _take_on(webhook: Webhook, user_ids: frozenset[str], at: datetime) -> int:
    """Make rows for X's subscriptions of which we have none."""
    known = Subscription.objects.filter(webhook=webhook).values_list("account__x_user_id", flat=True)
    new = user_ids - set(known)
    Account.objects.bulk_create([Account(x_user_id=user_id) for user_id in sorted(new)], ignore_conflicts=True)
    Subscription.objects.bulk_create(
        [
            Subscription(webhook=webhook, account=account, state=State.UNKNOWN, state_since=at)
            for account in Account.objects.filter(x_user_id__in=new)
        ],
        ignore_conflicts=True,
    )
    return len(new)
