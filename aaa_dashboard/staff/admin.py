from django.contrib import admin

from .admin_bases import ReadOnlyAdmin
from .models import AuditEntry


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ["at", "person", "action", "object_type", "object_id", "address"]
    list_select_related = ["person"]
    search_fields = ["=object_id"]
