"""What the list of webhooks shows: by app, what is ours, what X has besides, and how often X may be asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db.models import Count, Prefetch, Q, QuerySet

from aaa_dashboard.x_api.errors import Failure

from . import allowances
from .models import Allowance, App, Webhook


@dataclass(frozen=True, slots=True)
class AppListed:
    """One app, as the list shows it."""

    app: App
    webhooks: list[Webhook]
    """Those that X has and we have."""
    failure: Failure | None
    """Why X did not tell just now."""
    allowances: list[Allowance] = field(default_factory=list)
    """What X lets the app ask, by its last answers, the scarcest first."""

    @property
    def used(self) -> int:
        """Webhooks that count against the contract's limit."""
        return len(self.webhooks) + len(self.app.strangers)


def listed(failures: Mapping[int, Failure]) -> list[AppListed]:
    """Every app; `failures` by its primary key."""
    current = Webhook.objects.filter(deleted_at=None).order_by("-valid", "pk")
    apps = list(App.objects.order_by("id").prefetch_related(Prefetch("webhooks", current, to_attr="current")))
    known = allowances.of_each(apps)
    return [AppListed(app, app.current, failures.get(app.pk), known[app.pk]) for app in apps]


def left_over() -> QuerySet[Webhook]:
    """Webhooks that X has no more, each with `held`: how many sign-ins of its accounts are of no use until moved."""
    held = Count("subscriptions", filter=~Q(subscriptions__access_token=""))
    return Webhook.objects.filter(deleted_at__isnull=False).annotate(held=held).filter(held__gt=0).order_by("pk")
