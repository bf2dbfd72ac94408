"""What members of staff did."""

from django.conf import settings
from django.db import models

from .notices.models import Channel, Message, Mute, Notice, Turn

__all__ = [
    "AuditEntry",
    "BackgroundProcess",
    "Channel",
    "Message",
    "Mute",
    "Notice",
    "ScheduledTask",
    "TaskRun",
    "Turn",
]


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


class TaskRun(models.Model):
    """How a task of background work last ran: one row per task, and the claim that keeps a second run away.

    Written around each run (`aaa_dashboard.runs`). Of a run whose worker was killed, `outcome` stays “running” after
    its claim is over.
    """

    class Outcome(models.TextChoices):
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        OUT_OF_TIME = "out of time", "Took too long"

    task = models.CharField(max_length=100, unique=True, help_text="Its name: app.function.")
    outcome = models.CharField(max_length=16, choices=Outcome.choices, blank=True, help_text="Empty: never ran.")
    started_at = models.DateTimeField(null=True, help_text="Of the last run.")
    finished_at = models.DateTimeField(null=True, help_text="Of the last run; empty while it goes on.")
    succeeded_at = models.DateTimeField(null=True, help_text="When a run last came to a good end.")
    seconds = models.FloatField(null=True, help_text="How long the last finished run took.")
    error = models.CharField(max_length=300, blank=True, help_text="Why the last finished run failed, for people.")
    failures_in_a_row = models.PositiveIntegerField(default=0, db_default=0)
    failures = models.PositiveBigIntegerField(default=0, db_default=0, help_text="Since ever.")
    runs = models.PositiveBigIntegerField(default=0, db_default=0, help_text="Finished ones, since ever.")
    worker = models.CharField(max_length=100, blank=True, help_text="Who ran it last.")
    claimed_by = models.CharField(max_length=64, blank=True, help_text="Id of the message that is being worked on.")
    claimed_until = models.DateTimeField(null=True, help_text="When it must have ended; empty: nobody is at it.")
    asked_again = models.BooleanField(
        default=False, db_default=False, help_text="Somebody asked for it while it ran: it runs once more."
    )

    def __str__(self) -> str:
        return f"{self.task}: {self.get_outcome_display() or 'never ran'}"


class BackgroundProcess(models.Model):
    """A worker or beat, and when it last said that it is there. One that ends in order takes its row away."""

    class Kind(models.TextChoices):
        WORKER = "worker", "Worker"
        BEAT = "beat", "Beat"

    kind = models.CharField(max_length=8, choices=Kind.choices)
    name = models.CharField(max_length=120, unique=True, help_text="Kind, host and process id.")
    queues = models.CharField(max_length=100, blank=True, help_text="Which queues a worker works on.")
    version = models.CharField(max_length=40, blank=True)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name_plural = "background processes"

    def __str__(self) -> str:
        return self.name


class ScheduledTask(models.Model):
    """What the settings said of a task when beat last started.

    Beat's own rows can be edited; by this, an administrator's change is told from a new version's, and stays.
    """

    task = models.CharField(max_length=100, unique=True)
    seconds = models.FloatField()
    queue = models.CharField(max_length=20)

    def __str__(self) -> str:
        return f"{self.task} every {self.seconds:g} s"
