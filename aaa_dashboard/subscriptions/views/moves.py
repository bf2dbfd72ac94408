"""Moving a webhook to another address, as one guided act. For those who may manage webhooks and subscriptions."""

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from aaa_dashboard import background
from aaa_dashboard.audit import Actor
from aaa_dashboard.webhooks.models import Webhook

from .. import moving, moving_along, tasks
from ..claims import Busy
from ..models import Move, Subscription
from .parts import moves


class AddressForm(forms.Form):
    """Where the webhook shall be."""

    url = forms.URLField(
        label="New address", max_length=500, assume_scheme="https", widget=forms.URLInput(attrs={"autocomplete": "off"})
    )

    def __init__(self, webhook: Webhook, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self.webhook = webhook
        if webhook.deleted_at:
            self.initial["url"] = webhook.app.receive_url

    def clean_url(self) -> str:
        url = str(self.cleaned_data["url"])
        if url == self.webhook.url and not self.webhook.deleted_at:
            raise forms.ValidationError("That is where it is.")
        if urlsplit(url).path.rstrip("/") != self.webhook.app.receive_path:
            raise forms.ValidationError(
                f"Only {self.webhook.app.receive_path} is answered for this app; the address has to end with it."
            )
        return url


@require_http_methods(["GET", "POST"])
@moves
def begin(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what a move does and who cannot come along; begin it."""
    webhook = get_object_or_404(moving.can_be_moved().select_related("app"), pk=pk)
    under_way = Move.objects.filter(source=webhook, finished_at=None).first()
    if under_way:
        return redirect("subscriptions:move", under_way.pk)
    form = AddressForm(webhook, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            begun = moving.begin(webhook, form.cleaned_data["url"], by=Actor.of_request(request))
        except moving.AlreadyGone:
            raise Http404 from None
        return redirect("subscriptions:move", begun.pk)
    context = {"webhook": webhook, "form": form, "plan": moving.plan(Move(source=webhook))}
    return render(request, "subscriptions/begin_move.html", context)


@require_http_methods(["GET", "POST"])
@moves
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """Show how far a move is; have it gone on with. For htmx its state alone: `?seen=` is what the reader was told."""
    found = get_object_or_404(Move.objects.select_related("source__app", "target__app", "started_by"), pk=pk)
    if request.method == "POST":
        may = request.POST.get("address", "").strip() == found.source.url
        if moving_along.want(found, by=Actor.of_request(request), may_leave_behind=may):
            background.nudge(tasks.go_on_moving)
        return redirect("subscriptions:move", pk)
    context = _shown(found, timezone.now())
    context["is_news"] = request.GET.get("seen") not in {None, context["state"]}
    is_part = bool(request.htmx)  # type: ignore[attr-defined]
    return render(request, "subscriptions/_move.html" if is_part else "subscriptions/move.html", context)


@require_POST
@moves
def abandon(request: HttpRequest, pk: int) -> HttpResponse:
    """Leave a move where it is."""
    found = get_object_or_404(Move.objects.select_related("source__app"), pk=pk)
    moving_along.stop(found)
    try:
        moving.abandon(found, by=Actor.of_request(request))
    except Busy:
        messages.error(request, "The account that is under way takes a while. Abandon it again in a minute.")
    return redirect("subscriptions:move", pk)


def _shown(found: Move, now: datetime) -> dict[str, Any]:
    arrived = Subscription.objects.filter(webhook=found.target, state="active").count() if found.target_id else 0
    plan = moving.plan(found)
    return {
        "move": found,
        "plan": plan,
        "asks": found.step == Move.Step.DELETE and not plan.loses_nothing,
        "arrived": arrived,
        "steps": _steps(found),
        "state": _state(found, now),
        "trouble": moving_along.trouble_of(found),
    }


def _state(found: Move, now: datetime) -> str:
    """What is going on: `over`, `stopped`, `planned`, `working`, `later`, or `waiting` for a worker."""
    if found.finished_at:
        return "over"
    if not found.under_way:
        return "planned" if found.trouble is None else "stopped"
    if found.claimed_until and found.claimed_until > now:
        return "working"
    return "later" if found.next_try_at and found.next_try_at > now else "waiting"


def _steps(found: Move) -> list[tuple[str, str]]:
    """Each step and whether it is `done`, the one `now`, or `ahead`."""
    order = [Move.Step.REGISTER, Move.Step.SUBSCRIBE, Move.Step.COMPARE, Move.Step.DELETE]
    if found.step == Move.Step.ABANDONED:
        return []
    at = len(order) if found.step == Move.Step.DONE else order.index(Move.Step(found.step))
    return [("done" if i < at else "now" if i == at else "ahead", str(step.label)) for i, step in enumerate(order)]
