"""Subscribe again what X has lost: where the owner's token is held and their consent stands, and not for ever."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, QuerySet

from aaa_dashboard.audit import Actor, record
from aaa_dashboard.x_api import errors
from aaa_dashboard.x_api.errors import XError

from ..claims import claimed
from ..models import Subscription
from ..subscribing import ask_x
from .sign_ins import BY_ITSELF, end_revoked

State = Subscription.State
# After so many times, whether X refused or lost it again, somebody should see why.
MOST_REPAIRS = 3
HELD_FOR = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Repair:
    """What came of subscribing again."""

    is_subscribed: bool
    is_revoked: bool = False
    failure: str = ""
    """What X said against it."""


def waiting() -> QuerySet[Subscription]:
    """Whom X has lost and who may be subscribed again by itself. What was removed or revoked has no token any more."""
    return (
        Subscription.objects.filter(
            state=State.MISSING, webhook__deleted_at=None, consented_at__isnull=False, repairs__lt=MOST_REPAIRS
        )
        .exclude(access_token="")
        .select_related("webhook__app", "account")
        .order_by("repairs", "pk")
    )


def repair(row: Subscription, now: datetime, *, by: Actor = BY_ITSELF) -> Repair:
    """Subscribe again, with the token and the consent that are held. Who finds it done does nothing.

    Raises:
        Busy: Somebody else is changing it.
        TemporarilyUnavailable, RateLimited: X could not be asked; it does not count as a try.
    """
    with claimed(row, patience_seconds=0):
        token = row.user_token
        if row.state != State.MISSING or token is None or row.consented_at is None:
            return Repair(row.state == State.ACTIVE)
        # Before X is asked: a worker that is killed at it has tried as well.
        Subscription.objects.filter(pk=row.pk).update(repairs=F("repairs") + 1)
        try:
            ask_x(row.webhook, token)
        except errors.TokenRevoked as error:
            return Repair(False, is_revoked=True, failure=f"{error.failure.answer} {error.failure.meaning}")
        except (errors.TemporarilyUnavailable, errors.RateLimited):
            Subscription.objects.filter(pk=row.pk).update(repairs=F("repairs") - 1)
            raise
        except XError as error:
            return Repair(False, failure=f"{error.failure.answer} {error.failure.meaning}")
        row.state, row.state_since, row.checked_at = State.ACTIVE, now, now
        with transaction.atomic():
            row.save(update_fields=["state", "state_since", "checked_at"])
            before, after = {"state": State.MISSING.label}, {"state": State.ACTIVE.label}
            record(by, "subscribed an account again", row, before=before, after=after)
    return Repair(True)


def again(row: Subscription, now: datetime, *, by: Actor) -> Repair:
    """Subscribe again because a person wishes it, however often it was tried before. A sign-in that X refuses is wiped.

    Raises:
        Busy, TemporarilyUnavailable, RateLimited: As for `repair`.
    """
    Subscription.objects.filter(pk=row.pk, state=State.MISSING).update(repairs=0)
    outcome = repair(row, now, by=by)
    if outcome.is_revoked:
        end_revoked(row, by=by)
    return outcome


def forgive(now: datetime) -> None:
    """Forget the tries of what has held for a day since."""
    held = Subscription.objects.filter(state=State.ACTIVE, repairs__gt=0, state_since__lt=now - HELD_FOR)
    held.update(repairs=0)
