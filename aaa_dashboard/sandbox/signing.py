"""Sign as X does. Written for the sandbox alone: the receiver must not be able to check itself with its own code."""

import base64
import hashlib
import hmac

SIGNATURE_HEADER = "x-twitter-webhooks-signature"


def sign(secret: str, message: bytes) -> str:
    """The value of `x-twitter-webhooks-signature` over a body, or over `crc_token=…&nonce=…` of a challenge.

    Source: X, “Securing webhooks”: base64 of HMAC-SHA256 with the app's consumer secret, after `sha256=`.
    """
    return "sha256=" + base64.b64encode(hmac.new(secret.encode(), message, hashlib.sha256).digest()).decode()


def challenge_message(crc_token: str, nonce: str) -> bytes:
    """What the signature of a challenge is computed over."""
    return f"crc_token={crc_token}&nonce={nonce}".encode()


def is_right_answer(secret: str, crc_token: str, response_token: object) -> bool:
    """Whether a webhook that answers this `response_token` knows the secret."""
    return isinstance(response_token, str) and hmac.compare_digest(
        sign(secret, crc_token.encode()).encode(), response_token.encode()
    )
