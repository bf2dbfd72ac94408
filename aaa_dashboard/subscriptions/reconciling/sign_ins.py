"""Do the tokens that we hold still work? Some are tried each time, those first that were not for longest."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F

from aaa_dashboard.audit import Actor
from aaa_dashboard.webhooks.credentials import api_of
from aaa_dashboard.webhooks.models import App
from aaa_dashboard.x_api import errors

from ..claims import claimed
from ..ending import end
from ..models import Subscription

State = Subscription.State
BY_ITSELF = Actor("the dashboard")
AT_ONCE = 25
# Owners do not leave in crowds: when X refuses most sign-ins at once, it is more likely the app that X refuses.
CROWD = 3


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of trying some sign-ins of an app."""

    taken: int
    refused: Sequence[Subscription]
    """Those that X does not take any more."""

    @property
    def is_crowd(self) -> bool:
        """Whether so many are refused that no token is wiped for it."""
        return len(self.refused) >= CROWD and len(self.refused) > self.taken


def attempt(app: App, now: datetime, *, stop_at: float) -> Tried:
    """Try some sign-ins. Changes nothing but when they were tried.

    Args:
        app: Whose.
        now: The time.
        stop_at: When to stop, by the monotonic clock.
    """
    rows = Subscription.objects.filter(state=State.ACTIVE, webhook__app=app, webhook__deleted_at=None)
    rows = rows.exclude(access_token="").select_related("webhook__app", "account")
    api, taken = api_of(app), 0
    asked: list[int] = []
    refused: list[Subscription] = []
    for row in rows.order_by(F("token_checked_at").asc(nulls_first=True), "pk")[:AT_ONCE]:
        if time.monotonic() >= stop_at or row.user_token is None:
            break
        try:
            api.is_subscribed(row.webhook.x_id, row.user_token)
        except errors.TokenRevoked:
            refused.append(row)
        except errors.WebhookNotFound:
            pass
        except errors.XError:
            break  # X is away, or does not take the app
        else:
            taken += 1
        asked.append(row.pk)
    # The refused ones as well: kept for being a crowd, they would be the only ones that are ever tried again.
    Subscription.objects.filter(pk__in=asked).update(token_checked_at=now)
    return Tried(taken, refused)


def end_revoked(row: Subscription, *, by: Actor = BY_ITSELF) -> bool:
    """Wipe a token that X does not take any more, unless it was renewed meanwhile: whether it was wiped.

    Raises:
        Busy: Somebody else is changing it.
    """
    refused = row.user_token
    with claimed(row, patience_seconds=0):
        if row.user_token is None or row.user_token != refused:
            return False
        end(row, State.REVOKED, "found a sign-in revoked", by=by)
    return True
