"""Accounts, subscriptions and what goes with them. Programs write these rows; tokens are never shown."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from aaa_dashboard.audit import Actor
from aaa_dashboard.x_api.errors import XError

from . import checking, ending
from .claims import Busy
from .models import Account, Finding, Invite, Move, Reconciliation, SignIn, Subscription, Usage, Visit


class KeptAdmin(admin.ModelAdmin):  # type: ignore[type-arg] # generic to the type checker alone
    """Rows that are written by what people do elsewhere: looked at here, not typed."""

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 - Django's signature
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:  # noqa: ARG002
        return False

    def has_manage_permission(self, request: HttpRequest) -> bool:
        """Whether somebody may run the actions."""
        return request.user.has_perm("subscriptions.manage_subscriptions")


@admin.register(Account)
class AccountAdmin(admin.ModelAdmin):  # type: ignore[type-arg] # as above
    list_display = ["screen_name", "name", "x_user_id", "protected", "profile_read_at", "created_at"]
    search_fields = ["screen_name", "name", "=x_user_id"]
    readonly_fields = ["created_at", "profile_read_at"]


@admin.register(Subscription)
class SubscriptionAdmin(KeptAdmin):
    list_display = ["account", "webhook", "state", "state_since", "checked_at", "holds_token", "consent_by"]
    list_filter = ["state", "webhook"]
    list_select_related = ["account", "webhook"]
    search_fields = ["account__screen_name", "=account__x_user_id"]
    exclude = ["access_token", "access_token_secret", "claimed_until"]
    actions = ["check_at_x", "remove"]

    @admin.display(description="token held", boolean=True)
    def holds_token(self, row: Subscription) -> bool:
        return row.user_token is not None

    @admin.action(description="Check at X", permissions=["manage"])
    def check_at_x(self, request: HttpRequest, queryset: QuerySet[Subscription]) -> None:
        for row in queryset.select_related("account", "webhook__app"):
            try:
                checking.check(row, by=Actor.of_request(request))
            except (XError, Busy) as error:
                self.message_user(request, f"{row}: {error}", messages.ERROR)
            else:
                self.message_user(request, f"{row}: {row.get_state_display().lower()}.", messages.SUCCESS)

    @admin.action(description="Remove at X, and wipe the token", permissions=["manage"])
    def remove(self, request: HttpRequest, queryset: QuerySet[Subscription]) -> None:
        for row in queryset.select_related("account", "webhook__app"):
            try:
                ending.remove(row, by=Actor.of_request(request))
            except (XError, Busy) as error:
                self.message_user(request, f"{row}: {error}", messages.ERROR)
            else:
                self.message_user(request, f"{row}: removed.", messages.SUCCESS)


@admin.register(Invite)
class InviteAdmin(KeptAdmin):
    list_display = ["pk", "webhook", "account", "created_by", "created_at", "expires_at", "used_at", "withdrawn_at"]
    list_select_related = ["webhook", "account", "created_by"]
    exclude = ["secret_hash"]
    actions = None


@admin.register(Move)
class MoveAdmin(KeptAdmin):
    list_display = ["source", "url", "step", "started_by", "created_at", "finished_at"]
    list_select_related = ["source", "started_by"]
    exclude = ["claimed_until"]
    actions = None


@admin.register(Usage)
class UsageAdmin(KeptAdmin):
    list_display = ["app", "used", "provisioned", "read_at"]
    actions = None


@admin.register(SignIn)
class SignInAdmin(KeptAdmin):
    list_display = ["pk", "purpose", "app", "invite", "person", "created_at"]
    list_select_related = ["app", "invite", "person"]
    exclude = ["request_token", "request_token_secret"]
    actions = None


@admin.register(Visit)
class VisitAdmin(KeptAdmin):
    list_display = ["account", "app", "created_at"]
    list_select_related = ["account", "app"]
    exclude = ["access_token", "access_token_secret"]
    actions = None


@admin.register(Reconciliation)
class ReconciliationAdmin(KeptAdmin):
    list_display = ["started_at", "finished_at", "broke_off", "by", "at_x", "found", "settled", "standing"]
    ordering = ["-pk"]
    actions = None


@admin.register(Finding)
class FindingAdmin(KeptAdmin):
    list_display = ["found_at", "kind", "account", "webhook", "detail", "settled_at", "outcome"]
    list_filter = ["kind"]
    list_select_related = ["account", "webhook"]
    ordering = ["-pk"]
    actions = None
