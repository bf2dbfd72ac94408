"""The contract of every receive endpoint, inherited by each: what X and what strangers get, and what is kept of it.

Vectors and phrases are literal; the client is `requests` on real HTTP.
"""

import gzip
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from django.conf import LazySettings
from django.core.asgi import get_asgi_application

from aaa_dashboard.asgi import Entry
from aaa_dashboard.deliveries.models import Event, Refusal, Unsplit
from aaa_dashboard.webhooks.models import App
from tests.deliveries.serving import PREVIOUS_SECRET, SECRET, Sender, serving, signature

pytestmark = pytest.mark.django_db(transaction=True)

BODY = b'{"for_user_id":"2244994945","tweet_create_events":[{"id_str":"1924464219999999999","text":"Hello"}]}'


class ReceiveContract:
    path = "/webhook/twitter"
    with_django = False

    @pytest.fixture
    def sender(self) -> Iterator[Sender]:
        self.prepare()
        with serving(self.entry()) as url:
            yield Sender(url + self.path)

    def entry(self) -> Entry:
        return Entry(get_asgi_application() if self.with_django else None)

    def prepare(self) -> None:
        """What must exist before the server starts."""

    # --- Deliveries ---

    def test_a_signed_delivery_is_stored_before_it_is_answered(self, sender: Sender) -> None:
        answer = sender.post(BODY)
        assert (answer.status_code, answer.content) == (200, b"")
        assert Event.objects.get().text == "Hello"

    def test_the_previous_secret_is_still_accepted(self, sender: Sender) -> None:
        sender.secret = PREVIOUS_SECRET
        assert sender.post(BODY).status_code == 200
        assert Event.objects.count() == 1

    @pytest.mark.parametrize(
        ("header", "reason"),
        [
            ("", "no signature"),
            (signature(BODY, "another secret"), "wrong signature"),
            (signature(BODY + b" "), "wrong signature"),
            (signature(BODY).removeprefix("sha256="), "wrong signature"),
            ("sha256=" + "A" * 10_000, "wrong signature"),
        ],
        ids=["missing", "another secret", "tampered", "no prefix", "long"],
    )
    def test_a_forgery_is_refused_and_not_stored(self, sender: Sender, header: str, reason: str) -> None:
        answer = sender.post(BODY, x_twitter_webhooks_signature=header)
        assert (answer.status_code, answer.text) == (401, reason)
        assert not Event.objects.exists()
        assert not Unsplit.objects.exists()

    def test_a_body_that_announces_too_much_is_refused(self, sender: Sender, settings: LazySettings) -> None:
        body = b"{" + b" " * settings.RECEIVER_MAX_BODY_BYTES + b"}"
        answer = sender.post(body)
        assert (answer.status_code, answer.text) == (413, "too large")
        assert not Unsplit.objects.exists()

    def test_a_body_that_grows_too_large_is_refused_without_a_length(
        self, sender: Sender, settings: LazySettings
    ) -> None:
        def endless() -> Iterator[bytes]:
            for _ in range(settings.RECEIVER_MAX_BODY_BYTES // 65_536 + 1):
                yield b" " * 65_536

        try:
            answer = sender.request("POST", data=endless(), headers={"x-twitter-webhooks-signature": "sha256=x"})
        except OSError:
            return  # the connection was closed on us while we were still sending, which says it as well
        assert (answer.status_code, answer.text) == (413, "too large")

    def test_a_body_of_the_largest_size_is_taken(self, sender: Sender, settings: LazySettings) -> None:
        body = BODY + b" " * (settings.RECEIVER_MAX_BODY_BYTES - len(BODY))
        assert sender.post(body).status_code == 200

    def test_a_chunked_body_is_taken(self, sender: Sender) -> None:
        answer = sender.request(
            "POST", data=iter([BODY[:20], BODY[20:]]), headers={"x-twitter-webhooks-signature": signature(BODY)}
        )
        assert answer.status_code == 200
        assert Event.objects.count() == 1

    def test_a_compressed_body_is_refused(self, sender: Sender) -> None:
        answer = sender.post(gzip.compress(BODY), content_encoding="gzip")
        assert (answer.status_code, answer.text) == (415, "compressed body")

    @pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "", "nonsense;;"])
    def test_the_content_type_does_not_matter(self, sender: Sender, content_type: str) -> None:
        assert sender.post(BODY, content_type=content_type).status_code == 200

    @pytest.mark.parametrize("body", [b"[]", b'"text"', b"12", b"null", b"", b"nonsense"])
    def test_a_signed_body_that_is_no_object_is_refused(self, sender: Sender, body: bytes) -> None:
        answer = sender.post(body)
        assert (answer.status_code, answer.text) == (400, "not an object")
        assert not Unsplit.objects.exists()

    @pytest.mark.parametrize("body", [b'{"for_user_id":', b"{}", b'{"tweet_create_events":"none"}', b"{\xff}"])
    def test_a_signed_object_that_cannot_be_split_is_kept_as_it_came(self, sender: Sender, body: bytes) -> None:
        assert sender.post(body).status_code == 200
        assert bytes(Unsplit.objects.get().body) == body

    # --- Challenges ---

    def test_a_challenge_is_answered(self, sender: Sender) -> None:
        answer = sender.request("GET", params={"crc_token": "challenge-token", "nonce": "n-1"})
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/json"
        assert answer.json() == {"response_token": "sha256=NH3EfCIq25JRnUFGF86EXrudBiYNk7nyNvuLyJiTHGc="}

    def test_a_signed_challenge_is_answered(self, sender: Sender) -> None:
        header = "sha256=7qEFCe37xO/ldJb2axHAsFiLfh25NZO/SgfM0XZgAWM="
        answer = sender.request(
            "GET",
            params={"crc_token": "challenge-token", "nonce": "n-1"},
            headers={"x-twitter-webhooks-signature": header},
        )
        assert answer.status_code == 200

    def test_a_challenge_with_a_wrong_signature_is_refused(self, sender: Sender) -> None:
        answer = sender.request(
            "GET", params={"crc_token": "challenge-token"}, headers={"x-twitter-webhooks-signature": "sha256=AAAA"}
        )
        assert answer.status_code == 401
        assert "response_token" not in answer.text

    @pytest.mark.parametrize("query", ["", "nonce=1", "crc_token=", "crc_token=a&crc_token=b"])
    def test_a_challenge_without_one_token_is_refused(self, sender: Sender, query: str) -> None:
        assert sender.request("GET", params=query).status_code == 400

    @pytest.mark.parametrize("token", [BODY.decode(), "[1]", 'a"b', "a\nb", "x" * 257])
    def test_a_token_that_could_be_a_body_is_not_signed(self, sender: Sender, token: str) -> None:
        answer = sender.request("GET", params=f"crc_token={quote(token)}")
        assert answer.status_code == 400
        assert "sha256=" not in answer.text
        assert token not in answer.text

    # --- The frame ---

    @pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE"])
    def test_other_methods_are_refused_with_those_allowed(self, sender: Sender, method: str) -> None:
        answer = sender.request(method)
        assert answer.status_code == 405
        assert answer.headers["allow"] == "GET, POST"

    def test_nothing_redirects_and_nothing_is_compressed(self, sender: Sender, settings: LazySettings) -> None:
        settings.SECURE_SSL_REDIRECT = True
        answers = [sender.post(BODY), sender.request("GET", params={"crc_token": "t"}), sender.request("GET")]
        assert [answer.status_code for answer in answers] == [200, 200, 400]
        assert not any("location" in answer.headers or "content-encoding" in answer.headers for answer in answers)

    def test_a_refusal_is_recorded_without_its_body(self) -> None:
        self.prepare()
        with serving(self.entry()) as url:
            Sender(url + self.path).post(BODY, x_twitter_webhooks_signature="sha256=forged")
        refusal = Refusal.objects.get()
        assert (refusal.status, refusal.reason, refusal.method) == (401, "wrong signature", "POST")
        assert (refusal.size, refusal.sender, refusal.path) == (len(BODY), "127.0.0.1", self.path)
        assert refusal.app is not None


class TestTheFirstApp(ReceiveContract):
    pass


class TestTheFirstAppWithASlash(ReceiveContract):
    path = "/webhook/twitter/"


class TestTheFirstAppBeforeDjango(ReceiveContract):
    with_django = True


class TestAFurtherApp(ReceiveContract):
    path = "/webhook/staging"

    def prepare(self) -> None:
        App.objects.create(
            name="Staging", slug="staging", consumer_secret=SECRET, consumer_secret_previous=PREVIOUS_SECRET
        )
