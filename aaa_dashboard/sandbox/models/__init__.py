"""What X would know: who may do what (`parties`), where activity goes (`webhooks`), what was done (`activity`) and sent
(`deliveries`); and how the sandbox itself is set (`workings`).
"""

from .activity import DirectMessage, Like, Post, Relation
from .deliveries import Attempt, Delivery, Replay
from .parties import AccessToken, App, Contract, RequestToken, User
from .webhooks import Subscription, Webhook
from .workings import ApiRequest, Fault, Kept

__all__ = [
    "AccessToken",
    "ApiRequest",
    "App",
    "Attempt",
    "Contract",
    "Delivery",
    "DirectMessage",
    "Fault",
    "Kept",
    "Like",
    "Post",
    "Relation",
    "Replay",
    "RequestToken",
    "Subscription",
    "User",
    "Webhook",
]
