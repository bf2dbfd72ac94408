"""X apps with the keys that sign what X sends us, and the webhooks that are registered for them."""

from datetime import datetime

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models

from aaa_dashboard.encryption import EncryptedTextField

DEFAULT_SLUG = "twitter"
FIRST_APP = "First app"
"""What the app is called whose keys come from the environment, until people give it a name."""
SLOW_SECONDS = 1.0
"""From here on the time of an answer to a challenge is pointed out: X waits 3 s."""


class App(models.Model):
    """An X developer app. It receives at `/webhook/<slug>`; the first one at the path of X's own sample."""

    name = models.CharField(max_length=100)
    slug = models.CharField(
        max_length=50,
        unique=True,
        validators=[RegexValidator(r"^[a-z0-9][a-z0-9_-]*$", "Small letters, digits, hyphen and underscore.")],
        help_text="Last part of the address that X posts to.",
    )
    environment = models.CharField(max_length=50, blank=True, help_text="For people: production, staging …")
    x_app_id = models.CharField("X app id", max_length=32, blank=True)
    api_version = models.CharField("API version", max_length=8, default="1.1")
    consumer_key = EncryptedTextField(blank=True)
    consumer_secret = EncryptedTextField(blank=True)
    consumer_secret_previous = EncryptedTextField(
        blank=True, help_text="Accepted as well while keys are being regenerated at X."
    )
    access_token = EncryptedTextField(blank=True)
    access_token_secret = EncryptedTextField(blank=True)
    bearer_token = EncryptedTextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    asked_at = models.DateTimeField(
        "webhooks asked at", null=True, blank=True, help_text="When X last told which webhooks it has."
    )
    next_ask_at = models.DateTimeField(
        null=True, editable=False, help_text="When X is asked next by itself; empty: at once."
    )
    ask_failure = models.CharField(
        max_length=64,
        blank=True,
        editable=False,
        help_text="Why X cannot be asked until a person mends it; empty: it can.",
    )
    strangers = models.JSONField(
        default=list, blank=True, help_text="What X has beside our webhooks: objects of id, url, valid."
    )

    class Meta:
        verbose_name = "X app"

    def __str__(self) -> str:
        return self.name

    @property
    def receive_path(self) -> str:
        """Path of the webhook address, without a trailing slash."""
        return f"/webhook/{self.slug}"

    @property
    def is_named(self) -> bool:
        """Whether people gave it a name that means something to owners, as the one that X's page shows them."""
        return self.name != FIRST_APP

    @property
    def is_default(self) -> bool:
        """Whether it is the first app, whose keys come from the environment."""
        return self.slug == DEFAULT_SLUG

    @property
    def receive_url(self) -> str:
        """Address of the webhook, as X is to be told it."""
        return f"{settings.PUBLIC_URL}{self.receive_path}"


def ensure_first_app() -> App:
    """Return the app whose keys come from the environment; its row is made when it is first needed."""
    return App.objects.get_or_create(slug=DEFAULT_SLUG, defaults={"name": FIRST_APP})[0]


class Webhook(models.Model):
    """An address registered at X for an app. Stays here after it was deleted there, for its timeline."""

    app = models.ForeignKey(App, on_delete=models.PROTECT, related_name="webhooks")
    x_id = models.CharField("X webhook id", max_length=32)
    url = models.CharField("address", max_length=500)
    valid = models.BooleanField(default=False, help_text="By X's last word. X delivers to valid webhooks alone.")
    valid_since = models.DateTimeField(null=True, blank=True)
    invalid_since = models.DateTimeField(null=True, blank=True)
    registered_at = models.DateTimeField(null=True, blank=True, help_text="By X's clock.")
    last_crc_at = models.DateTimeField("last challenge", null=True, blank=True, help_text="That we answered.")
    last_crc_ms = models.FloatField("answer time of the last challenge", null=True, blank=True)
    last_checked_at = models.DateTimeField(null=True, blank=True, help_text="When X last told its state.")
    validated_at = models.DateTimeField(
        null=True, blank=True, help_text="When X last asked the challenge because we wished it, and took the answer."
    )
    failures = models.PositiveSmallIntegerField(
        "failed attempts", default=0, help_text="In a row, to have it validated by itself."
    )
    next_attempt_at = models.DateTimeField(
        "next attempt", null=True, blank=True, help_text="Not before then; empty: as soon as there is a reason."
    )
    finding = models.TextField(blank=True, help_text="What the last attempt that failed found; as in the timeline.")
    reviewed_at = models.DateTimeField(
        null=True, blank=True, help_text="When it was last validated because a new version runs."
    )
    claimed_until = models.DateTimeField(null=True, blank=True, help_text="Until then somebody has it validated.")
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(null=True, blank=True, help_text="When it was gone from X.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["app", "x_id"], name="webhook_once_per_app")]
        permissions = [("manage_webhooks", "Can manage apps and webhooks")]

    def __str__(self) -> str:
        return self.url

    @property
    def last_good_at(self) -> datetime | None:
        """When it last answered a challenge rightly, for all we know."""
        return max((at for at in (self.last_crc_at, self.validated_at) if at), default=None)


class WebhookChange(models.Model):
    """One line of a webhook's timeline."""

    class Kind(models.TextChoices):
        REGISTERED = "registered", "Registered"
        ADOPTED = "adopted", "Adopted"
        VALID = "valid", "Became valid"
        INVALID = "invalid", "Became invalid"
        CHALLENGED = "challenged", "Challenge answered"
        VALIDATED = "validated", "Validated"
        REFUSED = "refused", "Not validated"
        LOOKED = "looked", "Looked at from here"
        UNASKED = "unasked", "X cannot be asked"
        DELETED = "deleted", "Deleted"
        GONE = "gone", "Gone from X"

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="changes")
    at = models.DateTimeField()
    kind = models.CharField(max_length=16, choices=Kind.choices)
    detail = models.CharField(max_length=500, blank=True)
    answer_ms = models.FloatField(null=True, blank=True, help_text="Answer time of a challenge.")
    by = models.CharField(max_length=150, blank=True, help_text="Who did it; empty: X, or time alone.")

    class Meta:
        verbose_name = "change of a webhook"
        verbose_name_plural = "changes of webhooks"
        indexes = [
            models.Index(fields=["webhook", "-at"], name="change_by_webhook"),
            # Challenges are nearly all of it, and what lies between them is looked for.
            models.Index(
                fields=["webhook", "-at"], condition=~models.Q(kind="challenged"), name="change_but_challenge"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.webhook}"

    @property
    def is_slow(self) -> bool:
        """Whether it is a challenge that X might not have waited for, had it been a little slower."""
        return self.answer_ms is not None and self.answer_ms > SLOW_SECONDS * 1000


class Allowance(models.Model):
    """How often one endpoint may be asked for one app or user token: X's last answer to any of our processes."""

    subject = models.CharField(max_length=16, help_text="Fingerprint of the key or token that X counts by.")
    intent = models.CharField(max_length=100, help_text="What the endpoint is for.")
    limit = models.PositiveIntegerField(null=True, help_text="Calls in a window.")
    remaining = models.PositiveIntegerField(null=True, help_text="Empty: X has not said.")
    resets_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True, help_text="When X said so.")
    next_turn_at = models.DateTimeField(null=True, help_text="When the next call may go out, where few are allowed.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["subject", "intent"], name="allowance_once_per_subject")]

    def __str__(self) -> str:
        return f"{self.intent} ({self.subject})"


class BearerToken(models.Model):
    """A bearer token that was fetched, for all of our processes. Losing one costs a call to fetch it again."""

    credentials = models.CharField(
        max_length=64, unique=True, help_text="Digest of the address and keys it was fetched with."
    )
    token = EncryptedTextField()
    fetched_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"Bearer token of {self.fetched_at:%Y-%m-%d %H:%M} UTC"


class Version(models.Model):
    """A version of this program that runs, or ran, here. One that was away for a while is new when it is back."""

    fingerprint = models.CharField(max_length=64, unique=True)
    began_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.fingerprint[:12]} since {self.began_at:%Y-%m-%d %H:%M} UTC"
