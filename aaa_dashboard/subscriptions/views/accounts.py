"""Accounts and their subscriptions, for staff: agents look, operators change."""

from contextlib import suppress
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Prefetch, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from aaa_dashboard.audit import Actor
from aaa_dashboard.webhooks import asking
from aaa_dashboard.webhooks.models import App, Webhook
from aaa_dashboard.x_api.errors import XError

from .. import checking, ending, moving
from ..claims import Busy
from ..models import Account, Finding, Invite, Move, Subscription, Usage
from ..throttle import count
from .parts import MANAGE, MOVE, manages, refused, webhooks_offered, with_everything

AT_ONCE = 100


@require_GET
def accounts(request: HttpRequest) -> HttpResponse:
    """Show accounts with the state of their subscriptions: `?q=` names or ids, `?page=`."""
    webhooks = _look_at_new(webhooks_offered())
    may_move = request.user.has_perms(MOVE)
    wanted = request.GET.get("q", "").strip().removeprefix("@")
    found = Account.objects.order_by("screen_name", "pk")
    if wanted:
        found = found.filter(Q(screen_name__icontains=wanted) | Q(name__icontains=wanted) | Q(x_user_id=wanted))
    current = with_everything().filter(webhook__deleted_at=None).exclude(state=Subscription.State.NEW).order_by("pk")
    current = current.defer("access_token", "access_token_secret")
    found = found.prefetch_related(Prefetch("subscriptions", current, to_attr="current"))
    context = {
        "page": Paginator(found, AT_ONCE).get_page(request.GET.get("page")),
        "wanted": wanted,
        "usages": _usages(),
        "webhooks": webhooks,
        "moves": Move.objects.filter(finished_at=None).select_related("source"),
        "findings": Finding.objects.filter(settled_at=None).count(),
        "open_invites": Invite.objects.filter(used_at=None, withdrawn_at=None).count(),
        "may_manage": request.user.has_perm(MANAGE),
        "may_move": may_move,
        "gone": moving.can_be_moved().exclude(deleted_at=None) if may_move else (),
    }
    return render(request, "subscriptions/accounts.html", context)


@require_GET
def account(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one account: who it is, what it is subscribed to, and how it came to that."""
    found = get_object_or_404(Account, pk=pk)
    context = {
        "account": found,
        "subscriptions": with_everything(found.subscriptions).order_by("-pk"),
        "may_manage": request.user.has_perm(MANAGE),
    }
    return render(request, "subscriptions/account.html", context)


@require_POST
@manages
def check(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask X about one subscription."""
    row = get_object_or_404(with_everything(), pk=pk)
    try:
        checking.check(row, by=Actor.of_request(request))
    except (XError, Busy) as error:
        return refused(request, error, **_back_to(row.account))
    messages.success(request, f"X was asked: {row.get_state_display().lower()}.")
    return redirect("subscriptions:account", row.account_id)


@require_http_methods(["GET", "POST"])
@manages
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what is lost when a subscription is removed, and remove it when the account's name was typed."""
    row = get_object_or_404(with_everything(), pk=pk)
    name = row.account.screen_name or row.account.x_user_id
    typed = request.POST.get("name", "").strip().removeprefix("@")
    if request.method != "POST" or typed.casefold() != name.casefold():
        wrong = request.method == "POST"
        context = {"row": row, "name": name, "typed": typed, "wrong": wrong}
        return render(request, "subscriptions/remove.html", context, status=422 if wrong else 200)
    try:
        had = ending.remove(row, by=Actor.of_request(request))
    except (XError, Busy) as error:
        return refused(request, error, **_back_to(row.account))
    messages.success(request, "Removed." if had else "Removed here; X did not have it any more.")
    return redirect("subscriptions:account", row.account_id)


def _look_at_new(webhooks: list[Webhook]) -> list[Webhook]:
    """Ask X about apps that it was never asked about: a webhook that is adopted brings accounts nobody added here.

    Returns:
        Where accounts can be subscribed now.
    """
    counted = set(Usage.objects.values_list("app_id", flat=True))
    in_use = {webhook.app_id for webhook in webhooks}
    uncounted = [app for app in App.objects.order_by("pk") if app.pk not in counted]
    new = [app for app in uncounted if app.pk in in_use or app.asked_at is None]
    # At most once a minute: somebody waits for it, and X may be away.
    if not new or count("subscriptions-first-look") != 1:
        return webhooks
    with suppress(XError):
        for app in new:
            asking.ask(app)
        webhooks = webhooks_offered()
        checking.compare([webhook for webhook in webhooks if webhook.app in new])
    return webhooks


def _back_to(account: Account) -> dict[str, Any]:
    return {"back": reverse("subscriptions:account", args=[account.pk]), "back_to": str(account)}


def _usages() -> list[dict[str, Any]]:
    return [
        {
            "usage": usage,
            "is_warning": usage.percent is not None and usage.percent >= checking.WARN_AT_PERCENT,
            "is_alarm": usage.percent is not None and usage.percent >= checking.ALARM_AT_PERCENT,
        }
        for usage in Usage.objects.select_related("app").order_by("app_id")
    ]
