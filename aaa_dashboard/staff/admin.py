"""Staff, and what programs wrote about their own work, as the admin shows it."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, Permission, User
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse

from aaa_dashboard.audit import Facts, record

from .admin_bases import ReadOnlyAdmin
from .models import AuditEntry, BackgroundProcess, Channel, Message, Mute, Notice, ScheduledTask, TaskRun, Turn

FOUND = 302

admin.site.unregister([User, Group])


class AuditedAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Writes down who adds, changes and removes, in the transaction that does it."""

    what: str
    """With its article, for the audit."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        after = _facts(form.cleaned_data, form.changed_data)
        before = _facts(form.initial, form.changed_data) if change else {}
        if before != after:
            record(
                request, f"{'changed' if change else 'added'} {self.what}", form.instance, before=before, after=after
            )

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        record(request, f"removed {self.what}", obj)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for obj in queryset:
            record(request, f"removed {self.what}", obj)
        super().delete_queryset(request, queryset)


@admin.register(User)
class PersonAdmin(AuditedAdmin, UserAdmin):  # type: ignore[type-arg]
    what = "a person"

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002
        with transaction.atomic():
            answer: HttpResponse = super().user_change_password(request, id, form_url)
            if request.method == "POST" and answer.status_code == FOUND and (person := self.get_object(request, id)):
                record(request, "changed the password of a person", person)
        return answer


@admin.register(Group)
class RoleAdmin(AuditedAdmin, GroupAdmin):
    what = "a role"


def _facts(values: Any, names: Iterable[str]) -> Facts:
    """What the audit keeps of a form: no password, and of several things their names."""
    return {name: _fact(values.get(name)) for name in names if "password" not in name}


def _fact(value: Any) -> str | int | bool | None:
    if isinstance(value, list | QuerySet):
        return ", ".join(sorted(each.codename if isinstance(each, Permission) else str(each) for each in value))
    return value if isinstance(value, str | int | bool | None) else str(value)


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ["at", "by", "action", "object_name", "object_type", "before", "after", "address"]
    list_filter = ["action", "object_type"]
    search_fields = ["by", "object_name", "=object_id"]


@admin.register(TaskRun)
class TaskRunAdmin(ReadOnlyAdmin):
    list_display = ["task", "outcome", "started_at", "finished_at", "seconds", "failures_in_a_row", "error", "worker"]
    list_filter = ["outcome"]


@admin.register(BackgroundProcess)
class BackgroundProcessAdmin(ReadOnlyAdmin):
    list_display = ["name", "kind", "queues", "version", "started_at", "seen_at"]
    list_filter = ["kind"]


@admin.register(ScheduledTask)
class ScheduledTaskAdmin(ReadOnlyAdmin):
    list_display = ["task", "seconds", "queue"]


@admin.register(Notice)
class NoticeAdmin(ReadOnlyAdmin):
    list_display = ["title", "kind", "severity", "raised_at", "cleared_at", "returns", "acknowledged_by"]
    list_filter = ["kind", "severity"]


@admin.register(Channel)
class ChannelAdmin(ReadOnlyAdmin):
    """Where notices are sent; made and changed on its own page, which tests it."""

    list_display = ["name", "kind", "least", "enabled", "told_at", "failing_since", "error"]
    exclude = ["address", "secret"]


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    list_display = ["notice", "change", "channel", "made_at", "due_at", "attempts", "sent_at", "given_up_at", "error"]
    list_filter = ["change", "channel"]
    list_select_related = ["notice", "channel"]


@admin.register(Mute)
class MuteAdmin(ReadOnlyAdmin):
    list_display = ["kind", "until", "by"]


@admin.register(Turn)
class TurnAdmin(ReadOnlyAdmin):
    list_display = ["at", "by"]
