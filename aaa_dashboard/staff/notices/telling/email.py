"""Telling by e-mail, through the server of `EMAIL_URL`."""

import smtplib
import socket
import ssl
import time
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.smtp import EmailBackend

from .outcome import Outcome
from .wording import Letter

TALK_SECONDS, TAKE_SECONDS, GOODBYE_SECONDS = 20.0, 35.0, 2.0
"""Until the letter is handed over, then until it is taken, and after that.

Who looks for viruses first takes longest for the second.
"""
_DJANGO_S = f"{EmailBackend.__module__}.{EmailBackend.__qualname__}"
_TLS_OR_SIGN_IN = "Write EMAIL_URL as smtp+tls://user:password@host:587: with TLS, and the name and password it gave."
_SERVER = "See that the host and port in EMAIL_URL are right and that this machine may reach them."


class _Smtp(smtplib.SMTP):
    """A conversation with a mail server that is bounded as a whole: smtplib bounds each of a dozen answers alone.

    It ends before the letter is handed over rather than after: a letter that was taken unnoticed is sent twice.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._ends_at = time.monotonic() + TALK_SECONDS
        super().__init__(*args, **kwargs)

    def getreply(self) -> tuple[int, bytes]:
        left = self._ends_at - time.monotonic()
        if left <= 0:
            raise TimeoutError
        if self.sock:
            self.sock.settimeout(min(left, self.timeout))
        try:
            return super().getreply()
        except smtplib.SMTPServerDisconnected as error:
            if isinstance(error.__context__, TimeoutError):  # smtplib says of both that the connection was closed
                raise TimeoutError from error
            raise

    def data(self, msg: Any) -> tuple[int, bytes]:
        if time.monotonic() >= self._ends_at:
            raise TimeoutError
        self._ends_at, self.timeout = time.monotonic() + TAKE_SECONDS, TAKE_SECONDS
        return super().data(msg)

    def quit(self) -> tuple[int, bytes]:
        """Say goodbye; what has been taken is taken, whatever is answered to that, and whenever."""
        self._ends_at = time.monotonic() + GOODBYE_SECONDS
        try:
            return super().quit()
        except OSError:
            self.close()
            return 221, b""


class _SmtpOverTls(_Smtp, smtplib.SMTP_SSL):
    """The same over TLS from the first byte on."""


class BoundedBackend(EmailBackend):
    """Django's way to a mail server, with a limit for the whole of it."""

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _SmtpOverTls if self.use_ssl else _Smtp


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
        connection=_connection(),
    )
    started = time.perf_counter()
    try:
        message.send()
    except (OSError, smtplib.SMTPException, ValueError) as error:
        return _failed(error)
    return Outcome(True, f"the mail server took it in {(time.perf_counter() - started) * 1000:.0f} ms")


def _connection() -> Any:
    return BoundedBackend() if settings.EMAIL_BACKEND == _DJANGO_S else get_connection()


def _failed(error: Exception) -> Outcome:
    """Say what went wrong in our words: those of the server may hold addresses and names."""
    if _code(error) == 530:  # RFC 3207, section 4, and RFC 4954, section 6
        return Outcome(False, "The mail server wants TLS or a sign-in first (530).", _TLS_OR_SIGN_IN)
    for kind, said, remedy in _KNOWN:
        if isinstance(error, kind):
            code = f" ({error.smtp_code})" if isinstance(error, smtplib.SMTPResponseException) else ""
            return Outcome(False, f"{said}{code}.", remedy)
    return Outcome(False, f"The mail could not be sent ({type(error).__name__}).", _SERVER)


def _code(error: Exception) -> int | None:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return next((code for code, _ in error.recipients.values()), None)
    return error.smtp_code if isinstance(error, smtplib.SMTPResponseException) else None


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
    (TimeoutError, "The mail server did not answer in time", _SERVER),
    (socket.gaierror, "The name of the mail server is not known", _SERVER),
    (ValueError, "The address is not one that mail can be sent to", "Correct it."),
)
