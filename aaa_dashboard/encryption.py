"""Secrets at rest: a text field whose column holds ciphertext.

The keys are `SECRET_ENCRYPTION_KEYS`: the first encrypts, all decrypt, so a new key is put in front and the old
one removed when every row was saved again.
"""

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.db import models

if TYPE_CHECKING:
    _TextField = models.TextField[str, str]
else:
    _TextField = models.TextField


@lru_cache(maxsize=4)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def encrypt(plain: str) -> str:
    """Encrypt text; the empty string stays empty, so that "not set" can be seen without a key."""
    if not plain:
        return ""
    return _fernet(tuple(settings.SECRET_ENCRYPTION_KEYS)).encrypt(plain.encode()).decode()


def decrypt(cipher: str) -> str:
    """Undo `encrypt`.

    Raises:
        cryptography.fernet.InvalidToken: No configured key opens it.
    """
    if not cipher:
        return ""
    return _fernet(tuple(settings.SECRET_ENCRYPTION_KEYS)).decrypt(cipher.encode()).decode()


class EncryptedTextField(_TextField):
    """Text that is encrypted in the database and plain in Python. It cannot be searched."""

    def get_prep_value(self, value: Any) -> Any:
        return encrypt(value) if value else ""

    def from_db_value(self, value: str | None, *_: Any) -> str:
        return decrypt(value or "")
