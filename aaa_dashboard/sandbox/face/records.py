"""What went over the wire: deliveries, requests, replays."""

from typing import TypeVar

import orjson
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from .. import service
from ..models import ApiRequest, Delivery, Replay, User
from .overview import rows

PAGE = 100
Row = TypeVar("Row", Delivery, ApiRequest)


@require_safe
def deliveries(request: HttpRequest) -> HttpResponse:
    """Every delivery that is remembered, newest first: of a state, a kind, an account."""
    found = Delivery.objects.defer("body").prefetch_related("attempts").order_by("-id")
    chosen = {name: request.GET.get(name, "") for name in ("state", "kind", "for")}
    if chosen["state"] in Delivery.State.values:
        found = found.filter(state=chosen["state"])
    if chosen["kind"]:
        found = found.filter(payload__startswith=chosen["kind"])
    if chosen["for"]:
        found = found.filter(for_user_id=chosen["for"])
    page, older = _page(request, found)
    context = {
        "deliveries": rows(page),
        "older": older,
        "chosen": chosen,
        "states": Delivery.State.choices,
        "users": User.objects.filter(subscriptions__isnull=False).distinct().order_by("screen_name"),
    }
    return render(request, "sandbox/face/deliveries.html", context)


@require_safe
def delivery(request: HttpRequest, number: int) -> HttpResponse:
    """One delivery: its body and every attempt."""
    service.current.flush()
    one = get_object_or_404(Delivery.objects.prefetch_related("attempts"), pk=number)
    [(_, attempts, screen_name)] = rows([one])
    body = orjson.dumps(orjson.loads(bytes(one.body)), option=orjson.OPT_INDENT_2).decode()
    context = {"delivery": one, "attempts": attempts, "screen_name": screen_name, "body": body}
    return render(request, "sandbox/face/delivery.html", context)


@require_safe
def requests(request: HttpRequest) -> HttpResponse:
    """Every request that X's API got, newest first."""
    found = ApiRequest.objects.order_by("-id")
    if request.GET.get("refused"):
        found = found.filter(status__gte=400)
    page, older = _page(request, found)
    context = {"requests": page, "older": older, "refused": bool(request.GET.get("refused"))}
    return render(request, "sandbox/face/requests.html", context)


@require_safe
def replays(request: HttpRequest) -> HttpResponse:
    """Every replay that was asked for, newest first."""
    return render(request, "sandbox/face/replays.html", {"replays": Replay.objects.select_related("webhook")[:PAGE]})


def _page(request: HttpRequest, found: QuerySet[Row]) -> tuple[list[Row], int | None]:
    """Rows before the id in the address, and the id before which there are more."""
    before = request.GET.get("before", "")
    if before.isdecimal():
        found = found.filter(id__lt=before)
    page = list(found[: PAGE + 1])
    return page[:PAGE], page[PAGE - 1].pk if len(page) > PAGE else None
