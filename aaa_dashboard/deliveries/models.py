"""What X sent: events, what could not be split, what was refused, and the traffic of each minute.

The receiver writes these tables with statements of its own (`store/`); people read them through the models.
"""

from django.db import models


class Category(models.TextChoices):
    """What a person filters by. One event is in exactly one."""

    POSTS = "posts", "Posts"
    MENTIONS = "mentions", "Mentions"
    MESSAGES = "messages", "Messages"
    LIKES = "likes", "Likes"
    FOLLOWS = "follows", "Follows"
    BLOCKS = "blocks", "Blocks and mutes"
    SIGNALS = "signals", "Typing and read"
    DELETIONS = "deletions", "Deletions"
    SYSTEM = "system", "From X"
    OTHER = "other", "Other"


class Event(models.Model):
    """One item of a delivery. Never changed after it was stored, except for the redelivery counter."""

    app = models.ForeignKey("webhooks.App", on_delete=models.PROTECT, db_index=False, related_name="+")
    key = models.UUIDField(help_text="Identity within the app: the same item sent again has the same key.")
    for_user_id = models.CharField(max_length=32, blank=True, help_text="X user id of the subscribed account.")
    kind = models.CharField(max_length=64, help_text="X's word for it, as received.")
    category = models.CharField(max_length=16, choices=Category.choices)
    actor_id = models.CharField(max_length=32, blank=True, help_text="X user id of who did it.")
    occurred_at = models.DateTimeField(help_text="By X's clock.")
    received_at = models.DateTimeField(help_text="By our clock.")
    text = models.TextField(blank=True, help_text="Plain words, for search.")
    payload = models.TextField(help_text="JSON: the delivery as X sent it, reduced to this one item.")
    redeliveries = models.PositiveIntegerField(db_default=0, help_text="How often X sent it again.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["app", "key"], name="event_once_per_app")]
        indexes = [
            # Lists are ordered by id and cut by id (keyset); one index per combination of filters.
            models.Index(fields=["category", "id"], name="event_by_category"),
            models.Index(fields=["for_user_id", "id"], name="event_by_account"),
            models.Index(fields=["for_user_id", "category", "id"], name="event_by_account_category"),
            models.Index(fields=["actor_id", "id"], name="event_by_actor"),
            # Charts and retention cut by our clock, which only grows. (Search: migration 0002.)
            models.Index(fields=["received_at"], name="event_by_received_at"),
        ]
        permissions = [("read_direct_messages", "Can read direct messages")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Unsplit(models.Model):
    """A signed delivery that we could not take apart, kept as it came until a fix can."""

    app = models.ForeignKey("webhooks.App", on_delete=models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the body, hex: the same body is kept once.")
    received_at = models.DateTimeField(db_index=True)
    reason = models.CharField(max_length=200)
    body = models.BinaryField()
    redeliveries = models.PositiveIntegerField(db_default=0)

    class Meta:
        verbose_name = "unsplit delivery"
        verbose_name_plural = "unsplit deliveries"
        constraints = [models.UniqueConstraint(fields=["app", "digest"], name="unsplit_once_per_app")]

    def __str__(self) -> str:
        return f"{self.reason} ({self.received_at:%Y-%m-%d %H:%M:%S} UTC)"


class Refusal(models.Model):
    """A request to a webhook path that was not accepted. Holds nothing of its body."""

    at = models.DateTimeField(db_index=True)
    app = models.ForeignKey("webhooks.App", null=True, on_delete=models.CASCADE, related_name="+")
    method = models.CharField(max_length=16)
    path = models.CharField(max_length=200)
    status = models.PositiveSmallIntegerField()
    reason = models.CharField(max_length=64)
    sender = models.CharField(max_length=64, help_text="Address that the request came from.")
    size = models.PositiveIntegerField(null=True, help_text="Bytes of the body, where known.")

    def __str__(self) -> str:
        return f"{self.status} {self.reason} from {self.sender}"


class TrafficMinute(models.Model):
    """One minute of one app at one receiver process, written also when nothing came.

    A minute for which no receiver wrote a row is a minute in which none ran: that is the gap detector.
    """

    app = models.ForeignKey("webhooks.App", on_delete=models.CASCADE, db_index=False, related_name="+")
    minute = models.DateTimeField(help_text="Its first second.")
    receiver = models.CharField(
        max_length=80, help_text="Host and process id of the receiver, and a mark of this start."
    )
    deliveries = models.PositiveIntegerField(help_text="Answered 200.")
    events = models.PositiveIntegerField(help_text="New to us.")
    duplicates = models.PositiveIntegerField(help_text="Known already: retries and replays.")
    unsplit = models.PositiveIntegerField()
    refusals = models.JSONField(default=dict, help_text="Number by reason.")
    crcs = models.PositiveIntegerField("CRCs", help_text="Challenges answered.")
    median_ms = models.FloatField(null=True, help_text="Answer time of deliveries.")
    worst_ms = models.FloatField(null=True)

    class Meta:
        verbose_name = "minute of traffic"
        verbose_name_plural = "minutes of traffic"
        constraints = [
            models.UniqueConstraint(fields=["app", "minute", "receiver"], name="one_row_per_minute_and_receiver")
        ]
        indexes = [models.Index(fields=["minute"], name="traffic_by_minute")]

    def __str__(self) -> str:
        return f"{self.minute:%Y-%m-%d %H:%M} UTC"
