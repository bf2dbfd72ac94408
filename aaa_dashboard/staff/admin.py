from django.contrib import admin

from .admin_bases import ReadOnlyAdmin
from .models import AuditEntry


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ["at", "by", "action", "object_name", "object_type", "before", "after", "address"]
    list_filter = ["action", "object_type"]
    search_fields = ["by", "object_name", "=object_id"]
