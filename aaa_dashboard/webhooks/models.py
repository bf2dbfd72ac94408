"""X apps and, with them, the keys that sign what X sends us."""

from django.core.validators import RegexValidator
from django.db import models

from aaa_dashboard.encryption import EncryptedTextField

DEFAULT_SLUG = "twitter"


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

    class Meta:
        verbose_name = "X app"

    def __str__(self) -> str:
        return self.name

    @property
    def receive_path(self) -> str:
        """Path of the webhook address, without a trailing slash."""
        return f"/webhook/{self.slug}"
