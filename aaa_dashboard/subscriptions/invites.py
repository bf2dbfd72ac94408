"""Links for owners: made by staff, shown once, used once."""

import hashlib
import secrets
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from aaa_dashboard.audit import Actor, record
from aaa_dashboard.webhooks.models import Webhook

from .models import Account, Invite

SECRET_BYTES = 24
DAYS_OFFERED = (1, 3, 7, 14, 30)


def create(webhook: Webhook, *, note: str, days: int, by: Actor) -> tuple[Invite, str]:
    """Make an invite.

    Returns:
        The invite and its link. The link cannot be had again: only a hash of its secret is kept.
    """
    secret = secrets.token_urlsafe(SECRET_BYTES)
    with transaction.atomic():
        invite = Invite.objects.create(
            secret_hash=_hash(secret),
            webhook=webhook,
            note=note.strip(),
            created_by_id=_id(by.person),
            expires_at=timezone.now() + timedelta(days=days),
        )
        record(by, "created an invite", invite, after={"webhook": str(webhook), "days": days})
    return invite, settings.PUBLIC_URL + reverse("subscriptions:invite", args=[secret])


def find(secret: str) -> Invite | None:
    """The invite of a link, whatever became of it."""
    return Invite.objects.select_related("webhook__app", "account").filter(secret_hash=_hash(secret)).first()


def claim(invite: Invite) -> bool:
    """Use an invite; False when it was used, withdrawn or has expired meanwhile."""
    now = timezone.now()
    unused = Invite.objects.filter(pk=invite.pk, used_at=None, withdrawn_at=None, expires_at__gt=now)
    return bool(unused.update(used_at=now))


def give_back(invite: Invite) -> None:
    """Undo `claim`: X did not take the subscription, and the owner may try again."""
    Invite.objects.filter(pk=invite.pk, account=None).update(used_at=None)


def note_account(invite: Invite, account: Account) -> None:
    """Remember who used it."""
    Invite.objects.filter(pk=invite.pk).update(account=account)


def withdraw(invite: Invite, *, by: Actor) -> bool:
    """End an invite that nobody has used; False when there was nothing to end."""
    with transaction.atomic():
        ended = Invite.objects.filter(pk=invite.pk, used_at=None, withdrawn_at=None).update(withdrawn_at=timezone.now())
        if ended:
            record(by, "withdrew an invite", invite)
    return bool(ended)


def _hash(secret: str) -> str:
    # No salt and no stretching: the secret is 192 random bits.
    return hashlib.sha256(secret.encode()).hexdigest()


def _id(person: AbstractBaseUser | None) -> int | None:
    return person.pk if person else None
