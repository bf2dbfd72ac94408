"""What people say about a window. A script sends moments with their zone; what has none is UTC."""

from datetime import UTC, datetime
from typing import Any

from django import forms

from aaa_dashboard.webhooks.models import Webhook

from .windows import Window, down, up

FORMAT = "%Y-%m-%dT%H:%M"


class ReplayForm(forms.Form):
    """A webhook and a window."""

    webhook = forms.ModelChoiceField(Webhook.objects.none(), empty_label=None)
    begin = forms.CharField(label="From", widget=forms.DateTimeInput(attrs={"type": "datetime-local"}))
    end = forms.CharField(label="To", widget=forms.DateTimeInput(attrs={"type": "datetime-local"}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["webhook"].queryset = webhooks()  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for name, whole in (("begin", down), ("end", up)):
            if name in cleaned:
                try:
                    cleaned[name] = whole(read(cleaned[name]))
                except (ValueError, OverflowError):
                    self.add_error(name, "Write a day and a time.")
        return cleaned

    @property
    def window(self) -> Window:
        """What was said; of a valid form."""
        return Window(self.cleaned_data["begin"], self.cleaned_data["end"])


def webhooks() -> Any:
    """Those that X can be asked to deliver to."""
    return Webhook.objects.filter(deleted_at=None).select_related("app").order_by("app_id", "-valid", "pk")


def read(text: str) -> datetime:
    """Read a time: with its own zone, or in UTC.

    Raises:
        ValueError: It is none.
    """
    at = datetime.fromisoformat(text.strip())
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    try:
        return at.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(text) from error
