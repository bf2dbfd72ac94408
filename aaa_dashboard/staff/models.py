"""What members of staff did."""

from django.conf import settings
from django.db import models


class AuditEntry(models.Model):
    """Who did what to which object, when and from where. Written once (`aaa_dashboard.audit`), never changed."""

    at = models.DateTimeField(auto_now_add=True, db_index=True)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="audit_entries"
    )
    by = models.CharField(max_length=150, blank=True, help_text="Their name at that time, or what stood in for one.")
    action = models.CharField(max_length=64, help_text="What was done, as a verb: read a direct message.")
    object_type = models.CharField(max_length=64)
    object_id = models.CharField(max_length=64)
    object_name = models.CharField(max_length=200, blank=True, help_text="What it was called at that time.")
    before = models.JSONField(default=dict, blank=True)
    after = models.JSONField(default=dict, blank=True)
    address = models.GenericIPAddressField(null=True, help_text="Where the request came from.")

    class Meta:
        verbose_name_plural = "audit entries"

    def __str__(self) -> str:
        return f"{self.by or self.person or 'somebody removed'}: {self.action} {self.object_name or self.object_id}"
