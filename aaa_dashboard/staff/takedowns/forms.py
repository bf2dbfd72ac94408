"""What a person types to have something erased."""

import re
from typing import Any

from django import forms

from aaa_dashboard.deliveries.takedown.authors import EVENTS_LOOKED_AT, ids_called
from aaa_dashboard.deliveries.takedown.models import Takedown

_ADDRESS_OF_A_POST = re.compile(r"/status(?:es)?/([0-9]{1,20})(?![0-9])")
_ID = re.compile(r"[0-9]{1,20}")

_NO_SUCH_NAME = (
    f"We know no account of that name, and nobody in the latest {EVENTS_LOOKED_AT:,} events has it. "
    "Give its X user id, which is a number."
)


class TakedownForm(forms.Form):
    """A post by its id or address, or an account by its id or name."""

    what = forms.ChoiceField(
        label="What has to go",
        choices=[
            (Takedown.What.POST.value, "One post, in every copy"),
            (Takedown.What.AUTHOR.value, "All posts of one account until now, in every copy"),
        ],
        widget=forms.RadioSelect,
        initial=Takedown.What.POST.value,
    )
    which = forms.CharField(
        label="Which",
        max_length=300,
        help_text="Of a post its address or id; of an account its X user id or its @name.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    note = forms.CharField(
        label="Where the wish came from", max_length=200, required=False, help_text="For the report: a case, a date."
    )

    def clean(self) -> dict[str, Any]:
        """Find the id in what was typed."""
        cleaned = super().clean() or {}
        which = cleaned.get("which", "").strip()
        if "what" not in cleaned or not which:
            return cleaned
        if cleaned["what"] == Takedown.What.POST:
            cleaned["x_id"] = self._post_id(which)
        else:
            cleaned["x_id"] = self._account_id(which)
        return cleaned

    def _post_id(self, which: str) -> str:
        if found := _ADDRESS_OF_A_POST.search(which):
            return found[1]
        if not _ID.fullmatch(which):
            self.add_error("which", "That is neither the address of a post (…/status/123) nor its id, a number.")
        return which

    def _account_id(self, which: str) -> str:
        if _ID.fullmatch(which):
            return which
        found = ids_called(which.removeprefix("@"))
        if len(found) == 1:
            return found[0]
        self.add_error("which", _NO_SUCH_NAME if not found else f"That is the name of {', '.join(found)}: give one id.")
        return which
