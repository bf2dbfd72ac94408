"""Telling by e-mail, through the server of `EMAIL_URL`."""

import smtplib
import socket
import ssl
import time

from django.conf import settings
from django.core.mail import EmailMessage

from .outcome import Outcome
from .wording import Letter

_SERVER = "See that the host and port in EMAIL_URL are right and that this machine may reach them."


def send(address: str, letter: Letter) -> Outcome:
    """Send a letter to an address. Never raises: what goes wrong is the outcome."""
    if not settings.EMAIL_IS_SET:
        return Outcome(False, "No mail server is set.", "Set EMAIL_URL and start the processes anew.")
    message = EmailMessage(
        subject=f"[Account Activity] {letter.subject}",
        body=letter.body,
        to=[address],
        # Mail programs and servers do not answer it with a holiday notice.
        headers={"Auto-Submitted": "auto-generated"},
    )
    started = time.perf_counter()
    try:
        message.send()
    except (OSError, smtplib.SMTPException, ValueError) as error:
        return _failed(error)
    return Outcome(True, f"the mail server took it in {(time.perf_counter() - started) * 1000:.0f} ms")


def _failed(error: Exception) -> Outcome:
    """Say what went wrong in our words: those of the server may hold addresses and names."""
    for kind, said, remedy in _KNOWN:
        if isinstance(error, kind):
            code = f" ({error.smtp_code})" if isinstance(error, smtplib.SMTPResponseException) else ""
            return Outcome(False, f"{said}{code}.", remedy)
    return Outcome(False, f"The mail could not be sent ({type(error).__name__}).", _SERVER)


# The first that fits; what is special stands before what is general.
_KNOWN: tuple[tuple[type[Exception], str, str], ...] = (
    (
        smtplib.SMTPAuthenticationError,
        "The mail server does not take our name and password",
        "Correct them in EMAIL_URL; what is special in a password is written as %40 for @.",
    ),
    (
        smtplib.SMTPRecipientsRefused,
        "The mail server does not take mail for this address",
        "See that the address is right and that the server may send to it.",
    ),
    (
        smtplib.SMTPSenderRefused,
        "The mail server does not take mail from our address",
        "Set EMAIL_FROM to an address that it may send from.",
    ),
    (
        smtplib.SMTPNotSupportedError,
        "The mail server does not offer what EMAIL_URL asks for",
        "Use smtp+tls:// with port 587, smtp+ssl:// with port 465, or smtp:// with port 25.",
    ),
    (smtplib.SMTPServerDisconnected, "The mail server closed the connection", _SERVER),
    (smtplib.SMTPResponseException, "The mail server refused it", "Its log says why."),
    (ssl.SSLCertVerificationError, "The mail server's certificate does not verify", "Use the name it is made out for."),
    (
        ssl.SSLError,
        "The mail server speaks no TLS there",
        "Use smtp+tls:// with port 587 or smtp+ssl:// with port 465.",
    ),
    (ConnectionRefusedError, "Nobody answers at the mail server's port", _SERVER),
    (TimeoutError, f"The mail server did not answer within {settings.EMAIL_TIMEOUT} s", _SERVER),
    (socket.gaierror, "The name of the mail server is not known", _SERVER),
    (ValueError, "The address is not one that mail can be sent to", "Correct it."),
)
