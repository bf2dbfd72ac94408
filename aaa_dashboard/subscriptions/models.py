"""X users whose activity we receive, how they came to be subscribed, and what of that is under way."""

import zlib

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from aaa_dashboard.encryption import EncryptedTextField
from aaa_dashboard.x_api.credentials import UserToken


class Account(models.Model):
    """An X user that deliveries are for. Learnt from the deliveries themselves, so that it needs no call to X."""

    x_user_id = models.CharField("X user id", max_length=32, unique=True)
    screen_name = models.CharField(max_length=64, blank=True, db_index=True)
    name = models.CharField(max_length=200, blank=True)
    protected = models.BooleanField(default=False)
    picture_url = models.URLField(max_length=500, blank=True)
    profile_read_at = models.DateTimeField(null=True, help_text="When X last told name and picture.")
    forgotten_at = models.DateTimeField(
        null=True, help_text="When its names were erased: they are not learnt again before its owner comes back."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"@{self.screen_name}" if self.screen_name else self.x_user_id

    @property
    def initials(self) -> str:
        """Up to two letters to know the account by."""
        words = (self.name or self.screen_name or "#").split()
        return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()

    @property
    def hue(self) -> int:
        """One of eight grounds for the initials; the same for the same account everywhere."""
        return zlib.crc32(self.x_user_id.encode()) % 8


class Subscription(models.Model):
    """An account on a webhook: what we know of it, and the token with which its owner let us."""

    class State(models.TextChoices):
        NEW = "new", "Not subscribed yet"  # X is being asked; with a token, what was killed at it can be finished
        ACTIVE = "active", "Subscribed"
        REVOKED = "revoked", "Revoked by the owner"
        REMOVED = "removed", "Removed"
        MISSING = "missing", "Missing at X"
        UNKNOWN = "unknown", "Subscribed, not through us"

    webhook = models.ForeignKey("webhooks.Webhook", on_delete=models.PROTECT, related_name="subscriptions")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="subscriptions")
    state = models.CharField(max_length=8, choices=State.choices)
    state_since = models.DateTimeField(default=timezone.now)
    checked_at = models.DateTimeField(null=True, help_text="When X was last asked about it.")
    token_checked_at = models.DateTimeField(null=True, help_text="When X last took the token, or was last asked to.")
    repairs = models.PositiveSmallIntegerField(
        default=0, help_text="How often it was subscribed again by itself since it last held for a day."
    )
    access_token = EncryptedTextField(blank=True)
    access_token_secret = EncryptedTextField(blank=True)
    consent_version = models.CharField(max_length=16, blank=True)
    consented_at = models.DateTimeField(null=True)
    consent_by = models.CharField(max_length=200, blank=True, help_text="Who agreed: the owner, or staff for them.")
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    claimed_until = models.DateTimeField(null=True, help_text="Until then somebody is at X about it.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["webhook", "account"], name="account_once_per_webhook"),
        ]
        permissions = [("manage_subscriptions", "Can manage subscriptions and invites")]

    def __str__(self) -> str:
        return f"{self.account} on {self.webhook}"

    @property
    def is_at_x(self) -> bool:
        """Whether X has it, for all we know."""
        return self.state in {self.State.ACTIVE, self.State.UNKNOWN}

    @property
    def user_token(self) -> UserToken | None:
        """The owner's token; None when we hold none."""
        if self.access_token and self.access_token_secret:
            return UserToken(self.access_token, self.access_token_secret)
        return None


class Invite(models.Model):
    """A link for the owner of an account. It holds a secret of which only a hash is kept; it works once."""

    secret_hash = models.CharField(max_length=64, unique=True)
    webhook = models.ForeignKey("webhooks.Webhook", on_delete=models.PROTECT, related_name="+")
    note = models.CharField(max_length=500, blank=True, help_text="Shown to the owner.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)
    account = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="invites")

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"invite {self.pk}"

    @property
    def is_open(self) -> bool:
        """Whether an owner can still use it."""
        return not self.used_at and not self.withdrawn_at and self.expires_at > timezone.now()


class SignIn(models.Model):
    """Somebody is at X to sign in. Kept until they come back; what signs the last leg is encrypted."""

    class Purpose(models.TextChoices):
        INVITE = "invite", "an owner subscribes through an invite"
        STAFF = "staff", "a member of staff subscribes an account"
        OWNER = "owner", "an owner looks at what is connected"

    purpose = models.CharField(max_length=8, choices=Purpose.choices)
    app = models.ForeignKey("webhooks.App", on_delete=models.CASCADE, related_name="+")
    webhook = models.ForeignKey("webhooks.Webhook", null=True, on_delete=models.CASCADE, related_name="+")
    invite = models.ForeignKey(Invite, null=True, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")
    request_token = EncryptedTextField()
    request_token_secret = EncryptedTextField()
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    def __str__(self) -> str:
        return f"sign-in {self.pk}: {self.get_purpose_display()}"


class Visit(models.Model):
    """An owner who has signed in with X to look at what is connected. Named by their browser session, for a while."""

    app = models.ForeignKey("webhooks.App", on_delete=models.CASCADE, related_name="+")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    access_token = EncryptedTextField()
    access_token_secret = EncryptedTextField()
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    def __str__(self) -> str:
        return f"visit of {self.account}"

    @property
    def user_token(self) -> UserToken:
        """What the sign-in brought."""
        return UserToken(self.access_token, self.access_token_secret)


class Usage(models.Model):
    """How many subscriptions of the contract are used, by X's last word to an app."""

    app = models.OneToOneField("webhooks.App", on_delete=models.CASCADE, related_name="usage")
    used = models.PositiveIntegerField()
    provisioned = models.PositiveIntegerField(null=True, help_text="Empty: X does not say.")
    read_at = models.DateTimeField()
    account_name = models.CharField(
        max_length=100, blank=True, help_text="X's name of the contract: apps of the same one are counted together."
    )

    def __str__(self) -> str:
        return f"{self.used} of {self.provisioned if self.provisioned is not None else '?'}"

    @property
    def percent(self) -> int | None:
        """Used places in a hundred, rounded down; None when X does not say how many there are."""
        return self.used * 100 // self.provisioned if self.provisioned else None


class Move(models.Model):
    """The way of all subscriptions from one webhook to another, which may be broken off and gone on with."""

    class Step(models.TextChoices):
        REGISTER = "register", "Register the new address"
        SUBSCRIBE = "subscribe", "Subscribe every account again"
        COMPARE = "compare", "Compare with X"
        DELETE = "delete", "Delete the old webhook"
        DONE = "done", "Done"
        ABANDONED = "abandoned", "Abandoned"

    source = models.ForeignKey("webhooks.Webhook", on_delete=models.PROTECT, related_name="moves")
    target = models.ForeignKey("webhooks.Webhook", null=True, on_delete=models.PROTECT, related_name="+")
    url = models.URLField(max_length=500)
    step = models.CharField(max_length=10, choices=Step.choices, default=Step.REGISTER)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)
    claimed_until = models.DateTimeField(null=True, help_text="Until then somebody works on it.")
    under_way = models.BooleanField(default=False, help_text="Workers go on with it by themselves.")
    wanted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    may_leave_behind = models.BooleanField(
        default=False, help_text="The old webhook may go although somebody cannot come along."
    )
    trouble = models.JSONField(null=True, help_text="What X, or the comparison, last held against it.")
    tries = models.PositiveSmallIntegerField(default=0, help_text="In a row that came to nothing.")
    next_try_at = models.DateTimeField(null=True, help_text="Empty: now.")

    class Meta:
        constraints = [
            # Two people who begin the same move meet in one row.
            models.UniqueConstraint(
                fields=["source"], condition=Q(finished_at__isnull=True), name="one_move_of_a_webhook_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"move of {self.source} to {self.url}"


class Reconciliation(models.Model):
    """One comparison of all that we know of subscriptions with all that X says."""

    started_at = models.DateTimeField(db_index=True)
    finished_at = models.DateTimeField(null=True, help_text="Empty: it runs, or broke off.")
    broke_off = models.BooleanField(default=False, help_text="It did not come to its end.")
    by = models.CharField(max_length=150, blank=True, help_text="Who wanted it; empty: time alone.")
    webhooks = models.PositiveIntegerField(default=0, help_text="Whose lists could be relied on.")
    unread = models.PositiveIntegerField("not relied on", default=0, help_text="Webhooks whose lists could not.")
    at_x = models.PositiveIntegerField("at X", default=0, help_text="Accounts on the lists that could be relied on.")
    found = models.PositiveIntegerField(default=0, help_text="Differences that were not known before.")
    settled = models.PositiveIntegerField(default=0, help_text="Differences that are no more.")
    standing = models.PositiveIntegerField(default=0, help_text="Differences that were left at its end.")

    class Meta:
        constraints = [
            # Two workers that begin at once meet in one row.
            models.UniqueConstraint(
                models.Value(1), condition=Q(finished_at__isnull=True), name="one_reconciliation_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"comparison of {self.started_at:%Y-%m-%d %H:%M} UTC"


class Finding(models.Model):
    """A difference between X and us, from when it was found until it was settled. What each kind means: `findings`."""

    class Kind(models.TextChoices):
        MISSING = "missing", "Missing at X"
        UNKNOWN = "unknown", "Not subscribed through us"
        ENDED = "ended", "Ended here, but not at X"
        REVOKED = "revoked", "Revoked by the owner"
        DEAD = "dead", "The sign-in does not work any more"
        REFUSED = "refused", "X refuses many sign-ins at once"
        LIMIT = "limit", "Places run short"
        COUNT = "count", "X’s count and lists differ"
        DOUBTED = "doubted", "X’s list is not believed"
        UNREAD = "unread", "X did not tell"

    kind = models.CharField(max_length=8, choices=Kind.choices)
    subject = models.CharField(max_length=160, help_text="What it is about: the same as long as it is the same.")
    app = models.ForeignKey("webhooks.App", on_delete=models.CASCADE, related_name="+")
    webhook = models.ForeignKey("webhooks.Webhook", null=True, on_delete=models.CASCADE, related_name="findings")
    account = models.ForeignKey(Account, null=True, on_delete=models.CASCADE, related_name="findings")
    detail = models.CharField(max_length=500, blank=True)
    found_at = models.DateTimeField()
    found_in = models.ForeignKey(Reconciliation, null=True, on_delete=models.SET_NULL, related_name="found_here")
    settled_at = models.DateTimeField(null=True, help_text="Empty: it stands.")
    settled_in = models.ForeignKey(Reconciliation, null=True, on_delete=models.SET_NULL, related_name="settled_here")
    outcome = models.CharField(max_length=200, blank=True, help_text="How it was settled.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject"], condition=Q(settled_at__isnull=True), name="finding_stands_once"
            ),
        ]
        indexes = [models.Index(fields=["settled_at"], name="finding_by_settled_at")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.subject}"
