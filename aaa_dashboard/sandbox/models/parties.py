"""Who deals with X: companies under contract, their apps, users, and the tokens between app and user.

Keys, secrets and tokens are play money and lie open.
"""

from django.db import models

from .. import clock


class Contract(models.Model):
    """What a company has bought: X counts webhooks and subscriptions for all of its apps together."""

    account_name = models.CharField(max_length=50, unique=True)
    webhooks_allowed = models.PositiveIntegerField(default=3)
    subscriptions_allowed = models.PositiveIntegerField(default=50, help_text="X's `provisioned_count`.")

    def __str__(self) -> str:
        return self.account_name


class User(models.Model):
    """A pretend X user."""

    x_user_id = models.CharField(max_length=32, unique=True)
    screen_name = models.CharField(max_length=15, unique=True)
    name = models.CharField(max_length=50)
    location = models.CharField(max_length=30, blank=True)
    description = models.CharField(max_length=160, blank=True)
    is_brand = models.BooleanField(default=False)
    is_protected = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"@{self.screen_name}"

    @property
    def initials(self) -> str:
        """One or two letters for a picture that needs no file."""
        words = self.name.split() or [self.screen_name]
        return "".join(word[0] for word in (words[0], *words[-1:][: len(words) - 1])).upper()


class Permission(models.TextChoices):
    """What an app may do for a user. Source: X, “App permissions”; values as `x-access-level` has them."""

    READ = "read", "Read"
    WRITE = "read-write", "Read and write"
    MESSAGES = "read-write-directmessages", "Read, write and Direct Messages"


class App(models.Model):
    """An X developer app."""

    class Type(models.TextChoices):
        WEB = "web", "Web app"
        DESKTOP = "desktop", "Desktop app"

    name = models.CharField(max_length=100)
    x_app_id = models.CharField(max_length=32, unique=True)
    consumer_key = models.CharField(max_length=100, unique=True)
    consumer_secret = models.CharField(max_length=100)
    bearer_token = models.CharField(max_length=150, blank=True, help_text="Empty until somebody asks for it.")
    contract = models.ForeignKey(Contract, null=True, on_delete=models.SET_NULL, related_name="apps")
    owner = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="owned_apps")
    permission = models.CharField(max_length=30, choices=Permission, default=Permission.MESSAGES)
    type = models.CharField(max_length=10, choices=Type, default=Type.WEB)
    callback_urls = models.JSONField(default=list, help_text="Addresses to which users may be sent back.")
    is_suspended = models.BooleanField(default=False)
    may_use_activity = models.BooleanField(default=True, help_text="On the allow-list of the Account Activity API.")
    may_replay = models.BooleanField(default=True, help_text="On the allow-list of its Replay API.")

    def __str__(self) -> str:
        return self.name


class RequestToken(models.Model):
    """What an app holds while it sends a user to X to be asked."""

    app = models.ForeignKey(App, on_delete=models.CASCADE, related_name="request_tokens")
    token = models.CharField(max_length=50, unique=True)
    secret = models.CharField(max_length=50)
    callback = models.CharField(max_length=500, help_text="Where to send the user; `oob` shows a PIN instead.")
    permission = models.CharField(max_length=30, choices=Permission)
    created_at = models.DateTimeField(default=clock.now)
    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, help_text="Who allowed it.")
    verifier = models.CharField(max_length=50, blank=True, help_text="Empty until a user has allowed it.")

    def __str__(self) -> str:
        return self.token


class AccessToken(models.Model):
    """With it, an app acts for a user."""

    app = models.ForeignKey(App, on_delete=models.CASCADE, related_name="access_tokens")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="access_tokens")
    token = models.CharField(max_length=100, unique=True)
    secret = models.CharField(max_length=100)
    permission = models.CharField(max_length=30, choices=Permission, help_text="The app's when it was made.")
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["app", "user"], name="one_token_per_app_and_user")]

    def __str__(self) -> str:
        return self.token
