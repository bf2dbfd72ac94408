"""Keys and tokens, in forms that no log line, traceback or page can show by accident."""

import hashlib
from dataclasses import dataclass


def fingerprint(secret: str) -> str:
    """What may be shown of a secret: enough to compare two, nothing to use.

    Returns:
        The first 12 hexadecimal digits of its SHA-256; empty for an empty secret.
    """
    return hashlib.sha256(secret.encode()).hexdigest()[:12] if secret else ""


@dataclass(frozen=True, slots=True, repr=False)
class UserToken:
    """With it, an app acts for a user: access token and its secret."""

    token: str
    secret: str

    def __post_init__(self) -> None:
        _strip(self, "token", "secret")

    def __repr__(self) -> str:
        return f"<user token {fingerprint(self.token)}>"

    def secrets(self) -> tuple[str, ...]:
        """What must not be shown."""
        return (self.token, self.secret)


@dataclass(frozen=True, slots=True, repr=False)
class AppCredentials:
    """What an X app is known by."""

    consumer_key: str
    consumer_secret: str
    owner: UserToken | None = None
    """The token of the app's owner: registers, validates and deletes webhooks."""
    bearer_token: str = ""
    """A known one; without it, or when it is wrong, one is fetched."""

    def __post_init__(self) -> None:
        _strip(self, "consumer_key", "consumer_secret", "bearer_token")

    def __repr__(self) -> str:
        return f"<app {fingerprint(self.consumer_key)}>"

    def secrets(self) -> tuple[str, ...]:
        """What must not be shown."""
        owner = self.owner.secrets() if self.owner else ()
        return (self.consumer_key, self.consumer_secret, self.bearer_token, *owner)


def _strip(credentials: object, *names: str) -> None:
    """Take off the blanks and line ends that copying brings along; no key of X has any."""
    for name in names:
        object.__setattr__(credentials, name, getattr(credentials, name).strip())
