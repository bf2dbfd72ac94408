"""Every body that was made to be sent, and every attempt to deliver it."""

from django.db import models

from .webhooks import Webhook


class Delivery(models.Model):
    """One body for one subscribed account, made to be posted until it is answered 200 or given up."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        DELIVERED = "delivered", "Delivered"
        LOST = "lost", "Lost"

    id = models.BigIntegerField(primary_key=True, help_text="Made like an X id, so its order is that of time.")
    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, db_index=False, related_name="deliveries")
    payload = models.CharField(max_length=100, help_text="Kind and variant.")
    for_user_id = models.CharField(max_length=32, blank=True)
    size = models.PositiveIntegerField(help_text="Bytes of the body.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)

    class Meta:
        verbose_name_plural = "deliveries"

    def __str__(self) -> str:
        return f"{self.payload} ({self.state})"


class Attempt(models.Model):
    """One POST of a delivery."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="attempts")
    number = models.PositiveSmallIntegerField(help_text="From 1.")
    at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True, help_text="Of the answer; empty where none came.")
    answer_ms = models.FloatField()
    problem = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["number"]

    def __str__(self) -> str:
        return f"{self.number}: {self.status or self.problem}"
