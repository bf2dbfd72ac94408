"""What people type about apps and webhooks."""

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django import forms

from aaa_dashboard.x_api.credentials import fingerprint
from aaa_dashboard.x_api.interface import GENERATIONS

from .keys import PLAIN, SECRETS
from .models import DEFAULT_SLUG, App

if TYPE_CHECKING:  # generic to the type checker alone
    AppModelForm = forms.ModelForm[App]
else:
    AppModelForm = forms.ModelForm

REMOVE = "-"


class RegisterForm(forms.Form):
    """An address to be registered."""

    url = forms.CharField(label="Address", max_length=500)
    anyway = forms.BooleanField(label="Ask X all the same", required=False)

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"].strip()
        try:
            parts = urlsplit(url)
        except ValueError:
            parts = urlsplit("")
        if parts.scheme not in {"https", "http"} or not parts.hostname:
            raise forms.ValidationError("Write the whole address, from https:// on.")
        return url


class AppForm(AppModelForm):
    """An empty secret keeps what is stored, a hyphen removes it. Nothing that is stored is sent to the browser."""

    class Meta:
        model = App
        fields = [*PLAIN, *SECRETS]

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
        versions = [(version, version) for version in GENERATIONS]
        self.fields["api_version"] = forms.ChoiceField(label="API version", choices=versions)
        if self.instance.pk:
            # X posts to the path of an app; with another one, nothing would arrive.
            self.fields["slug"].disabled = True

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"]
        if slug in {"add", DEFAULT_SLUG} and not self.instance.pk:
            raise forms.ValidationError("That word is taken.")
        return slug

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for name, stored in self._stored.items():
            typed = (cleaned.get(name) or "").strip()
            cleaned[name] = "" if typed == REMOVE else typed or stored
        return cleaned

    @property
    def plain_fields(self) -> list[forms.BoundField]:
        """What people may read."""
        return [self[name] for name in PLAIN]

    @property
    def secret_fields(self) -> list[forms.BoundField]:
        """What goes in alone."""
        return [self[name] for name in SECRETS]
