"""A mail server that takes its time: a letter that it took is not sent twice, and nobody waits for it for ever."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from threading import Thread

import pytest
from pytest_django.fixtures import Settings

from aaa_dashboard.staff.notices import outbox
from aaa_dashboard.staff.notices.models import Channel, Message, Notice, Severity
from aaa_dashboard.staff.notices.telling import LONGEST_SECONDS, email

from .conftest import MINUTE, NOW, SECRET, Listener

pytestmark = pytest.mark.django_db


class MailServer:
    """Speaks as much SMTP as is needed, and waits before each answer for as long as a test says."""

    def __init__(self) -> None:
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        self.letters: list[str] = []
        self.conversations = 0
        self.waits: Callable[[str], float | None] = lambda said: 0
        """Before the answer to a word of the other side; None: there is none."""
        self.codes = {"greeting": b"220 hello", "DATA": b"354 go on", "QUIT": b"221 bye"}
        Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.listening.accept()
            except OSError:
                return
            self.conversations += 1
            with connection, connection.makefile("rwb") as wire, suppress(OSError):
                self._talk(wire)

    def _talk(self, wire) -> None:  # type: ignore[no-untyped-def]
        said = "greeting"
        while said:
            wait = self.waits(said)
            if wait is None:
                wire.read()  # until the other side has enough
                return
            time.sleep(wait)
            wire.write(self.codes.get(said, b"250 fine") + b"\r\n")
            wire.flush()
            if said == "DATA":
                lines = list(iter(wire.readline, b".\r\n"))
                self.letters.append(b"".join(lines).decode())
                said = "letter"
            else:
                said = wire.readline().decode().upper().strip().partition(" ")[0]


@pytest.fixture
def server(settings: Settings) -> Iterator[MailServer]:
    server = MailServer()
    settings.EMAIL_IS_SET, settings.EMAIL_TIMEOUT = True, 2.0
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    yield server
    server.listening.close()


@pytest.fixture
def message(server: MailServer) -> Message:
    channel = Channel.objects.create(kind="email", name="Mail", address="duty@example.org", least=Severity.INFO)
    notice = Notice.objects.create(
        kind="webhook-invalid", subject="webhook:1", severity=Severity.URGENT, title="It is invalid",
        text="X delivers nothing to it.", remedy="Validate it.", url="/webhooks/1/", action="Validate", raised_at=NOW,
    )  # fmt: skip
    return Message.objects.create(notice=notice, channel=channel, change="raised", made_at=NOW, due_at=NOW)


def sent_or_not(message: Message) -> bool:
    for later in range(3):
        outbox.send_due(NOW + later * MINUTE)
    message.refresh_from_db()
    return message.sent_at is not None


def test_one_that_answers_just_before_the_limit_gets_the_letter_once(message: Message, server: MailServer) -> None:
    server.waits = lambda said: 1.0 if said in {"greeting", "DATA"} else 0
    assert sent_or_not(message)
    assert len(server.letters) == 1


def test_one_that_looks_long_at_a_letter_gets_it_once(message: Message, server: MailServer) -> None:
    server.waits = lambda said: 2.5 if said == "letter" else 0
    assert sent_or_not(message)
    assert len(server.letters) == 1


def test_one_that_says_no_goodbye_gets_the_letter_once_and_is_not_waited_for(
    message: Message, server: MailServer
) -> None:
    server.waits = lambda said: None if said == "QUIT" else 0
    began = time.monotonic()
    assert sent_or_not(message)
    assert time.monotonic() - began < 10
    assert len(server.letters) == 1


def test_one_that_wants_tls_or_a_sign_in_is_not_told_to_be_one_that_dislikes_our_address(
    message: Message, server: MailServer
) -> None:
    server.codes["MAIL"] = b"530 5.7.0 Must issue a STARTTLS command first"
    assert outbox.send_due(NOW) == outbox.Sent(failed=1)
    message.channel.refresh_from_db()
    assert "wants TLS or a sign-in first" in message.channel.error
    assert "smtp+tls://" in message.channel.error
    assert "EMAIL_FROM" not in message.channel.error


def test_one_that_hangs_keeps_no_chat_waiting(message: Message, server: MailServer, listener: Listener) -> None:
    chat = Channel.objects.create(kind="webhook", name="Chat", address=listener.url, secret=SECRET, least=Severity.INFO)
    Message.objects.create(notice=message.notice, channel=chat, change="raised", made_at=NOW, due_at=NOW)
    server.waits = lambda said: None
    asked_before_the_chat: list[int] = []
    listener.before = lambda: asked_before_the_chat.append(server.conversations)
    assert outbox.send_due(NOW) == outbox.Sent(sent=1, failed=1)
    assert asked_before_the_chat == [0]


def test_of_one_that_is_slow_at_every_step_the_conversation_ends_before_the_letter_is_handed_over(
    message: Message, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(email, "TALK_SECONDS", 0.7)
    server.waits = lambda said: 0.3  # greeting, EHLO, MAIL, RCPT: more than all of it may take
    began = time.monotonic()
    assert outbox.send_due(NOW) == outbox.Sent(failed=1)
    assert time.monotonic() - began < 15
    message.channel.refresh_from_db()
    assert "did not answer in time" in message.channel.error
    assert server.letters == []


def test_one_that_never_answers_is_given_up_and_tried_again_later(message: Message, server: MailServer) -> None:
    server.waits = lambda said: None
    assert outbox.send_due(NOW) == outbox.Sent(failed=1)
    message.refresh_from_db()
    assert (message.attempts, message.due_at, message.claimed_until) == (1, NOW + MINUTE, None)


def test_a_lease_is_longer_than_a_letter_takes() -> None:
    assert email.TALK_SECONDS + email.TAKE_SECONDS < LONGEST_SECONDS < outbox.LEASE.total_seconds()
