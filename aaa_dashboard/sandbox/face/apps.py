"""What X's developer portal would be for: apps, what they may do, where users are sent back to, and their keys."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from ..models import AccessToken, App, Contract, Subscription, Webhook

if TYPE_CHECKING:  # which app or contract a form is about, the type checker alone is told
    _FormOfApp = forms.ModelForm[App]
    _FormOfContract = forms.ModelForm[Contract]
else:
    _FormOfApp = _FormOfContract = forms.ModelForm


class AppForm(_FormOfApp):
    """What can be changed of an app. Tokens keep the rights with which they were given."""

    callback_urls = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        label="Callback URLs, one on each line",
    )

    class Meta:
        model = App
        fields = ["callback_urls", "permission", "type", "is_suspended", "may_use_activity", "may_replay"]
        labels = {
            "is_suspended": "Suspended",
            "may_use_activity": "May use account activity",
            "may_replay": "May replay",
        }
        help_texts = {"may_use_activity": "", "may_replay": ""}

    def __init__(self, data: Mapping[str, Any] | None = None, *, instance: App) -> None:
        initial = {"callback_urls": "\n".join(instance.callback_urls)}
        super().__init__(data, instance=instance, initial=initial, prefix=instance.x_app_id, label_suffix="")

    def clean_callback_urls(self) -> list[str]:
        return [line.strip() for line in self.cleaned_data["callback_urls"].splitlines() if line.strip()]


class ContractForm(_FormOfContract):
    """What a contract holds."""

    class Meta:
        model = Contract
        fields = ["webhooks_allowed", "subscriptions_allowed"]
        labels = {"webhooks_allowed": "Webhooks", "subscriptions_allowed": "Subscriptions"}
        help_texts = {"subscriptions_allowed": ""}


@require_safe
def apps(request: HttpRequest) -> HttpResponse:
    """All apps and contracts."""
    return _page(request)


@require_POST
def change_app(request: HttpRequest, x_app_id: str) -> HttpResponse:
    """Change an app as the form says."""
    form = AppForm(request.POST, instance=get_object_or_404(App, x_app_id=x_app_id))
    if not form.is_valid():
        return _page(request, app_form=form)
    form.save()
    return redirect("apps")


@require_POST
def change_contract(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a contract as the form says."""
    form = ContractForm(request.POST, instance=get_object_or_404(Contract, pk=pk), label_suffix="")
    if not form.is_valid():
        return _page(request, contract_form=form)
    form.save()
    return redirect("apps")


def _page(
    request: HttpRequest, app_form: AppForm | None = None, contract_form: ContractForm | None = None
) -> HttpResponse:
    newest_first = Prefetch("access_tokens", AccessToken.objects.select_related("user").order_by("-pk"))
    found = App.objects.select_related("owner", "contract").prefetch_related(newest_first).order_by("pk")
    context = {
        "apps": [(app, app_form if app_form and app_form.instance == app else AppForm(instance=app)) for app in found],
        "contracts": [
            (
                contract,
                contract_form
                if contract_form and contract_form.instance == contract
                else ContractForm(instance=contract, label_suffix=""),
                Webhook.objects.filter(app__contract=contract).count(),
                Subscription.objects.filter(webhook__app__contract=contract).count(),
            )
            for contract in Contract.objects.order_by("pk")
        ],
        # Where the control API says them to whoever asks, there is nothing to hide.
        "shows_secrets": settings.CONTROL,
    }
    return render(request, "sandbox/face/apps.html", context, status=400 if app_form or contract_form else 200)
