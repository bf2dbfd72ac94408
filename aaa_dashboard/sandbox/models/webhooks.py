"""Where activity goes, and whose."""

from django.db import models

from .. import clock
from .parties import App, User


class Webhook(models.Model):
    """A registered address. Like at X it is never edited: another URL is another webhook."""

    x_webhook_id = models.CharField(max_length=32, unique=True)
    app = models.ForeignKey(App, on_delete=models.CASCADE, related_name="webhooks")
    url = models.CharField(max_length=500)
    valid = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=clock.now)
    is_given = models.BooleanField(default=False, help_text="By the settings, rather than registered by an app.")
    invalid_since = models.DateTimeField(null=True)
    challenged_at = models.DateTimeField(null=True)
    challenge_ms = models.FloatField(null=True, help_text="How long the last answer took.")
    challenge_problem = models.CharField(max_length=300, blank=True, help_text="Empty: the last answer was right.")
    failing_since = models.DateTimeField(null=True, help_text="Of the challenges that failed in a row, the first.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["app", "url"], name="webhook_once_per_app")]

    def __str__(self) -> str:
        return self.url


class Subscription(models.Model):
    """A user whose activity goes to a webhook."""

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="subscriptions")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="subscriptions")
    created_at = models.DateTimeField(default=clock.now)
    active_from = models.DateTimeField(default=clock.now, help_text="X needs a moment before activity arrives.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["webhook", "user"], name="subscribed_once")]

    def __str__(self) -> str:
        return f"{self.user} on {self.webhook}"
