"""`manage.py demonstration`: two people who may sign in on a developer's own machine."""

import os
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.management import BaseCommand, CommandError, call_command

LOOPBACK = {"127.0.0.1", "::1", "localhost"}


class Command(BaseCommand):
    help = "Migrate, and let `ada` (administrator) and `sam` (agent) sign in with DEMO_PASSWORD. Safe to repeat."

    def handle(self, *_: Any, **__: Any) -> None:
        if urlsplit(settings.PUBLIC_URL).hostname not in LOOPBACK:
            raise CommandError(
                "Demonstration sign-ins are refused: PUBLIC_URL is not an address of this machine alone."
            )
        call_command("migrate", verbosity=0, interactive=False)
        if password := os.environ.get("DEMO_PASSWORD", ""):
            _ensure("ada", "Ada", "Administrator", password, is_staff=True, is_superuser=True)
            _ensure("sam", "Sam", "Agent", password, is_staff=False, is_superuser=False)


def _ensure(username: str, first_name: str, last_name: str, password: str, **rights: bool) -> None:
    user, created = User.objects.get_or_create(
        username=username, defaults={"first_name": first_name, "last_name": last_name, **rights}
    )
    # Setting the same password anew would end the sessions of the last start.
    if created or not user.check_password(password):
        user.set_password(password)
        user.save(update_fields=["password"])
    # The last name is the role. It changes nothing for Ada, who may do everything, but a word on the page of users.
    user.groups.add(*Group.objects.filter(name=last_name))
