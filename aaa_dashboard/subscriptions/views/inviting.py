"""How staff bring accounts in: by signing in as them, or by a link for their owner."""

from typing import TYPE_CHECKING

from django import forms
from django.contrib import messages
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from aaa_dashboard.audit import Actor
from aaa_dashboard.webhooks.models import Webhook
from aaa_dashboard.x_api.errors import XError

from .. import consent, invites, sign_in
from ..models import Invite, SignIn
from .parts import leads_to_x, manages, refused, webhooks_offered

INVITES_SHOWN = 100

if TYPE_CHECKING:  # generic to the type checker alone
    WebhookField = forms.ModelChoiceField[Webhook]
else:
    WebhookField = forms.ModelChoiceField


class WebhookChoice(WebhookField):
    """A webhook, named as people know it."""

    def label_from_instance(self, obj: Webhook) -> str:
        return f"{obj.url} · {obj.app}{'' if obj.valid else ' · invalid'}"


class InviteForm(forms.Form):
    """What an invite says and how long it is good."""

    webhook = WebhookChoice(Webhook.objects.none(), empty_label=None)
    note = forms.CharField(
        required=False,
        max_length=500,
        label="Note for the owner",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    days = forms.TypedChoiceField(
        coerce=int, initial=7, label="Good for",
        choices=[(days, "1 day" if days == 1 else f"{days} days") for days in invites.DAYS_OFFERED],
    )  # fmt: skip

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["webhook"].queryset = Webhook.objects.filter(deleted_at=None).select_related("app")  # type: ignore[attr-defined]


@require_GET
@manages
@leads_to_x
def add(request: HttpRequest) -> HttpResponse:
    """Offer both ways to subscribe an account."""
    context = {
        "form": InviteForm(),
        "webhooks": webhooks_offered(),
        "shared": consent.SHARED,
        "version": consent.version(),
        "callback": sign_in.callback_url(),
    }
    return render(request, "subscriptions/add.html", context)


@require_POST
@manages
@leads_to_x
def begin(request: HttpRequest) -> HttpResponse:
    """Send a member of staff to X, to sign in as the account."""
    webhook = get_object_or_404(
        Webhook.objects.filter(deleted_at=None).select_related("app"), pk=request.POST.get("webhook") or 0
    )
    if not request.POST.get("agreed"):
        messages.error(request, "Say first that the account’s owner agrees.")
        return redirect("subscriptions:add")
    person = request.user
    assert isinstance(person, AbstractBaseUser)
    try:
        there = sign_in.begin(request.session, webhook.app, SignIn.Purpose.STAFF, webhook=webhook, person=person)
    except XError as error:
        return refused(request, error, back=reverse("subscriptions:add"), back_to="Subscribe an account",
                       callback=sign_in.callback_url())  # fmt: skip
    return redirect(there)


@require_http_methods(["GET", "POST"])
@manages
@never_cache  # the link is shown once
def invite_list(request: HttpRequest) -> HttpResponse:
    """Show invites, and make one (`?webhook=` for which): its link is on the answer and nowhere else."""
    form, link = InviteForm(request.POST or None, initial={"webhook": request.GET.get("webhook", "")}), ""
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data
        made, link = invites.create(
            chosen["webhook"], note=chosen["note"], days=chosen["days"], by=Actor.of_request(request)
        )
        form = InviteForm()
        expires_at = made.expires_at
    else:
        expires_at = None
    invites_made = Invite.objects.select_related("webhook", "account", "created_by").prefetch_related("webhook__app")
    context = {
        "form": form,
        "link": link,
        "expires_at": expires_at,
        "invites": invites_made[:INVITES_SHOWN],
        "webhooks": webhooks_offered(),
    }
    return render(request, "subscriptions/invites.html", context)


@require_POST
@manages
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """End an invite."""
    ended = invites.withdraw(get_object_or_404(Invite, pk=pk), by=Actor.of_request(request))
    if ended:
        messages.success(request, "The link does not work any more.")
    else:
        messages.error(request, "It was used or withdrawn already.")
    return redirect("subscriptions:invites")
