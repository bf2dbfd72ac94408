"""Wipe what is known of an account: tokens, names, what its owner was told. Its id and its consent stay."""

from django.db.models import F, Value
from django.db.models.functions import Replace
from django.utils import timezone

from .models import Account, Finding, Invite, Subscription, Visit
from .signals import account_forgotten


def forget(x_user_id: str) -> dict[str, int]:
    """Wipe everything about an account but its id. To be called in a transaction, after its subscriptions ended.

    Names are not learnt again, neither from X nor from what X sends again, before its owner agrees anew.

    The record of consent (which version, when) is kept: it is what shows that the data was held lawfully.

    Returns:
        Number of what was wiped, in words for the report.
    """
    accounts = Account.objects.filter(x_user_id=x_user_id)
    subscriptions = Subscription.objects.filter(account__in=accounts)
    held = subscriptions.exclude(access_token="", access_token_secret="").update(
        access_token="", access_token_secret=""
    )
    subscriptions.exclude(consent_by="").update(consent_by=f"the owner of account {x_user_id}")
    visits, _ = Visit.objects.filter(account__in=accounts).delete()
    notes = Invite.objects.filter(account__in=accounts).exclude(note="").update(note="")
    for account in accounts:
        if account.screen_name:  # what a list was doubted for names an account among others
            told = Finding.objects.filter(detail__contains=str(account))
            told.update(detail=Replace(F("detail"), Value(str(account)), Value(x_user_id)))
        account_forgotten.send(
            Account, account=account, subscriptions=list(account.subscriptions.values_list("pk", flat=True))
        )
    profiles = accounts.exclude(screen_name="", name="", picture_url="").count()
    accounts.update(screen_name="", name="", picture_url="", profile_read_at=None, forgotten_at=timezone.now())
    return {"tokens": held, "visits of the owner": visits, "notes of invites": notes, "profiles": profiles}
