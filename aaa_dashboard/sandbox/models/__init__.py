"""What X would know: who may do what (`parties`), where activity goes (`webhooks`), what was sent (`deliveries`)."""

from .deliveries import Attempt, Delivery
from .parties import AccessToken, App, Contract, RequestToken, User
from .webhooks import Subscription, Webhook

__all__ = [
    "AccessToken",
    "App",
    "Attempt",
    "Contract",
    "Delivery",
    "RequestToken",
    "Subscription",
    "User",
    "Webhook",
]
