"""Apps and webhooks. Secrets go in and never come out: a form shows whether one is set, and a mark to compare it by.

What is done to X from here is done by the same functions as on the pages, with the same permission, and recorded alike.
"""

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from aaa_dashboard.audit import Actor
from aaa_dashboard.x_api.credentials import fingerprint
from aaa_dashboard.x_api.errors import XError

from . import asking, keys, validating
from .forms import AppForm
from .models import Allowance, App, BearerToken, Version, Webhook, WebhookChange

if TYPE_CHECKING:  # generic to the type checker alone
    AnyModelAdmin = admin.ModelAdmin[Any]
else:
    AnyModelAdmin = admin.ModelAdmin


@admin.register(App)
class AppAdmin(AnyModelAdmin):
    form = AppForm
    list_display = ["name", "environment", "receive_path", "api_version", "consumer_secret_state"]
    fieldsets = [(None, {"fields": list(keys.PLAIN)}), ("Keys and tokens", {"fields": list(keys.SECRETS)})]

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        """Keep apps: their events refer to them, and Django would load every one of those to say so."""
        return False

    @admin.display(description="Consumer secret")
    def consumer_secret_state(self, app: App) -> str:
        return f"set, fingerprint {fingerprint(app.consumer_secret)}" if app.consumer_secret else "not set"

    def save_model(self, request: HttpRequest, obj: App, form: Any, change: bool) -> None:  # noqa: ARG002
        keys.save(obj, by=Actor.of_request(request))


class KeptAdmin(AnyModelAdmin):
    """Rows that follow what X has: looked at here, changed by what is done to X."""

    list_per_page = 50
    ordering = ["-pk"]

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 - Django's signature
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        return False

    def has_manage_permission(self, request: HttpRequest) -> bool:
        """Whether the person may do something to X."""
        return request.user.has_perm("webhooks.manage_webhooks")


@admin.register(Webhook)
class WebhookAdmin(KeptAdmin):
    list_display = ["url", "app", "valid", "x_id", "last_checked_at", "last_crc_at", "deleted_at"]
    list_filter = ["valid", "app"]
    list_select_related = ["app"]
    actions = ["validate", "check_at_x"]

    @admin.action(description="Validate now", permissions=["manage"])
    def validate(self, request: HttpRequest, queryset: QuerySet[Webhook]) -> None:
        for webhook in queryset.filter(deleted_at=None).select_related("app"):
            try:
                validating.validate(webhook, by=Actor.of_request(request))
            except XError as error:
                self.message_user(request, f"{webhook}: {error}", messages.ERROR)
            else:
                self.message_user(request, f"{webhook}: valid.", messages.SUCCESS)

    @admin.action(description="Check at X", permissions=["manage"])
    def check_at_x(self, request: HttpRequest, queryset: QuerySet[Webhook]) -> None:
        for app in App.objects.filter(webhooks__in=queryset).distinct():
            try:
                asking.ask(app)
            except XError as error:
                self.message_user(request, f"{app}: {error}", messages.ERROR)
            else:
                self.message_user(request, f"{app}: X was asked.", messages.SUCCESS)


@admin.register(WebhookChange)
class WebhookChangeAdmin(KeptAdmin):
    list_display = ["at", "webhook", "kind", "detail", "answer_ms", "by"]
    list_filter = ["kind"]
    list_select_related = ["webhook"]
    actions = None


@admin.register(Version)
class VersionAdmin(KeptAdmin):
    list_display = ["fingerprint", "began_at", "seen_at"]
    actions = None


@admin.register(Allowance)
class AllowanceAdmin(KeptAdmin):
    list_display = ["intent", "subject", "limit", "remaining", "resets_at", "seen_at"]
    list_filter = ["intent"]
    actions = None


@admin.register(BearerToken)
class BearerTokenAdmin(KeptAdmin):
    """When tokens were fetched. They themselves are never shown."""

    list_display = ["fetched_at"]
    fields = ["fetched_at"]
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[BearerToken]:
        return super().get_queryset(request).defer("token")
