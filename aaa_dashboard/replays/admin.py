"""Replays in Django's admin: looked at here, changed on their pages."""

from django.contrib import admin

from aaa_dashboard.staff.admin_bases import ReadOnlyAdmin

from .models import Ask, End, Job, RecoveryPolicy, Replay


@admin.register(Replay)
class ReplayAdmin(ReadOnlyAdmin):
    list_display = ["id", "webhook", "from_date", "to_date", "state", "requested_by", "created_at", "finished_at"]
    list_filter = ["state"]
    list_select_related = ["webhook"]


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    list_display = ["id", "replay_id", "part", "attempt", "state", "x_job_id", "asked_at", "ended_at", "recovered"]
    list_filter = ["state"]


@admin.register(Ask)
class AskAdmin(ReadOnlyAdmin):
    list_display = ["at", "app", "job", "answer"]
    list_select_related = ["app", "job"]


@admin.register(End)
class EndAdmin(ReadOnlyAdmin):
    list_display = ["at", "webhook", "x_job_id", "is_complete", "is_taken"]
    list_select_related = ["webhook"]


@admin.register(RecoveryPolicy)
class RecoveryPolicyAdmin(ReadOnlyAdmin):
    list_display = ["webhook", "what"]
    list_filter = ["what"]
    list_select_related = ["webhook"]
