"""Notices, who is told of them, and what is on its way to them."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q

from aaa_dashboard.encryption import EncryptedTextField

CLOCKS_DIFFER = timedelta(minutes=2)


class Severity(models.IntegerChoices):
    """How much it matters. What is higher is shown first."""

    INFO = 1, "To know"
    WARNING = 2, "Look soon"
    URGENT = 3, "Look now"


class Notice(models.Model):
    """Something that a person should know of, from when it began to when it was over."""

    kind = models.CharField(max_length=40, help_text="Key of a row in the table of kinds.")
    subject = models.CharField(max_length=80, help_text="What it is about; open once for a kind.")
    severity = models.PositiveSmallIntegerField(choices=Severity.choices)
    title = models.CharField(max_length=300)
    text = models.CharField(max_length=1000, help_text="What is so, and since when.")
    remedy = models.CharField(max_length=500, help_text="What to do.")
    url = models.CharField(max_length=300, help_text="Path of the page where it is done.")
    action = models.CharField(max_length=60, help_text="Words on the button.")
    posts = models.CharField(max_length=300, blank=True, help_text="Path that the button posts to; empty: a link.")
    raised_at = models.DateTimeField()
    cleared_at = models.DateTimeField(null=True, blank=True, help_text="Empty: it is open.")
    ending = models.CharField(max_length=300, blank=True, help_text="How it ended, in words.")
    returns = models.PositiveSmallIntegerField(default=0, help_text="How often it was over and came back.")
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.CharField(max_length=150, blank=True, help_text="Who said “I am on it”.")

    class Meta:
        constraints = [
            # Two who look at the same time raise one.
            models.UniqueConstraint(
                fields=["kind", "subject"], condition=Q(cleared_at__isnull=True), name="notice_open_once"
            ),
        ]
        indexes = [
            models.Index(fields=["cleared_at", "-id"], name="notice_by_end"),
            models.Index(fields=["kind", "subject", "-id"], name="notice_by_subject"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def level(self) -> str:
        """Severity as a word for style sheets and for other programs."""
        return Severity(self.severity).name.lower()


class Mute(models.Model):
    """A kind that nobody is told of for a while. Its notices are raised and shown all the same."""

    kind = models.CharField(max_length=40, unique=True)
    until = models.DateTimeField()
    by = models.CharField(max_length=150)

    def __str__(self) -> str:
        return f"{self.kind} until {self.until:%Y-%m-%d %H:%M} UTC"


class Channel(models.Model):
    """Where notices are sent."""

    class Kind(models.TextChoices):
        EMAIL = "email", "E-mail"
        WEBHOOK = "webhook", "Webhook"

    kind = models.CharField(max_length=8, choices=Kind.choices)
    name = models.CharField(max_length=100)
    address = EncryptedTextField(help_text="E-mail address, or URL: that of a chat holds a secret.")
    secret = EncryptedTextField(blank=True, help_text="Signs what is posted to the URL.")
    least = models.PositiveSmallIntegerField("tells", choices=Severity.choices, default=Severity.WARNING)
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    told_at = models.DateTimeField(null=True, blank=True, help_text="When it last took something.")
    failing_since = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=500, blank=True, help_text="Why it did not take the last one.")

    class Meta:
        permissions = [("manage_channels", "Can manage where notices are sent")]

    def __str__(self) -> str:
        return self.name


class Message(models.Model):
    """A change of a notice on its way to a channel. Written together with the change, taken by who sends it."""

    class Change(models.TextChoices):
        RAISED = "raised", "Raised"
        WORSE = "worse", "Worse"
        CLEARED = "cleared", "Over"

    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="messages")
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="messages")
    change = models.CharField(max_length=8, choices=Change.choices)
    made_at = models.DateTimeField()
    due_at = models.DateTimeField(help_text="Not before; moved on by each attempt that failed.")
    attempts = models.PositiveSmallIntegerField(default=0)
    claimed_until = models.DateTimeField(null=True, help_text="Until then somebody is sending it.")
    claim = models.UUIDField(null=True, help_text="By whom.")
    sent_at = models.DateTimeField(null=True)
    given_up_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["notice", "channel", "change"], name="message_once_per_change"),
        ]
        indexes = [
            models.Index(
                fields=["due_at"], condition=Q(sent_at__isnull=True, given_up_at__isnull=True), name="message_waiting"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_change_display()}: {self.notice}"


class Turn(models.Model):
    """Whose turn it was last to look round, so that of all who could one does. There is one row."""

    WORKER, WEB = "worker", "web"

    at = models.DateTimeField()
    by = models.CharField(max_length=16)

    def __str__(self) -> str:
        return f"{self.by} at {self.at:%Y-%m-%d %H:%M:%S} UTC"

    @classmethod
    def take(cls, by: str, now: datetime, *, not_within: timedelta) -> bool:
        """Take the turn, unless somebody did within a while. Who comes first, before anybody ever did, has it.

        A worker has it from a web process at once: that stood in for it, and would otherwise do so for ever.
        """
        _, is_first = cls.objects.get_or_create(pk=1, defaults={"at": now, "by": by})
        # A turn of a time to come was taken by a clock that was ahead: nobody waits until it is there again.
        is_free = Q(at__lte=now - not_within) | Q(at__gt=now + CLOCKS_DIFFER)
        if by == cls.WORKER:
            is_free |= Q(by=cls.WEB)
        return is_first or bool(cls.objects.filter(is_free, pk=1).update(at=now, by=by))
