"""What to do first on a fresh installation. Each step ticks itself off."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse

from aaa_dashboard.subscriptions.models import Subscription
from aaa_dashboard.webhooks.models import App, Webhook

from ..notices.channels import reached


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do."""

    title: str
    text: str
    url: str
    is_done: bool


def checklist(apps: Sequence[App], webhooks: Sequence[Webhook], *, has_events: bool, may_tell: bool) -> list[Step]:
    """Return the steps, in order; none once events have come through a webhook of ours, whatever became of it.

    Args:
        apps: Every app.
        webhooks: Those that X has.
        has_events: Whether an event was ever stored.
        may_tell: Whether the reader may say where notices are sent.
    """
    if has_events and (webhooks or Webhook.objects.exists()):
        return []
    register = reverse("webhooks:register", args=[apps[0].slug]) if apps else reverse("webhooks:list")
    steps = [
        Step(
            "Register a webhook, or adopt one that X has",
            "The address that X posts events to. It is looked at first, as X would.",
            reverse("webhooks:list") if has_events else register,
            bool(webhooks),
        ),
        Step(
            "See that it is valid",
            "X asks it a challenge, and delivers to valid webhooks alone.",
            reverse("webhooks:list"),
            any(webhook.valid for webhook in webhooks),
        ),
        Step(
            "Invite an account",
            "Its owner signs in with X through a link, and agrees to what is shared.",
            reverse("subscriptions:add"),
            Subscription.objects.filter(state__in=["active", "unknown"], webhook__deleted_at=None).exists(),
        ),
        Step(
            "See the first event",
            "Post something as the account, or mention it: it is on Live within a second.",
            reverse("activity:live"),
            has_events,
        ),
    ]
    if may_tell:
        text = "By e-mail or in a chat: what is wrong is told once, and when it is over."
        told, _ = reached()
        steps.append(Step("Say who is told of trouble", text, reverse("staff:channels"), bool(told)))
    return steps
