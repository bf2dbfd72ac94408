"""Add, check, list, count and remove subscriptions: `/1.1/account_activity/…/subscriptions/…`.

Source: X, “Enterprise Account Activity API” (reference).
"""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse

from .. import clock
from ..models import App, Subscription
from ..oauth.callers import Caller
from .door import Admits, by_method, door
from .errors import Error, Refused
from .webhooks import found


@door(500, Admits.USER, writes=True)
def add(_request: HttpRequest, caller: Caller, webhook_id: str) -> HttpResponse:
    """`POST webhooks/:webhook_id/subscriptions/all.json`: 204; activity comes after a moment."""
    hook = found(caller.app, webhook_id)
    contract, now = caller.app.contract, clock.now()
    with transaction.atomic():  # so that the last place is not given twice
        if hook.subscriptions.filter(user=caller.user).exists():
            raise Refused(Error.ALREADY_SUBSCRIBED)
        if contract and of_contract(caller.app) >= contract.subscriptions_allowed:
            raise Refused(Error.TOO_MANY_RESOURCES)
        hook.subscriptions.create(
            user=caller.user, created_at=now, active_from=now + timedelta(seconds=settings.WARM_UP_SECONDS)
        )
    return HttpResponse(status=204)


@door(500, Admits.USER)
def check(_request: HttpRequest, caller: Caller, webhook_id: str) -> HttpResponse:
    """`GET webhooks/:webhook_id/subscriptions/all.json`: 204 when the user is subscribed."""
    if not found(caller.app, webhook_id).subscriptions.filter(user=caller.user).exists():
        raise Refused(Error.NO_SUCH_PAGE)
    return HttpResponse(status=204)


@door(500, Admits.USER, writes=True)
def remove_own(_request: HttpRequest, caller: Caller, webhook_id: str) -> HttpResponse:
    """`DELETE webhooks/:webhook_id/subscriptions/all.json` (deprecated by X): 204."""
    return _remove(found(caller.app, webhook_id).subscriptions.filter(user=caller.user).first())


@door(50, Admits.APP)
def listed(_request: HttpRequest, caller: Caller, webhook_id: str) -> HttpResponse:
    """`GET webhooks/:webhook_id/subscriptions/all/list.json`: 200 with the ids of all who are subscribed."""
    hook = found(caller.app, webhook_id)
    ids = hook.subscriptions.order_by("pk").values_list("user__x_user_id", flat=True)
    return JsonResponse(
        {
            "webhook_id": hook.x_webhook_id,
            "webhook_url": hook.url,
            "application_id": caller.app.x_app_id,
            "subscriptions": [{"user_id": x_user_id} for x_user_id in ids],
        }
    )


@door(500, Admits.APP, writes=True)
def remove(_request: HttpRequest, caller: Caller, webhook_id: str, user_id: str) -> HttpResponse:
    """`DELETE webhooks/:webhook_id/subscriptions/:user_id/all.json`: 204."""
    return _remove(found(caller.app, webhook_id).subscriptions.filter(user__x_user_id=user_id).first())


@door(15, Admits.APP)
def counted(_request: HttpRequest, caller: Caller) -> HttpResponse:
    """`GET subscriptions/count.json`: 200 with the numbers of the whole contract, as strings."""
    contract = caller.app.contract
    numbers = {
        "subscriptions_count_all": of_contract(caller.app),
        "subscriptions_count_direct_messages": 0,  # of a product that is no more
        "provisioned_count": contract.subscriptions_allowed if contract else 0,
    }
    shown = {name: number if settings.ANSWERS_AS_SEEN else str(number) for name, number in numbers.items()}
    return JsonResponse({"account_name": contract.account_name if contract else caller.app.name, **shown})


own = by_method(POST=add, GET=check, DELETE=remove_own)
of_webhook = by_method(GET=listed)
of_user = by_method(DELETE=remove)
count = by_method(GET=counted)


def of_contract(app: App) -> int:
    """How many subscriptions count against the app's contract."""
    if app.contract is None:
        return Subscription.objects.filter(webhook__app=app).count()
    return Subscription.objects.filter(webhook__app__contract=app.contract).count()


def _remove(subscription: Subscription | None) -> HttpResponse:
    if subscription is None:
        raise Refused(Error.NO_SUCH_PAGE)
    subscription.delete()
    return HttpResponse(status=204)
