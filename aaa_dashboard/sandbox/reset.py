"""Forget what came after the first start: all but the people, the first app with its keys, and the given webhook."""

from django.db import transaction

from . import switches, world
from .api import limits
from .models import (
    AccessToken,
    ApiRequest,
    App,
    Attempt,
    Delivery,
    DirectMessage,
    Post,
    Relation,
    Replay,
    RequestToken,
    Subscription,
    User,
    Webhook,
)
from .people import EVERYBODY


@transaction.atomic
def forget() -> None:
    """Delete it, and make the world anew. The clock stays: it does not run backwards."""
    for model in (ApiRequest, Attempt, Delivery, Replay, Post, Relation, DirectMessage, RequestToken, AccessToken):
        model._default_manager.all().delete()
    Webhook.objects.filter(is_given=False).delete()
    # One that was marked invalid is asked again, as at the start.
    Webhook.objects.filter(is_given=True, valid=False).update(challenged_at=None, challenge_problem="")
    Subscription.objects.all().delete()
    App.objects.exclude(x_app_id=world.X_APP_ID).delete()
    User.objects.exclude(x_user_id__in=[person.id for person in EVERYBODY]).delete()
    User.objects.update(is_protected=False)
    world.create()
    for hook in Webhook.objects.filter(valid=True):  # one that is not yet gets them when it is
        world.subscribe_brands(hook)
    switches.switch_off()
    limits.current.reset()
