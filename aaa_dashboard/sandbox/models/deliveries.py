"""Every body that was made to be sent, every attempt to deliver it, and every replay."""

from django.db import models

from .. import clock
from .webhooks import Webhook


class Delivery(models.Model):
    """One body for one subscribed account, made to be posted until it is answered 200 or given up."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        DELIVERED = "delivered", "Delivered"
        LOST = "lost", "Lost"

    id = models.BigIntegerField(primary_key=True, help_text="Made like an X id, so its order is that of time.")
    # Without constraints: the log is written later than things happen, and outlives the webhook.
    webhook = models.ForeignKey(
        Webhook, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="deliveries"
    )
    payload = models.CharField(max_length=100, help_text="Kind and variant.")
    for_user_id = models.CharField(max_length=32, blank=True)
    body = models.BinaryField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    attempted_at = models.DateTimeField(null=True, help_text="First attempt.")
    attempts_made = models.PositiveSmallIntegerField(default=0, help_text="Without those of replays.")
    due_at = models.DateTimeField(null=True, help_text="Next attempt, while it is waiting.")

    class Meta:
        verbose_name_plural = "deliveries"
        indexes = [
            models.Index(fields=["webhook", "attempted_at"], name="replayed_in_this_order"),
            models.Index(fields=["webhook", "due_at"], name="what_still_waits", condition=models.Q(state="waiting")),
        ]

    def __str__(self) -> str:
        return f"{self.payload} ({self.state})"

    @property
    def size(self) -> int:
        """Bytes of the body."""
        return len(self.body)


class Replay(models.Model):
    """A job that delivers a window once more."""

    class State(models.TextChoices):
        RUNNING = "running", "Running"
        COMPLETE = "complete", "Complete"
        INCOMPLETE = "incomplete", "Incomplete"

    id = models.BigIntegerField(primary_key=True, help_text="X's job id: it carries the time.")
    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="replays")
    from_date = models.DateTimeField()
    to_date = models.DateTimeField(help_text="Not included.")
    created_at = models.DateTimeField(default=clock.now)
    finished_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING)
    delivered = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0, help_text="Not answered 200; a replay does not repeat them.")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["webhook"], name="one_replay_at_a_time", condition=models.Q(state="running")
            )
        ]

    def __str__(self) -> str:
        return f"{self.from_date:%Y-%m-%d %H:%M} to {self.to_date:%Y-%m-%d %H:%M} ({self.state})"


class Attempt(models.Model):
    """One POST of a delivery."""

    delivery = models.ForeignKey(Delivery, on_delete=models.DO_NOTHING, db_constraint=False, related_name="attempts")
    replay = models.ForeignKey(
        Replay, null=True, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="attempts"
    )
    number = models.PositiveSmallIntegerField(help_text="From 1; 0 in a replay.")
    at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True, help_text="Of the answer; empty where none came.")
    answer_ms = models.FloatField()
    problem = models.CharField(max_length=200, blank=True)
    fault = models.CharField(max_length=40, blank=True, help_text="What was switched on to be wrong with it.")

    class Meta:
        ordering = ["id"]
        indexes = [
            # Few, since repetitions alone: what a replay has beside what was first attempted in its window.
            models.Index(fields=["at", "delivery"], name="repetitions", condition=models.Q(number__gt=1))
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.status or self.problem}"
