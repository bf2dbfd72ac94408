"""Bearer tokens that were fetched, so that not every call fetches one.

`BearerTokens` remembers for one process; who can do it for several stands in as `Bearers`.
"""

from threading import Lock
from typing import Protocol

from .credentials import AppCredentials


class Bearers(Protocol):
    """By address of X's API and app. Safe to use from several threads."""

    def get(self, base_url: str, app: AppCredentials) -> str:
        """The newest that is known: one that was fetched, else the configured one, else none (empty)."""

    def put(self, base_url: str, app: AppCredentials, token: str) -> None:
        """Remember one that was fetched."""


class BearerTokens:
    """Those of one process, in memory. See `Bearers`, which it fulfils."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._tokens: dict[tuple[str, str, str], str] = {}

    def get(self, base_url: str, app: AppCredentials) -> str:
        with self._lock:
            return self._tokens.get(_key(base_url, app), app.bearer_token)

    def put(self, base_url: str, app: AppCredentials, token: str) -> None:
        with self._lock:
            self._tokens[_key(base_url, app)] = token


def _key(base_url: str, app: AppCredentials) -> tuple[str, str, str]:
    # The secret as well: after new keys at X the old token is of no use.
    return base_url, app.consumer_key, app.consumer_secret


shared = BearerTokens()
"""Those of this process."""
