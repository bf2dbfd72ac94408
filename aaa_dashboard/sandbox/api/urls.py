"""Addresses of X's API: `/1.1/…`."""

from django.http import HttpRequest, HttpResponse
from django.urls import path, re_path
from django.views.decorators.csrf import csrf_exempt

from ..oauth import handshake
from . import replays, subscriptions, users, webhooks
from .errors import Error, answer


@csrf_exempt
def nothing(_request: HttpRequest) -> HttpResponse:
    """What X's API has not, or the sandbox has not of it."""
    return answer(Error.NO_SUCH_PAGE)


urlpatterns = [
    path("account_activity/webhooks.json", webhooks.webhooks),
    path("account_activity/webhooks/<str:webhook_id>.json", webhooks.webhook),
    path("account_activity/webhooks/<str:webhook_id>/subscriptions/all.json", subscriptions.own),
    path("account_activity/webhooks/<str:webhook_id>/subscriptions/all/list.json", subscriptions.of_webhook),
    path("account_activity/webhooks/<str:webhook_id>/subscriptions/<str:user_id>/all.json", subscriptions.of_user),
    path("account_activity/subscriptions/count.json", subscriptions.count),
    path("account_activity/replay/webhooks/<str:webhook_id>/subscriptions/all.json", replays.of_webhook),
    path("account/verify_credentials.json", users.verify_credentials),
    path("users/lookup.json", users.lookup),
    path("oauth/invalidate_token", handshake.invalidate_access_token),
    path("oauth/invalidate_token.json", handshake.invalidate_access_token),
    re_path("", nothing),
]
