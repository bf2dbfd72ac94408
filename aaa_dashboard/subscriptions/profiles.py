"""Keep names and pictures of accounts as they are at X."""

from collections.abc import Iterable
from datetime import timedelta
from itertools import islice

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from aaa_dashboard.webhooks.credentials import api_of
from aaa_dashboard.webhooks.models import App

from .comparing import AT_X
from .models import Account, Subscription

STALE_AFTER = timedelta(hours=24)
AT_ONCE = 100  # X looks up no more in one call


def stale() -> QuerySet[Account]:
    """Subscribed accounts of which X was not asked for a day, the longest ago first; as many as one call takes.

    Nobody else's name is needed, and X need not hear of whom we hold events.
    """
    old = Q(profile_read_at=None) | Q(profile_read_at__lt=timezone.now() - STALE_AFTER)
    delivered = Subscription.objects.filter(account=OuterRef("pk"), state__in=AT_X, webhook__deleted_at=None)
    known = Account.objects.filter(old, Exists(delivered), forgotten_at=None)
    return known.order_by(F("profile_read_at").asc(nulls_first=True), "pk")[:AT_ONCE]


def refresh(app: App, accounts: Iterable[Account]) -> int:
    """Read profiles anew. Accounts that X does not know any more keep the name they had, and erased ones none.

    Returns:
        How many X told about.

    Raises:
        XError: X could not be asked.
    """
    api, waiting, told = api_of(app), iter(accounts), 0
    while batch := list(islice(waiting, AT_ONCE)):
        profiles = {profile.id: profile for profile in api.profiles(account.x_user_id for account in batch)}
        now = timezone.now()
        for account in batch:
            account.profile_read_at = now
            if profile := profiles.get(account.x_user_id):
                account.screen_name = profile.screen_name[:64]
                account.name = profile.name[:200]
                account.protected = profile.is_protected
                account.picture_url = profile.picture_url[:500]
        fields = ["screen_name", "name", "protected", "picture_url", "profile_read_at"]
        # Who was erased while X was answering stays so.
        Account.objects.filter(forgotten_at=None).bulk_update(batch, fields)
        told += len(profiles)
    return told
