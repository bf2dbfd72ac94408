"""The apps that may receive, in memory: looked up for every request, read anew every few seconds.

The first app comes from the environment and is there even while the database is away, so that a challenge is answered
then too; its row is created when the database is first seen. The others are rows of `webhooks.App`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import structlog
from cryptography.fernet import InvalidToken
from django.conf import settings
from django.db import close_old_connections

from aaa_dashboard.webhooks.models import DEFAULT_SLUG, App, ensure_first_app

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class RegisteredApp:
    slug: str
    id: int | None
    """Primary key of the row; None until the database was reached."""
    secrets: tuple[bytes, ...]
    """What X may sign with, the current one first. Empty: no usable secret."""


class Registry:
    """Read by the event loop, replaced as a whole by `load`, which runs in a thread."""

    def __init__(self) -> None:
        self._apps = {DEFAULT_SLUG: RegisteredApp(DEFAULT_SLUG, None, _secrets_from_environment())}

    def get(self, slug: str) -> RegisteredApp | None:
        return self._apps.get(slug)

    def __iter__(self) -> Iterator[RegisteredApp]:
        return iter(self._apps.values())

    def load(self) -> None:
        """Read the apps from the database; blocking.

        Raises:
            django.db.Error: The database is away. What was known stays in force.
        """
        close_old_connections()
        try:
            ensure_first_app()
            self._apps = {slug: _read(id_, slug) for id_, slug in App.objects.values_list("id", "slug")}
        finally:
            close_old_connections()


def _read(id_: int, slug: str) -> RegisteredApp:
    try:
        stored = App.objects.values_list("consumer_secret", "consumer_secret_previous").get(id=id_)
    except (InvalidToken, ValueError):
        log.error("the secrets of an app cannot be decrypted: check SECRET_ENCRYPTION_KEYS", app=slug)
        stored = ("", "")
    secrets = tuple(secret.encode() for secret in stored if secret)
    if slug == DEFAULT_SLUG:
        secrets = tuple(dict.fromkeys(_secrets_from_environment() + secrets))
    return RegisteredApp(slug, id_, secrets)


def _secrets_from_environment() -> tuple[bytes, ...]:
    return tuple(
        secret.encode() for secret in (settings.X_CONSUMER_SECRET, settings.X_CONSUMER_SECRET_PREVIOUS) if secret
    )
