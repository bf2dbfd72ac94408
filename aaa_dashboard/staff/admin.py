from django.contrib import admin

from .admin_bases import ReadOnlyAdmin
from .models import AuditEntry, BackgroundProcess, Channel, Message, Mute, Notice, ScheduledTask, TaskRun, Turn


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
