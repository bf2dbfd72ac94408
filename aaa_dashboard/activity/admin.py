"""What X sent, as the admin shows it. Here rather than in `deliveries`, which knows nothing of people and rights."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from aaa_dashboard.audit import Actor, record
from aaa_dashboard.deliveries.models import (
    Event,
    Follower,
    Gap,
    GapSearch,
    HandedOver,
    Horizon,
    Refusal,
    RetentionPeriod,
    TrafficMinute,
    Unsplit,
)
from aaa_dashboard.deliveries.retention import MOST_COUNTED, leaving
from aaa_dashboard.deliveries.splitting_again import split_again
from aaa_dashboard.deliveries.takedown.models import Takedown, Tombstone
from aaa_dashboard.staff.admin_bases import ReadOnlyAdmin
from aaa_dashboard.webhooks.views.parts import MANAGE

from .cards import card_of
from .raw import pretty
from .rows import READ_MESSAGES, is_private

if TYPE_CHECKING:  # generic to the type checker alone
    PeriodModelForm = forms.ModelForm[RetentionPeriod]
else:
    PeriodModelForm = forms.ModelForm


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    """Direct messages are read on the event's own page alone: it asks for the permission and records the reading."""

    list_display = ["id", "category", "kind", "for_user_id", "actor_id", "received_at", "redeliveries"]
    list_filter = ["category"]

    def get_queryset(self, request: HttpRequest) -> Any:
        events = super().get_queryset(request)
        # Lists need no payload, and payloads are most of the table.
        return events if request.resolver_match.kwargs else events.defer("payload", "text")  # type: ignore[union-attr]

    def get_fields(self, request: HttpRequest, obj: Event | None = None) -> list[Any]:  # noqa: ARG002
        fields = ["app", "category", "kind", "key", "for_user_id", "actor_id", "occurred_at", "received_at"]
        fields += ["redeliveries", "page"]
        if obj and not is_private(obj, card_of(obj.kind, obj.payload, obj.for_user_id, {})):
            fields += ["text", "as_x_sent_it"]
        return fields

    def get_readonly_fields(self, request: HttpRequest, obj: Event | None = None) -> list[Any]:
        return self.get_fields(request, obj)

    @admin.display(description="In words")
    def page(self, event: Event) -> SafeString:
        return format_html('<a href="{}">Open the event</a>', reverse("activity:event", args=[event.pk]))

    @admin.display(description="As X sent it")
    def as_x_sent_it(self, event: Event) -> SafeString:
        return format_html("<pre>{}</pre>", pretty(event.payload))


@admin.register(Unsplit)
class UnsplitAdmin(ReadOnlyAdmin):
    """A body that could not be taken apart may hold a direct message, so it is shown as one is."""

    list_display = ["id", "received_at", "app", "reason", "redeliveries"]
    list_select_related = ["app"]
    actions = ["split_again"]

    def get_queryset(self, request: HttpRequest) -> Any:
        unsplit = super().get_queryset(request)
        return unsplit if request.resolver_match.kwargs else unsplit.defer("body")  # type: ignore[union-attr]

    def get_fields(self, request: HttpRequest, obj: Unsplit | None = None) -> list[Any]:  # noqa: ARG002
        fields = ["app", "received_at", "reason", "digest", "redeliveries", "size"]
        return [*fields, "as_x_sent_it"] if request.user.has_perm(READ_MESSAGES) else fields

    def get_readonly_fields(self, request: HttpRequest, obj: Unsplit | None = None) -> list[Any]:
        return self.get_fields(request, obj)

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        unsplit = self.get_object(request, object_id)
        if unsplit and self.has_view_permission(request) and request.user.has_perm(READ_MESSAGES):
            record(request, "read an unsplit delivery", unsplit)
        return super().change_view(request, object_id, *args, **kwargs)

    @admin.action(description="Take apart again, after a fix", permissions=["split"])
    def split_again(self, request: HttpRequest, chosen: Any) -> None:
        keys = list(chosen.order_by("pk").values_list("pk", flat=True))
        done = split_again(keys, by=Actor.of_request(request))
        said = f"{done.split} were taken apart into {done.events} events; {done.left} cannot be."
        self.message_user(request, said, messages.WARNING if done.left else messages.SUCCESS)

    def has_split_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(MANAGE)

    @admin.display(description="Bytes")
    def size(self, unsplit: Unsplit) -> int:
        return len(unsplit.body)

    @admin.display(description="As X sent it")
    def as_x_sent_it(self, unsplit: Unsplit) -> SafeString:
        return format_html("<pre>{}</pre>", bytes(unsplit.body).decode("utf-8", "replace"))


@admin.register(Refusal)
class RefusalAdmin(ReadOnlyAdmin):
    list_display = ["at", "status", "reason", "method", "path", "sender", "size"]


@admin.register(TrafficMinute)
class TrafficMinuteAdmin(ReadOnlyAdmin):
    list_display = ["minute", "app", "receiver", "deliveries", "events", "duplicates", "unsplit", "worst_ms"]
    list_select_related = ["app"]


@admin.register(Gap)
class GapAdmin(ReadOnlyAdmin):
    """Pages of its own let people act on it."""

    list_display = ["began_at", "ended_at", "cause", "state", "missing", "webhook", "detail"]
    list_filter = ["state", "cause"]
    list_select_related = ["webhook"]


@admin.register(GapSearch)
class GapSearchAdmin(ReadOnlyAdmin):
    list_display = ["webhook", "looked_until", "delivered_at", "known_valid_at"]
    list_select_related = ["webhook"]


@admin.register(HandedOver)
class HandedOverAdmin(ReadOnlyAdmin):
    list_display = ["event_id", "done_at", "attempts", "next_attempt_at", "error"]


@admin.register(Horizon)
class HorizonAdmin(ReadOnlyAdmin):
    list_display = ["table", "settled_id", "seen_id", "seen_at"]


@admin.register(Follower)
class FollowerAdmin(ReadOnlyAdmin):
    list_display = ["name", "passed_id", "claimed_until"]


@admin.register(Takedown)
class TakedownAdmin(ReadOnlyAdmin):
    list_display = ["what", "x_id", "by", "asked_at", "due_at", "done_at", "found"]
    list_filter = ["what"]


@admin.register(Tombstone)
class TombstoneAdmin(ReadOnlyAdmin):
    list_display = ["post_id", "at", "why"]
    list_filter = ["why"]


class RetentionPeriodForm(PeriodModelForm):
    """How many days. Where events would leave for it, it says how many and is to be sent again."""

    days = forms.IntegerField(
        min_value=1, max_value=36_500, help_text="By the time of receipt.",
        error_messages={"min_value": "At least 1 day: an event is kept until people have seen it."},
    )  # fmt: skip
    warned_of = forms.IntegerField(required=False, widget=forms.HiddenInput)
    """The days for which the page has said how many leave."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        days = cleaned.get("days")
        if days and days != cleaned.get("warned_of") and (leave := leaving(self.instance, days, timezone.now())):
            count = f"{leave:,}{' or more' if leave == MOST_COUNTED else ''} event{'s' if leave > 1 else ''}"
            self.add_error("days", f"{count} would leave for good. Save again if that is meant.")
            # What is sent again says what was read.
            self.data = dict(self.data.items()) | {self.add_prefix("warned_of"): str(days)}
        return cleaned


@admin.register(RetentionPeriod)
class RetentionPeriodAdmin(ReadOnlyAdmin):
    """The days may be changed; which categories there are, the code says."""

    form = RetentionPeriodForm
    list_display = ["category", "days", "removed", "looked_at"]
    ordering = ["category"]
    readonly_fields = ["category", "removed", "looked_at"]
    exclude = ["passed_id"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return request.user.has_perm("deliveries.change_retentionperiod")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        before = {"days": form.initial.get("days")}
        super().save_model(request, obj, form, change)
        record(request, "changed a retention period", obj, before=before, after={"days": obj.days})
