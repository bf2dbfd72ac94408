"""Bearer tokens that were fetched, so that not every call fetches one. Remembered by the process alone, in memory."""

from threading import Lock

from .credentials import AppCredentials


class BearerTokens:
    """By address of X's API and app. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._tokens: dict[tuple[str, str, str], str] = {}

    def get(self, base_url: str, app: AppCredentials) -> str:
        """The newest that is known: one that was fetched, else the configured one, else none (empty)."""
        with self._lock:
            return self._tokens.get(_key(base_url, app), app.bearer_token)

    def put(self, base_url: str, app: AppCredentials, token: str) -> None:
        """Remember one that was fetched."""
        with self._lock:
            self._tokens[_key(base_url, app)] = token


def _key(base_url: str, app: AppCredentials) -> tuple[str, str, str]:
    # The secret as well: after new keys at X the old token is of no use.
    return base_url, app.consumer_key, app.consumer_secret


shared = BearerTokens()
"""Those of this process."""
