"""Of an account that was erased no name is left: not in notices, not in comparisons, not in the audit."""

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.utils import timezone

from aaa_dashboard.audit import Actor, record
from aaa_dashboard.staff.models import AuditEntry
from aaa_dashboard.staff.notices import round  # noqa: A004 - a look round
from aaa_dashboard.staff.notices.models import Notice
from aaa_dashboard.subscriptions.forgetting import forget
from aaa_dashboard.subscriptions.models import Account, Finding, Subscription
from aaa_dashboard.webhooks.models import App, Webhook
from tests.recovery.erasure import where

pytestmark = pytest.mark.django_db


@pytest.fixture
def row() -> Subscription:
    app = App.objects.get_or_create(slug="acme", defaults={"name": "Acme Care"})[0]
    webhook = Webhook.objects.create(app=app, x_id="17", url="https://acme.example/webhook/acme", valid=True)
    account = Account.objects.create(x_user_id="4711", screen_name="mira_muster", name="Mira Muster")
    return Subscription.objects.create(
        webhook=webhook, account=account, state=Subscription.State.MISSING, state_since=timezone.now()
    )


def test_no_name_is_left_in_what_was_told_or_written_down(row: Subscription, admin_user: User) -> None:
    now = timezone.now()
    round.compare(now)
    record(Actor("olga"), "removed a subscription", row)
    record(Actor("olga"), "changed an account", row.account)
    Finding.objects.create(
        kind=Finding.Kind.DOUBTED, subject="1", app=row.webhook.app, webhook=row.webhook, found_at=now,
        detail="Asked about @mira_muster by itself, X says that it is subscribed.",
    )  # fmt: skip
    LogEntry.objects.create(
        user=admin_user, content_type=ContentType.objects.get_for_model(Account), object_id=str(row.account.pk),
        object_repr=str(row.account), action_flag=CHANGE,
    )  # fmt: skip
    assert len(where("mira")) >= 6
    forget("4711")
    assert where("mira") == []
    assert Notice.objects.get(subject=f"subscription:{row.pk}").title == "Subscription missing: account 4711"
    assert set(AuditEntry.objects.filter(by="olga").values_list("object_name", flat=True)) == {"account 4711"}


def test_what_is_told_of_others_keeps_its_names(row: Subscription) -> None:
    other = Account.objects.create(x_user_id="4712", screen_name="otto", name="Otto")
    theirs = Subscription.objects.create(
        webhook=row.webhook, account=other, state=Subscription.State.MISSING, state_since=timezone.now()
    )
    round.compare(timezone.now())
    record(Actor("olga"), "removed a subscription", theirs)
    forget("4711")
    assert Notice.objects.get(subject=f"subscription:{theirs.pk}").title == "@otto is missing at X"
    assert AuditEntry.objects.get().object_name.startswith("@otto on")
