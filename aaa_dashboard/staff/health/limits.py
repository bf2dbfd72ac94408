"""How often X may still be asked, app by app."""

from dataclasses import dataclass

from aaa_dashboard.webhooks.allowances import of_each
from aaa_dashboard.webhooks.models import Allowance, App

from .findings import Problem, never_raises


@dataclass(frozen=True, slots=True)
class AppLimits:
    app: App
    allowances: list[Allowance]
    """Windows of 15 minutes that are open, the scarcest first; none: X was not asked lately."""


def _none(_: Problem) -> list[AppLimits]:
    return []


@never_raises(_none)
def allowances() -> list[AppLimits]:
    """List what X has said to any of our processes."""
    apps = list(App.objects.order_by("pk"))
    known = of_each(apps)
    return [AppLimits(app, known[app.pk]) for app in apps]
