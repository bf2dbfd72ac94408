"""What people type about channels."""

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from .models import Channel, Severity

if TYPE_CHECKING:  # generic to the type checker alone
    ChannelModelForm = forms.ModelForm[Channel]
else:
    ChannelModelForm = forms.ModelForm

LOOPBACK = {"127.0.0.1", "::1", "localhost"}
TELLS = [
    (Severity.URGENT, "“Look now” alone"),
    (Severity.WARNING, "“Look soon” and “Look now”"),
    (Severity.INFO, "Everything"),
]


class ChannelForm(ChannelModelForm):
    """A channel. Of one that exists the kind stays, and an empty address keeps what is stored."""

    address = forms.CharField(required=False, max_length=500, label="E-mail address or URL")
    least = forms.TypedChoiceField(coerce=int, choices=TELLS, label="Is told of", initial=Severity.WARNING)

    class Meta:
        model = Channel
        fields = ["kind", "name", "address", "least", "enabled"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._stored = self.instance.address if self.instance.pk else ""
        self.initial["address"] = ""  # that of a chat holds a secret, and is not sent to the browser
        self.fields["kind"] = forms.ChoiceField(choices=Channel.Kind.choices)
        self.fields["name"].help_text = "For people: the team or the room."
        self.fields["address"].widget.attrs.update({"autocomplete": "off", "spellcheck": "false"})
        self.fields["address"].help_text = (
            "Empty keeps it." if self._stored else "For a chat: the address of its incoming webhook."
        )
        if self.instance.pk:
            del self.fields["kind"]
        else:
            del self.fields["enabled"]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        address = cleaned.get("address", "").strip() or self._stored
        kind = cleaned.get("kind") or self.instance.kind
        try:
            (_check_email if kind == Channel.Kind.EMAIL else _check_url)(address)
        except ValidationError as error:
            self.add_error("address", error)
        if kind == Channel.Kind.EMAIL and not self.instance.pk and not settings.EMAIL_IS_SET:
            self.add_error("kind", "No mail server is set. Set EMAIL_URL, start the processes anew, and add it then.")
        cleaned["address"] = address
        return cleaned


def _check_email(address: str) -> None:
    try:
        validate_email(address)
    except ValidationError:
        raise ValidationError("Write an e-mail address, such as duty@example.org.") from None


def _check_url(address: str) -> None:
    try:
        parts = urlsplit(address)
        is_whole = bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise ValidationError("This is no address.") from None
    if not is_whole or parts.scheme not in {"https", "http"}:
        raise ValidationError("Write the whole address, from https:// on.")
    if parts.username or parts.password:
        raise ValidationError("Leave name and password out: what is sent is signed.")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ValidationError("Use https: notices are not for everybody on the way.")
