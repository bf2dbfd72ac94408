"""What X sent: events, what could not be split, what was refused, and the traffic of each minute.

The receiver writes these tables with statements of its own (`store/`); people read them through the models.
"""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone


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
    """One item of a delivery. Never changed after it was stored, but by the redelivery counter and by `takedown`."""

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
    redacted_at = models.DateTimeField(null=True, help_text="When a post was taken out of it; empty: it is whole.")

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
    """One minute of one app at one receiver process, written also when nothing came, and anew while it runs.

    What no row covers from `began_at` to `until` is time in which no receiver ran: that is the gap detector.
    """

    app = models.ForeignKey("webhooks.App", on_delete=models.CASCADE, db_index=False, related_name="+")
    minute = models.DateTimeField(help_text="Its first second.")
    began_at = models.DateTimeField(
        default=timezone.now, help_text="From when on in this minute the receiver was there."
    )
    until = models.DateTimeField(
        default=timezone.now, help_text="Until when; for the minute that runs, when it last said so."
    )
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


class Gap(models.Model):
    """A stretch in which events may have been missed. Found by `gaps`, recovered by `replays`."""

    class Cause(models.TextChoices):
        NO_RECEIVER = "no receiver", "No receiver ran"
        INVALID = "invalid", "The webhook was invalid"
        GONE = "gone", "The webhook was gone from X"
        REFUSED = "refused", "The receiver could not store"
        SILENCE = "silence", "Unlikely silence"

    class State(models.TextChoices):
        OPEN = "open", "Goes on"
        FOUND = "found", "To be recovered"
        RECOVERING = "recovering", "Being recovered"
        RECOVERED = "recovered", "Recovered"
        LOST = "lost", "Cannot be recovered"
        DISMISSED = "dismissed", "Dismissed"

    webhook = models.ForeignKey("webhooks.Webhook", on_delete=models.PROTECT, related_name="gaps")
    cause = models.CharField(max_length=16, choices=Cause.choices)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True, help_text="Empty: it goes on.")
    missing = models.PositiveIntegerField(null=True, help_text="Events that are missing, as estimated; empty: no idea.")
    state = models.CharField(max_length=16, choices=State.choices, default=State.OPEN)
    state_since = models.DateTimeField()
    detail = models.CharField(max_length=500, blank=True, help_text="Why it is in this state, for people.")
    found_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            # Two workers that find the same meet in one row.
            models.UniqueConstraint(fields=["webhook", "cause", "began_at"], name="gap_once_per_webhook_and_cause"),
        ]
        indexes = [models.Index(fields=["state", "id"], name="gap_by_state")]

    def __str__(self) -> str:
        return f"{self.get_cause_display()} from {self.began_at:%Y-%m-%d %H:%M} UTC"


class GapSearch(models.Model):
    """How far gaps of a webhook were looked for, and what the next look builds upon. See `gaps.finding`."""

    webhook = models.OneToOneField("webhooks.Webhook", on_delete=models.CASCADE, related_name="gap_search")
    looked_until = models.DateTimeField(help_text="Up to here everything has been looked at.")
    delivered_at = models.DateTimeField(null=True, help_text="Last delivery before that; empty: none is known.")
    known_valid_at = models.DateTimeField(null=True, help_text="When X last said that the webhook is valid.")

    class Meta:
        verbose_name_plural = "gap searches"

    def __str__(self) -> str:
        return f"{self.webhook}: looked until {self.looked_until:%Y-%m-%d %H:%M:%S} UTC"


class HandedOver(models.Model):
    """A stored event whose owner was told of it, or is to be told again. See `hand_over`."""

    event_id = models.BigIntegerField(unique=True, help_text="No foreign key: it outlives the event.")
    done_at = models.DateTimeField(null=True, help_text="Empty: to be tried again.")
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    error = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name_plural = "handed over"
        indexes = [
            models.Index(fields=["next_attempt_at"], condition=models.Q(done_at=None), name="handed_over_waiting")
        ]

    def __str__(self) -> str:
        return f"event {self.event_id}: {'done' if self.done_at else self.error or 'waiting'}"


class Horizon(models.Model):
    """Up to which id a table is complete: commits land out of the order of ids. See `following`."""

    table = models.CharField(max_length=64, primary_key=True)
    settled_id = models.BigIntegerField(default=0, help_text="Up to here nothing can appear any more.")
    seen_id = models.BigIntegerField(default=0, help_text="The newest when it was last looked at.")
    seen_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.table} up to {self.settled_id}"


class Follower(models.Model):
    """How far somebody who goes through a table behind the receiver has come."""

    name = models.CharField(max_length=32, primary_key=True)
    passed_id = models.BigIntegerField(default=0)
    claimed_until = models.DateTimeField(null=True, help_text="Until then somebody is at it.")

    def __str__(self) -> str:
        return f"{self.name}: passed {self.passed_id}"


class RetentionPeriod(models.Model):
    """How long events of a category are kept."""

    category = models.CharField(max_length=16, choices=Category.choices, unique=True)
    days = models.PositiveIntegerField(
        validators=[MinValueValidator(1), MaxValueValidator(36_500)], help_text="By the time of receipt."
    )
    passed_id = models.BigIntegerField(default=0, help_text="Up to here everything has left.")
    removed = models.BigIntegerField(default=0, help_text="Events that have left, over all time.")
    looked_at = models.DateTimeField(null=True, help_text="When it was last seen to.")

    class Meta:
        ordering = ["category"]

    def __str__(self) -> str:
        return f"{self.get_category_display()}: {self.days} day{'' if self.days == 1 else 's'}"


# The tables of takedowns belong to this app as well.
from .takedown.models import ContainedPost, Takedown, Tombstone  # noqa: E402, F401
