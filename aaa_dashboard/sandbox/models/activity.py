"""What the pretend users have done, as far as it can be looked at, answered or undone later."""

from datetime import UTC, datetime

from django.db import models

from ..people import X_EPOCH_MS
from .parties import User


def time_of(x_id: int) -> datetime:
    """The time that an X id carries."""
    return datetime.fromtimestamp(((x_id >> 22) + X_EPOCH_MS) / 1000, tz=UTC)


class Post(models.Model):
    """A post, reply, quote or repost. An edit is a post of its own that knows the one it replaces."""

    id = models.BigIntegerField(primary_key=True, help_text="X's id: it carries the time.")
    author = models.ForeignKey(User, on_delete=models.CASCADE, related_name="posts")
    text = models.CharField(max_length=4000, blank=True, help_text="As it was typed; empty for a repost.")
    replies_to = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="replies")
    quotes = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="quoted_by")
    reposts = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="reposted_by")
    replaces = models.OneToOneField("self", null=True, on_delete=models.SET_NULL, related_name="replaced_by")
    is_deleted = models.BooleanField(default=False)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.author}: {self.text or self.reposts}"

    @property
    def created_at(self) -> datetime:
        return time_of(self.id)


class Like(models.Model):
    """A user likes a post."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="likes")
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="likes")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "post"], name="liked_once")]

    def __str__(self) -> str:
        return f"{self.user} likes {self.post_id}"


class Relation(models.Model):
    """What one user has decided about another."""

    class Kind(models.TextChoices):
        FOLLOW = "follow", "Follows"
        BLOCK = "block", "Blocks"
        MUTE = "mute", "Mutes"

    kind = models.CharField(max_length=10, choices=Kind)
    source = models.ForeignKey(User, on_delete=models.CASCADE, related_name="relations")
    target = models.ForeignKey(User, on_delete=models.CASCADE, related_name="relations_to")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "source", "target"], name="related_once")]

    def __str__(self) -> str:
        return f"{self.source} {self.get_kind_display().lower()} {self.target}"


class DirectMessage(models.Model):
    """A message from one user to another."""

    id = models.BigIntegerField(primary_key=True, help_text="X's id: it carries the time.")
    sender = models.ForeignKey(User, on_delete=models.CASCADE, related_name="messages_sent")
    recipient = models.ForeignKey(User, on_delete=models.CASCADE, related_name="messages_received")
    text = models.CharField(max_length=10_000)
    is_read = models.BooleanField(default=False)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.sender} to {self.recipient}"

    @property
    def created_at(self) -> datetime:
        return time_of(self.id)
