"""Signatures: pure functions of bytes, header and secrets.

X signs a delivery with HMAC-SHA256 over the raw body, keyed with the app's consumer secret, and checks our hold of
that secret with the same HMAC over a token (the challenge-response check, CRC). Because both are one function, a CRC
answer for a chosen token would be a forged signature: `is_safe_token` keeps the two apart.
"""

import hmac
import re
from binascii import b2a_base64
from collections.abc import Iterable, Sequence

PREFIX = b"sha256="

# Longer than any token X sends, and anything that JSON needs. A body is an object: it cannot do without a brace.
_TOKEN_LIMIT = 256
_UNSAFE_IN_TOKEN = re.compile(r'[{}\[\]"\x00-\x1f\x7f-\x9f]')


def sign(message: bytes, secret: bytes) -> bytes:
    """Sign as X does: `sha256=` and the Base64 of the HMAC-SHA256."""
    return PREFIX + b2a_base64(hmac.digest(secret, message, "sha256"), newline=False)


def is_signed(message: bytes, header: bytes, secrets: Iterable[bytes]) -> bool:
    """Tell whether the header signs the message under any of the secrets, in constant time for each."""
    # No early exit: the time must not tell which secret matched.
    return any([hmac.compare_digest(sign(message, secret), header) for secret in secrets])


def is_safe_token(token: str) -> bool:
    """Tell whether a CRC token may be signed, i.e. whether it could not be taken for the body of a delivery."""
    return 0 < len(token) <= _TOKEN_LIMIT and not _UNSAFE_IN_TOKEN.search(token)


def crc_answer(token: str, secret: bytes) -> str:
    """Return the `response_token` for a token that `is_safe_token`."""
    return sign(token.encode(), secret).decode()


def is_signed_challenge(candidates: Sequence[bytes], header: bytes, secrets: Sequence[bytes]) -> bool:
    """Tell whether a CRC request carries X's signature.

    Args:
        candidates: The forms of `crc_token=…&nonce=…` that X may have signed: as sent and URL-decoded.
        header: The value of `x-twitter-webhooks-signature`.
        secrets: The app's secrets.
    """
    return any([is_signed(candidate, header, secrets) for candidate in candidates])
