"""X users whose activity we receive."""

from django.db import models


class Account(models.Model):
    """An X user that deliveries are for. Learnt from the deliveries themselves, so that it needs no call to X."""

    x_user_id = models.CharField("X user id", max_length=32, unique=True)
    screen_name = models.CharField(max_length=64, blank=True, db_index=True)
    name = models.CharField(max_length=200, blank=True)
    protected = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"@{self.screen_name}" if self.screen_name else self.x_user_id
