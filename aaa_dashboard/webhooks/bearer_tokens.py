"""Bearer tokens that one process fetched, for all of them: encrypted, in the database.

A database that is away, or a row that no key opens, leaves each process to what it fetched by itself.
"""

import hashlib

import structlog
from cryptography.fernet import InvalidToken
from django.db import Error
from django.utils import timezone

from aaa_dashboard.x_api import bearer_tokens
from aaa_dashboard.x_api.credentials import AppCredentials

from .models import BearerToken

log = structlog.get_logger(__name__)


class SharedBearerTokens:
    """Those of all processes. See `x_api.bearer_tokens.Bearers`, which it fulfils."""

    def get(self, base_url: str, app: AppCredentials) -> str:
        try:
            row = BearerToken.objects.filter(credentials=_digest(base_url, app)).first()
        except (Error, InvalidToken) as error:
            log.warning("cannot read a bearer token", because=type(error).__name__)
            row = None
        return row.token if row else bearer_tokens.shared.get(base_url, app)

    def put(self, base_url: str, app: AppCredentials, token: str) -> None:
        bearer_tokens.shared.put(base_url, app, token)
        row = BearerToken(credentials=_digest(base_url, app), token=token, fetched_at=timezone.now())
        try:
            # One statement, that looks at nothing: the row that is there may be one that no key opens.
            BearerToken.objects.bulk_create(
                [row], update_conflicts=True, unique_fields=["credentials"], update_fields=["token", "fetched_at"]
            )
        except Error as error:
            log.warning("cannot keep a bearer token", because=type(error).__name__)


def _digest(base_url: str, app: AppCredentials) -> str:
    # The secret as well: after new keys at X the old token is of no use.
    return hashlib.sha256(f"{base_url}\n{app.consumer_key}\n{app.consumer_secret}".encode()).hexdigest()


shared = SharedBearerTokens()
