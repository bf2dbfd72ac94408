"""X apps. Their secrets go in and never come out: a form shows whether one is set, and a mark to compare it by."""

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin

from .models import App, Webhook, WebhookChange

SECRETS = (
    "consumer_key",
    "consumer_secret",
    "consumer_secret_previous",
    "access_token",
    "access_token_secret",
    "bearer_token",
)
REMOVE = "-"

if TYPE_CHECKING:  # generic to the type checker alone
    AppModelForm = forms.ModelForm[App]
    AppModelAdmin = admin.ModelAdmin[App]
    AnyModelAdmin = admin.ModelAdmin[Any]
else:
    AppModelForm = forms.ModelForm
    AppModelAdmin = AnyModelAdmin = admin.ModelAdmin


def fingerprint(secret: str) -> str:
    """Return a mark by which two people can tell whether they hold the same secret: six hex digits of SHA-256."""
    return sha256(secret.encode()).hexdigest()[:6]


class AppForm(AppModelForm):
    """An empty secret keeps what is stored, a hyphen removes it."""

    class Meta:
        model = App
        fields = ["name", "slug", "environment", "x_app_id", "api_version", *SECRETS]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._stored = {name: getattr(self.instance, name) for name in SECRETS}
        for name, stored in self._stored.items():
            field = self.fields[name]
            # Never rendered back, and not a place for the browser to offer the person's own password.
            field.widget = forms.PasswordInput(attrs={"autocomplete": "new-password", "class": "vTextField"})
            state = f"Set, fingerprint {fingerprint(stored)}. Empty keeps it, “-” removes it." if stored else "Not set."
            field.help_text = f"{field.help_text} {state}".strip()
            self.initial[name] = ""

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for name, stored in self._stored.items():
            typed = (cleaned.get(name) or "").strip()
            cleaned[name] = "" if typed == REMOVE else typed or stored
        return cleaned


@admin.register(App)
class AppAdmin(AppModelAdmin):
    form = AppForm
    list_display = ["name", "environment", "receive_path", "api_version", "consumer_secret_state"]
    fieldsets = [
        (None, {"fields": ["name", "slug", "environment", "x_app_id", "api_version"]}),
        ("Keys and tokens", {"fields": list(SECRETS)}),
    ]

    @admin.display(description="Consumer secret")
    def consumer_secret_state(self, app: App) -> str:
        return f"set, fingerprint {fingerprint(app.consumer_secret)}" if app.consumer_secret else "not set"


@admin.register(Webhook)
class WebhookAdmin(AnyModelAdmin):
    list_display = ["url", "app", "valid", "x_id", "last_checked_at", "deleted_at"]


@admin.register(WebhookChange)
class WebhookChangeAdmin(AnyModelAdmin):
    list_display = ["at", "webhook", "kind", "detail", "answer_ms", "by"]
