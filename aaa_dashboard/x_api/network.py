"""Say in words what broke on the way to X. The exceptions of the libraries name addresses and objects instead."""

import requests
from urllib3.exceptions import (
    ConnectTimeoutError,
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
    ReadTimeoutError,
)

from .known_errors.unasked import Unasked

CONNECT_SECONDS = 5.0
READ_SECONDS = 10.0


def what_happened(error: Exception, *, is_repeatable: bool) -> tuple[Unasked, str]:
    """Tell whether the request can have reached X, and say why it has no answer.

    Args:
        error: What the library raised.
        is_repeatable: Whether the request may be sent again without knowing what became of it.
    """
    if isinstance(error, requests.exceptions.SSLError) and "certificate" in str(error).lower():
        return Unasked.CERTIFICATE, "the certificate cannot be verified"
    if words := _why_not_connected(error):
        return Unasked.UNREACHABLE, words
    no_answer = Unasked.NO_ANSWER if is_repeatable else Unasked.NO_ANSWER_ONCE
    if isinstance(error, requests.Timeout | ReadTimeoutError):
        return no_answer, f"nothing came for {READ_SECONDS:g} s"
    return no_answer, "the connection broke"


def _why_not_connected(error: Exception) -> str:
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy does not let us through"
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    if isinstance(reason, NameResolutionError):
        return "the name of the server is not known"
    if isinstance(reason, NewConnectionError):
        return "the connection was refused"
    if isinstance(reason, ConnectTimeoutError):
        return f"no connection within {CONNECT_SECONDS:g} s"
    return ""
