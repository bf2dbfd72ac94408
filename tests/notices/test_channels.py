"""What a channel is sent, what it says when it fails, and that no secret gets out."""

import hashlib
import hmac
import smtplib
import socket
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from pytest_django.fixtures import Settings

from aaa_dashboard.staff.notices import telling
from aaa_dashboard.staff.notices.models import Channel, Message, Notice, Severity
from aaa_dashboard.staff.notices.telling import webhook

from .conftest import NOW, SECRET, Listener

pytestmark = pytest.mark.django_db


@pytest.fixture
def message(channel: Channel) -> Message:
    notice = Notice.objects.create(
        kind="webhook-invalid", subject="webhook:1", severity=Severity.URGENT, title="https://acme.example is invalid",
        text="X delivers nothing to it.", remedy="Validate it.", url="/webhooks/1/", action="Validate", raised_at=NOW,
    )  # fmt: skip
    return Message.objects.create(notice=notice, channel=channel, change="raised", made_at=NOW, due_at=NOW)


def tell(message: Message) -> telling.Outcome:
    return telling.tell(message.channel, [message], delivery="d-1", now=NOW)


def test_it_is_signed_so_that_a_program_can_check_it_by_hand(message: Message, listener: Listener) -> None:
    outcome = tell(message)
    assert outcome.is_delivered
    assert outcome.said.startswith("200 in ")
    ((headers, body),) = listener.taken
    signed = headers["x-aaa-timestamp"].encode() + b"." + body
    assert headers["x-aaa-signature"] == "sha256=" + hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert headers["x-aaa-timestamp"] == str(int(NOW.timestamp()))
    assert headers["x-aaa-delivery"] == "d-1"
    assert headers["content-type"] == "application/json"


def test_a_signature_is_the_one_that_openssl_makes() -> None:
    # printf '1772366430.{}' | openssl dgst -sha256 -hmac k
    expected = "sha256=5d8c83ec30d1a83c53916e634a3eee5ea1800149f801f040c1188793693663a2"
    assert webhook.signature("k", "1772366430", b"{}") == expected


def test_it_has_words_for_people_and_fields_for_programs(message: Message, listener: Listener) -> None:
    tell(message)
    (document,) = listener.documents
    assert document["text"].startswith("*Look now: https://acme.example is invalid*")
    assert document["text"].count("https://acme.example is invalid") == 1
    assert "What to do: Validate it." in document["text"]
    assert document["link"] == "http://127.0.0.1:8000/webhooks/1/"
    assert document["test"] is False
    (fact,) = document["notices"]
    assert fact["id"] == f"{message.notice_id}-raised"
    assert (fact["kind"], fact["severity"], fact["change"]) == ("webhook-invalid", "urgent", "raised")
    assert (fact["raised_at"], fact["cleared_at"]) == (NOW.isoformat(), None)


def test_a_name_cannot_wake_everybody_in_a_chat(message: Message, listener: Listener) -> None:
    message.notice.title = "<!channel> & co is invalid"
    tell(message)
    assert "&lt;!channel&gt; &amp; co" in listener.documents[0]["text"]


def test_it_is_sent_nowhere_else(message: Message, listener: Listener) -> None:
    listener.status, listener.headers = 307, {"Location": f"{listener.url}/elsewhere"}
    outcome = tell(message)
    assert not outcome.is_delivered
    assert "we do not follow" in outcome.remedy
    assert len(listener.taken) == 1


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "who sends"), (403, "who sends"), (404, "new address"), (410, "new address"),
        (429, "later"), (500, "trouble"), (503, "trouble"), (400, "does not take what we send"),
    ],
)  # fmt: skip
def test_an_answer_that_is_no_success_has_its_remedy(
    message: Message, listener: Listener, status: int, words: str
) -> None:
    listener.status = status
    outcome = tell(message)
    assert outcome.said == f"The address answered {status}."
    assert words in outcome.remedy


def test_a_program_that_is_not_there(message: Message) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        message.channel.address = f"http://127.0.0.1:{taken.getsockname()[1]}/secret-part"
        outcome = tell(message)
    assert outcome.said == "Nobody answers at that port."
    assert "secret-part" not in outcome.sentence


def test_a_program_that_never_answers(message: Message, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "READ_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        message.channel.address = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        outcome = tell(message)
    assert not outcome.is_delivered
    assert "answer" in outcome.said


def test_an_address_that_speaks_no_tls(message: Message, listener: Listener) -> None:
    message.channel.address = listener.url.replace("http:", "https:")
    assert tell(message).said == "The address speaks no TLS."


def test_what_this_machine_knows_of_a_host_is_not_sent_along(
    message: Message, listener: Listener, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login ada password hush\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(netrc))
    tell(message)
    assert "authorization" not in listener.taken[0][0]


@pytest.fixture
def by_mail(message: Message, settings: Settings) -> Message:
    settings.EMAIL_IS_SET = True
    message.channel.kind, message.channel.address = Channel.Kind.EMAIL, "duty@example.org"
    return message


def test_a_letter_says_what_is_so_and_what_to_do(by_mail: Message) -> None:
    assert tell(by_mail).is_delivered
    (letter,) = mail.outbox
    assert letter.to == ["duty@example.org"]
    assert letter.from_email == "account-activity@127.0.0.1"
    assert letter.subject == "[Account Activity] Look now: https://acme.example is invalid"
    assert "What to do: Validate it.\n\nhttp://127.0.0.1:8000/webhooks/1/" in letter.body
    assert letter.extra_headers["Auto-Submitted"] == "auto-generated"


def test_an_end_says_how_long_it_was_so(by_mail: Message) -> None:
    by_mail.change = Message.Change.CLEARED
    by_mail.notice.cleared_at = NOW + timedelta(hours=5)
    by_mail.notice.returns = 2
    by_mail.notice.ending = "Valid again."
    tell(by_mail)
    assert mail.outbox[0].subject == "[Account Activity] Over: https://acme.example is invalid"
    assert "Valid again. It was so for 5 hours. It came back 2 times in between." in mail.outbox[0].body


def test_a_name_with_a_line_in_it_adds_no_header(by_mail: Message) -> None:
    by_mail.notice.title = "Acme\nBcc: everybody@example.org"
    assert tell(by_mail).is_delivered
    assert mail.outbox[0].subject.endswith("Acme Bcc: everybody@example.org")
    assert mail.outbox[0].bcc == []


def test_without_a_mail_server_it_says_which_setting(by_mail: Message, settings: Settings) -> None:
    settings.EMAIL_IS_SET = False
    assert tell(by_mail).sentence == "No mail server is set. Set EMAIL_URL and start the processes anew."


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (smtplib.SMTPAuthenticationError(535, b"5.7.8 ada: hush"), "does not take our name and password (535)."),
        (smtplib.SMTPRecipientsRefused({"duty@example.org": (550, b"no")}), "does not take mail for this address."),
        (smtplib.SMTPSenderRefused(553, b"no", "us"), "does not take mail from our address (553)."),
        (smtplib.SMTPServerDisconnected("hush"), "closed the connection."),
        (smtplib.SMTPDataError(554, b"hush"), "refused it (554)."),
        (ConnectionRefusedError("hush"), "Nobody answers at the mail server's port."),
        (TimeoutError("hush"), "did not answer in time."),
        (socket.gaierror("hush"), "The name of the mail server is not known."),
        (OSError("hush"), "The mail could not be sent (OSError)."),
    ],
)
def test_a_mail_server_that_refuses_is_explained_in_our_words(
    by_mail: Message, monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    def refuse(*_: Any) -> None:
        raise error

    monkeypatch.setattr(EmailBackend, "send_messages", refuse)
    outcome = tell(by_mail)
    assert said in outcome.said
    assert outcome.remedy
    assert "hush" not in outcome.sentence
