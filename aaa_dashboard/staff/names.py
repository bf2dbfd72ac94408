"""What an erased account was called leaves what is told of it here: notices, the audit, the log of the admin.

That something was done, when and by whom stays; the account has its id there instead of its name.
"""

from collections.abc import Sequence
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType

from aaa_dashboard.subscriptions.models import Account, Subscription

from .models import AuditEntry
from .notices import kinds
from .notices.models import Notice


def forget(account: Account, subscriptions: Sequence[int], **_: Any) -> None:
    """Receive `subscriptions.signals.account_forgotten`."""
    by_id = f"account {account.x_user_id}"
    # A notice may have been raised under an earlier name, so that none is looked for.
    for notice in Notice.objects.filter(subject__in=[f"subscription:{pk}" for pk in subscriptions]):
        kind = kinds.get(notice.kind)
        title = f"{kind.label if kind else notice.kind}: {by_id}"
        Notice.objects.filter(pk=notice.pk).update(title=title)
    for model, keys in ((Account, [account.pk]), (Subscription, subscriptions)):
        ids = [str(key) for key in keys]
        of_model = AuditEntry.objects.filter(object_type=model._meta.label_lower, object_id__in=ids)  # noqa: SLF001
        of_model.update(object_name=by_id)
        content = ContentType.objects.get_for_model(model)
        LogEntry.objects.filter(content_type=content, object_id__in=ids).update(object_repr=by_id)
