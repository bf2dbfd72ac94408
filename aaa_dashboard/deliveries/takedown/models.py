"""What has to be gone, where it is, and what became of it. Ids alone: nothing here says what a post said."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q


class Tombstone(models.Model):
    """A post that must not be kept, whichever way it comes again. Outlives every copy."""

    class Why(models.TextChoices):
        DELETED = "deleted at X"
        TAKEN_DOWN = "taken down"

    post_id = models.CharField(max_length=32, unique=True)
    at = models.DateTimeField()
    why = models.CharField(max_length=16, choices=Why.choices)
    marked = models.BooleanField(default=False, help_text="The copies that were there before it are due.")

    class Meta:
        indexes = [models.Index(fields=["id"], condition=Q(marked=False), name="tombstones_unmarked")]

    def __str__(self) -> str:
        return f"post {self.post_id}: {self.why}"


class ContainedPost(models.Model):
    """A post that an event holds: as itself, or inside a quote, a repost or a like. Written behind the receiver."""

    pk = models.CompositePrimaryKey("event_id", "post_id")
    event_id = models.BigIntegerField()
    post_id = models.CharField(max_length=32)
    author_id = models.CharField(max_length=32)
    due = models.BooleanField(default=False, help_text="It is to be taken out of the event.")

    class Meta:
        indexes = [
            models.Index(fields=["post_id"], name="copies_of_a_post"),
            models.Index(fields=["author_id"], name="copies_of_an_author"),
            models.Index(fields=["event_id"], condition=Q(due=True), name="copies_due"),
        ]

    def __str__(self) -> str:
        return f"post {self.post_id} in event {self.event_id}"


class Takedown(models.Model):
    """A wish that something be erased, its clock, and what was found. Never removed: what comes again is held to it."""

    class What(models.TextChoices):
        POST = "post", "One post"
        AUTHOR = "author", "All posts of an account"
        ACCOUNT = "account", "Everything of an account"
        LEFT = "left", "Events of an owner who left"

    what = models.CharField(max_length=8, choices=What.choices)
    x_id = models.CharField("id at X", max_length=32, help_text="Of the post, or of the account.")
    app = models.ForeignKey("webhooks.App", null=True, on_delete=models.PROTECT, related_name="+")
    until = models.DateTimeField(help_text="What is younger is not meant.")
    last_event_id = models.BigIntegerField(help_text="The newest event when it was asked for.")
    by = models.CharField(max_length=150, help_text="Who asked, as they were called then.")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    note = models.CharField(max_length=200, blank=True, help_text="Where the wish came from.")
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    step = models.PositiveSmallIntegerField(default=0, help_text="How many of its steps are done.")
    found = models.JSONField(default=dict, help_text="Number of what was erased, by what it was.")
    claimed_until = models.DateTimeField(null=True, help_text="Until then somebody works on it.")

    class Meta:
        constraints = [
            # Who asks twice meets the first wish.
            models.UniqueConstraint(
                fields=["what", "x_id"], condition=Q(done_at=None, app=None), name="takedown_once_at_a_time"
            ),
            models.UniqueConstraint(
                fields=["what", "x_id", "app"], condition=Q(done_at=None), name="takedown_once_at_a_time_and_app"
            ),
        ]
        indexes = [models.Index(fields=["x_id"], name="takedown_by_id")]
        permissions = [("manage_takedowns", "Can have posts and accounts erased")]

    def __str__(self) -> str:
        return f"{self.get_what_display()}: {self.x_id}"

    def is_late(self, now: datetime) -> bool:
        """Whether its time ran out before it was done."""
        return (self.done_at or now) > self.due_at
