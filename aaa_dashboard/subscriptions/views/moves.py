"""Moving a webhook to another address, as one guided act. For operators."""

from urllib.parse import urlsplit

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from aaa_dashboard.audit import Actor
from aaa_dashboard.webhooks.models import Webhook
from aaa_dashboard.x_api.errors import XError

from .. import moving
from ..claims import Busy
from ..models import Move, Subscription
from .parts import manages

NOT_FINISHED = (
    "X does not list everybody on the new webhook yet. Nothing is lost: both are delivered to. Go on in a minute."
)


class AddressForm(forms.Form):
    """Where the webhook shall be."""

    url = forms.URLField(
        label="New address", max_length=500, assume_scheme="https", widget=forms.URLInput(attrs={"autocomplete": "off"})
    )

    def __init__(self, webhook: Webhook, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self.webhook = webhook

    def clean_url(self) -> str:
        url = str(self.cleaned_data["url"])
        if url == self.webhook.url:
            raise forms.ValidationError("That is where it is.")
        if urlsplit(url).path.rstrip("/") != self.webhook.app.receive_path:
            raise forms.ValidationError(
                f"Only {self.webhook.app.receive_path} is answered for this app; the address has to end with it."
            )
        return url


@require_http_methods(["GET", "POST"])
@manages
def begin(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what a move does and who cannot come along; begin it."""
    webhook = get_object_or_404(Webhook.objects.filter(deleted_at=None).select_related("app"), pk=pk)
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
@manages
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """Show how far a move is; go on with it."""
    found = get_object_or_404(Move.objects.select_related("source__app", "target__app"), pk=pk)
    failure, said = None, ""
    if request.method == "POST":
        may = request.POST.get("address", "").strip() == found.source.url
        try:
            moving.go_on(found, by=Actor.of_request(request), may_leave_behind=may)
        except XError as error:
            failure = error.failure
        except moving.StillMissing:
            said = NOT_FINISHED
        except Busy:
            said = "Somebody else is at it. What they have done is shown here when this page is opened again."
        if not failure and not said:
            return redirect("subscriptions:move", pk)
    plan = moving.plan(found)
    arrived = Subscription.objects.filter(webhook=found.target, state="active").count() if found.target_id else 0
    context = {"move": found, "plan": plan, "arrived": arrived, "steps": _steps(found), "failure": failure}
    context["said"] = said
    return render(request, "subscriptions/move.html", context, status=409 if failure or said else 200)


@require_POST
@manages
def abandon(request: HttpRequest, pk: int) -> HttpResponse:
    """Leave a move where it is."""
    found = get_object_or_404(Move.objects.select_related("source__app"), pk=pk)
    try:
        moving.abandon(found, by=Actor.of_request(request))
    except Busy:
        messages.error(request, "Somebody is at it just now. Try again in a minute.")
    return redirect("subscriptions:move", pk)


def _steps(found: Move) -> list[tuple[str, str]]:
    """Each step and whether it is `done`, the one `now`, or `ahead`."""
    order = [Move.Step.REGISTER, Move.Step.SUBSCRIBE, Move.Step.COMPARE, Move.Step.DELETE]
    if found.step == Move.Step.ABANDONED:
        return []
    at = len(order) if found.step == Move.Step.DONE else order.index(Move.Step(found.step))
    return [("done" if i < at else "now" if i == at else "ahead", str(step.label)) for i, step in enumerate(order)]
