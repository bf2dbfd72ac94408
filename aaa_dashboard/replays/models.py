"""Replays that were wished for, the jobs at X that they are made of, and how often X was asked."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from aaa_dashboard.x_api.errors import Failure

from . import remembered


class RecoveryPolicy(models.Model):
    """What becomes of the gaps of a webhook."""

    class What(models.TextChoices):
        AUTOMATIC = "automatic", "Replay them without asking"
        ASK = "ask", "Wait for an operator"
        OFF = "off", "Leave them alone"

    webhook = models.OneToOneField("webhooks.Webhook", on_delete=models.CASCADE, related_name="recovery_policy")
    # Nobody is there at three in the morning and X keeps nothing for longer than five days, while a replay that was
    # not needed changes nothing: what is known already is stored once.
    what = models.CharField(max_length=10, choices=What.choices, default=What.AUTOMATIC)

    class Meta:
        verbose_name_plural = "recovery policies"

    def __str__(self) -> str:
        return f"{self.webhook}: {self.get_what_display()}"


class Replay(models.Model):
    """A window that X is to deliver once more, as a person or a gap wants it; one or several jobs at X."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        STOPPING = "stopping", "Stopping"
        COMPLETE = "complete", "Complete"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    WANTED = (State.WAITING, State.RUNNING)
    """X is asked for what is left of it."""
    OPEN = (*WANTED, State.STOPPING)

    webhook = models.ForeignKey("webhooks.Webhook", on_delete=models.PROTECT, related_name="replays")
    from_date = models.DateTimeField(help_text="First minute, UTC.")
    to_date = models.DateTimeField(help_text="First minute that is left out, UTC.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    requested_by = models.CharField(max_length=150, help_text="Who wished for it; for gaps, the dashboard.")
    gaps = models.ManyToManyField("deliveries.Gap", related_name="replays", blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    remark = models.CharField(max_length=300, blank=True, help_text="Why it ended as it did, for people.")

    class Meta:
        constraints = [
            # A double click, or two operators with the same idea, meet in one row.
            models.UniqueConstraint(
                fields=["webhook", "from_date", "to_date"],
                condition=Q(state__in=["waiting", "running"]),
                name="open_replay_once_per_window",
            ),
        ]
        indexes = [models.Index(fields=["state", "id"], name="replay_by_state")]

    def __str__(self) -> str:
        return f"replay {self.pk} from {self.from_date:%Y-%m-%d %H:%M} to {self.to_date:%Y-%m-%d %H:%M} UTC"

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN

    @property
    def is_wanted(self) -> bool:
        return self.state in self.WANTED


class Job(models.Model):
    """One attempt at one part of a replay: what X is asked for at once."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        ASKING = "asking", "X is being asked"
        RUNNING = "running", "Running at X"
        COMPLETE = "complete", "Complete"
        INCOMPLETE = "incomplete", "Incomplete"
        STALLED = "stalled", "No sign of life"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    UNDER_WAY = (State.ASKING, State.RUNNING)
    OPEN = (State.WAITING, *UNDER_WAY)

    replay = models.ForeignKey(Replay, on_delete=models.CASCADE, related_name="jobs")
    webhook = models.ForeignKey("webhooks.Webhook", on_delete=models.PROTECT, related_name="+")
    part = models.PositiveSmallIntegerField(help_text="Which of the replay's windows, from 1 on.")
    attempt = models.PositiveSmallIntegerField(default=1)
    from_date = models.DateTimeField()
    to_date = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    not_before = models.DateTimeField(help_text="When X may be asked.")
    reason = models.CharField(max_length=300, blank=True, help_text="Why it waits, for people.")
    refusals = models.PositiveSmallIntegerField(default=0, help_text="How often X did not take it.")
    failure = models.JSONField(null=True, blank=True, help_text="What X said last when it did not take it.")
    claimed_until = models.DateTimeField(null=True, blank=True, help_text="Until then somebody asks X.")
    asked_at = models.DateTimeField(
        null=True, blank=True, help_text="When the request left; from then on it may run at X."
    )
    x_job_id = models.CharField("X job id", max_length=64, blank=True, help_text="Empty while X has not told.")
    ended_at = models.DateTimeField(null=True, blank=True)
    expected = models.PositiveIntegerField(null=True, blank=True, help_text="Deliveries, as estimated; empty: no idea.")
    recovered = models.PositiveIntegerField(default=0, help_text="Events that were new to us.")
    redelivered = models.PositiveIntegerField(default=0, help_text="Events that we had.")
    progressed_at = models.DateTimeField(null=True, blank=True, help_text="When a number rose last.")
    counted_to_id = models.BigIntegerField(null=True, blank=True, help_text="Events up to it are counted for good.")
    counted = models.PositiveIntegerField(default=0, help_text="New events up to there.")
    duplicates_before = models.PositiveIntegerField(default=0, help_text="In the minute in which X was asked.")
    is_counted = models.BooleanField(default=False, help_text="The numbers are final.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["replay", "part", "attempt"], name="job_once_per_attempt"),
            # X runs one for a webhook at a time, and so do we, whoever asks.
            models.UniqueConstraint(
                fields=["webhook"], condition=Q(state__in=["asking", "running"]), name="one_job_of_a_webhook_under_way"
            ),
        ]
        indexes = [
            models.Index(fields=["state", "not_before"], name="job_by_state"),
            models.Index(fields=["x_job_id"], name="job_by_x_id"),
            models.Index(fields=["asked_at"], name="job_by_asked_at"),
        ]

    def __str__(self) -> str:
        return f"part {self.part} of replay {self.replay_id}, attempt {self.attempt}"

    @property
    def said(self) -> Failure | None:
        """What X said when it did not take the job."""
        return remembered.failure_of(self.failure)

    @property
    def done(self) -> int:
        """Deliveries that have come."""
        return self.recovered + self.redelivered


class Ask(models.Model):
    """One request to X: our own count of what the limit allows, and what X answered each time."""

    app = models.ForeignKey("webhooks.App", on_delete=models.PROTECT, related_name="+")
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="asks")
    at = models.DateTimeField()
    answer = models.CharField(max_length=64, blank=True, help_text="Row of the table of X's errors, or “accepted”.")

    class Meta:
        verbose_name = "request for a replay"
        verbose_name_plural = "requests for replays"
        indexes = [models.Index(fields=["app", "at"], name="ask_by_app")]

    def __str__(self) -> str:
        return f"{self.job}: {self.answer or 'no answer yet'}"


class End(models.Model):
    """X's word that a job has ended, kept until it is known whose job that was."""

    webhook = models.ForeignKey("webhooks.Webhook", on_delete=models.CASCADE, related_name="+")
    x_job_id = models.CharField("X job id", max_length=64)
    is_complete = models.BooleanField()
    at = models.DateTimeField(help_text="When it was received.")
    is_taken = models.BooleanField(default=False)

    class Meta:
        verbose_name = "end of a job"
        verbose_name_plural = "ends of jobs"
        constraints = [
            models.UniqueConstraint(fields=["webhook", "x_job_id", "is_complete"], name="end_once_per_job"),
        ]
        indexes = [models.Index(fields=["at"], condition=Q(is_taken=False), name="end_not_taken")]

    def __str__(self) -> str:
        return f"job {self.x_job_id}: {'Complete' if self.is_complete else 'Incomplete'}"
