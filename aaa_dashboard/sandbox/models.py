"""What X would know: the app, its users, its webhook, who is subscribed, and every attempt to deliver."""

from django.db import models


class App(models.Model):
    """An X developer app. Its secrets are play money and lie open."""

    name = models.CharField(max_length=100)
    x_app_id = models.CharField(max_length=32, unique=True)
    consumer_key = models.CharField(max_length=100, unique=True)
    consumer_secret = models.CharField(max_length=100)

    def __str__(self) -> str:
        return self.name


class User(models.Model):
    """A pretend X user."""

    x_user_id = models.CharField(max_length=32, unique=True)
    screen_name = models.CharField(max_length=15, unique=True)
    name = models.CharField(max_length=50)
    location = models.CharField(max_length=30, blank=True)
    description = models.CharField(max_length=160, blank=True)
    is_brand = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"@{self.screen_name}"


class Webhook(models.Model):
    """A registered address. Like at X it is never edited: another URL is another webhook."""

    x_webhook_id = models.CharField(max_length=32, unique=True)
    app = models.ForeignKey(App, on_delete=models.CASCADE, related_name="webhooks")
    url = models.URLField(max_length=500)
    valid = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    challenged_at = models.DateTimeField(null=True)
    challenge_ms = models.FloatField(null=True, help_text="How long the last answer took.")
    challenge_problem = models.CharField(max_length=300, blank=True, help_text="Empty: the last answer was right.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["app", "url"], name="webhook_once_per_app")]

    def __str__(self) -> str:
        return self.url


class Subscription(models.Model):
    """A user whose activity goes to a webhook."""

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="subscriptions")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="subscriptions")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["webhook", "user"], name="subscribed_once")]

    def __str__(self) -> str:
        return f"{self.user} on {self.webhook}"


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
