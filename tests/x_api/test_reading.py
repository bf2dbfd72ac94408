"""Answers are read liberally where X varies, and not at all where guessing would do harm."""

import contextlib
import gzip
import json
import time
import zlib
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aaa_dashboard.x_api import answers, errors, known_errors
from aaa_dashboard.x_api import endpoints as at
from aaa_dashboard.x_api.answers import Answer
from aaa_dashboard.x_api.endpoints import Endpoint
from aaa_dashboard.x_api.results import (
    Profile,
    ReplayJob,
    SubscriptionCount,
    Subscriptions,
    Webhook,
    read_profiles,
    read_webhooks,
)
from aaa_dashboard.x_api.v1_1 import Client
from tests.x_api.calls import BEGUN, CALLS, FROM, TO
from tests.x_api.conftest import USER
from tests.x_api.literal import Literal, Says, as_json, drips, error, in_chunks

pytestmark = pytest.mark.any_database

HOOK = {"id": "1234567890", "url": "https://a.example/webhook/twitter", "valid": True}
READ = [
    at.REGISTER_WEBHOOK,
    at.LIST_WEBHOOKS,
    at.LIST_SUBSCRIPTIONS,
    at.COUNT_SUBSCRIPTIONS,
    at.REPLAY,
    at.REQUEST_TOKEN,
    at.ACCESS_TOKEN,
    at.VERIFY_CREDENTIALS,
    at.LOOK_UP_USERS,
]


@pytest.mark.parametrize(
    ("more", "created_at"),
    [
        ({"created_at": "2016-06-02T23:54:02Z"}, datetime(2016, 6, 2, 23, 54, 2, tzinfo=UTC)),
        ({"created_timestamp": "2020-04-23 13:15:08 +0000"}, datetime(2020, 4, 23, 13, 15, 8, tzinfo=UTC)),
        ({"created_at": "2025-10-15T20:53:05.000Z"}, datetime(2025, 10, 15, 20, 53, 5, tzinfo=UTC)),
        ({"created_at": "last Tuesday"}, None),
        ({"created_at": 1466}, None),
        ({}, None),
    ],
)
def test_webhooks_in_each_form_that_was_seen(x: Literal, api: Client, more: Any, created_at: datetime | None) -> None:
    x.will_say(as_json(200, [HOOK | more]))
    assert api.webhooks() == (Webhook(HOOK["id"], HOOK["url"], True, created_at),)  # type: ignore[arg-type]


@pytest.mark.parametrize(("valid", "is_valid"), [(True, True), ("true", True), (False, False), ("false", False)])
def test_validity_as_truth_or_as_word(valid: object, is_valid: bool) -> None:
    assert Webhook.read(HOOK | {"valid": valid}).is_valid is is_valid


def test_a_webhook_whose_validity_is_missing_is_not_called_valid() -> None:
    assert Webhook.read({"id": 1234567890123456789, "url": "https://a.example/"}) == Webhook(
        "1234567890123456789", "https://a.example/", False, None
    )


@pytest.mark.parametrize("form", [str, int])
def test_counts_as_text_or_as_numbers(form: Any) -> None:
    body = {"account_name": "acme", "subscriptions_count_all": form(17), "provisioned_count": form(50)}
    assert SubscriptionCount.read(body) == SubscriptionCount("acme", 17, None, 50)


def test_subscribers_are_text_whatever_they_came_as(x: Literal, api: Client) -> None:
    x.will_say(as_json(200, {"webhook_id": 12, "subscriptions": [{"user_id": "1"}, {"user_id": 1234567890123456789}]}))
    found = api.subscriptions("12")
    assert (found.webhook_id, found.user_ids) == ("12", ("1", "1234567890123456789"))


@pytest.mark.parametrize("body", [{}, {"subscriptions": None}, {"subscriptions": [{}]}, {"subscriptions": ["1"]}])
def test_a_list_that_cannot_be_read_is_not_an_empty_list(x: Literal, api: Client, body: object) -> None:
    x.will_say(as_json(200, body))
    with pytest.raises(errors.UnreadableAnswer):
        api.subscriptions("12")


def test_profiles_prefer_the_id_that_is_text() -> None:
    body = {"id": 1, "id_str": "1234567890123456789", "screen_name": "acme", "verified": None, "protected": True}
    assert Profile.read(body) == Profile("1234567890123456789", "acme", "", "", True, False)


def test_the_access_level_is_read_from_its_header(x: Literal, api: Client) -> None:
    x.will_say(as_json(200, {"id_str": "34", "screen_name": "acme"}, X_Access_Level="read-write"))
    verified = api.verify_token(USER)
    assert (verified.profile.screen_name, verified.access_level) == ("acme", "read-write")
    x.will_say(as_json(200, {"id_str": "34", "screen_name": "acme"}))
    assert api.verify_token(USER).access_level == ""


def test_a_sign_in_is_read_whatever_type_its_form_has(x: Literal, api: Client) -> None:
    html = {"content-type": "text/html;charset=utf-8"}
    x.will_say(Says(200, b"oauth_token=a%2Bb&oauth_token_secret=c&oauth_callback_confirmed=true", html))
    begun = api.begin_sign_in("https://a.example/")
    assert (begun.token, begun.secret) == ("a+b", "c")
    x.will_say(Says(200, b"oauth_token=34-t&oauth_token_secret=s&user_id=34&screen_name=acme", html))
    done = api.finish_sign_in(BEGUN, "verifier")
    assert (done.user_id, done.screen_name, done.token.token, done.token.secret) == ("34", "acme", "34-t", "s")


def test_a_callback_that_is_not_confirmed_is_not_used(x: Literal, api: Client) -> None:
    x.will_say(Says(200, b"oauth_token=a&oauth_token_secret=c"))
    with pytest.raises(errors.UnreadableAnswer):
        api.begin_sign_in("https://a.example/")


def test_the_sign_in_page_is_named_with_what_it_should_know(x: Literal, api: Client) -> None:
    assert api.sign_in_url(BEGUN) == f"{x.url}/oauth/authorize?oauth_token=the-request-token"
    asked = api.sign_in_url(BEGUN, force_login=True, screen_name="acme & co")
    assert asked.endswith("&force_login=true&screen_name=acme%20%26%20co")


def test_replay_windows_are_whole_minutes_in_utc(x: Literal, api: Client) -> None:
    x.will_say(as_json(202, {"job_id": 77, "created_at": "2026-11-20T23:54:02Z"}))
    assert api.request_replay("1234", FROM, TO).id == "77"
    assert x.last.target.endswith("?from_date=202611200815&to_date=202611200901")
    with pytest.raises(ValueError, match="zone"):
        api.request_replay("1234", FROM.replace(tzinfo=None), TO)


# --- Answers that are broken --------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<!doctype html><title>Welcome</title>",
        b'[{"id": "123", "url": "https://a.ex',
        b"null",
        b'"text"',
        b"7",
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b'[[{"id": {"a": []}}]]',
        b'{"errors": "none"}',
    ],
    ids=["empty", "html", "truncated", "null", "text", "number", "binary", "deep", "odd", "wrong"],
)
@pytest.mark.parametrize("endpoint", READ, ids=lambda endpoint: endpoint.intent)
def test_a_success_that_cannot_be_read_is_said(x: Literal, api: Client, endpoint: Endpoint, body: bytes) -> None:
    x.will_say(Says(200, body, {"content-type": "application/json"}))
    with pytest.raises(errors.UnreadableAnswer) as refused:
        CALLS[endpoint](api)
    assert refused.value.failure.status == 200
    assert len(x.asked) == 1


@pytest.mark.parametrize(
    ("body", "code", "said"),
    [
        (b"", None, ""),
        (b"<html><head><title>Access\n denied</title></head><body>No.</body></html>", None, "Access denied"),
        (b"<body><script>let a = 1</script>Not <b>here</b></body>", None, "Not here"),
        (b"plain words\x00\x1b[31m", None, "plain words [31m"),
        (b'{"errors":[{"code":"9001","message":"Text for a number."}]}', 9001, "Text for a number."),
        (b'{"errors":[]}', None, ""),
        (b'{"errors":"In a word."}', None, "In a word."),
        (b'{"error":{"code":9001,"message":"One."}}', 9001, "One."),
        (b'{"title":"Forbidden","detail":"Not yours.","status":403}', None, "Not yours."),
        (b'{"errors":[{"message":7,"code":[]}]}', None, ""),
        (b'{"errors":[{"code":1,', None, '{"errors":[{"code":1,'),
        ("“Ümlaut”".encode("utf-16"), None, None),
    ],
)
def test_a_refusal_in_any_form_is_shown_as_it_came(
    x: Literal, api: Client, body: bytes, code: int | None, said: str | None
) -> None:
    x.will_say(Says(403, body))
    with pytest.raises(errors.UnknownAnswer) as refused:
        api.subscribe("1234", USER)
    assert refused.value.failure.code == code
    assert said is None or refused.value.failure.said == said
    assert refused.value.failure.said.isprintable()


def test_long_messages_are_cut(x: Literal, api: Client) -> None:
    x.will_say(error(418, 9001, "words " * 1000))
    with pytest.raises(errors.UnknownAnswer) as refused:
        api.subscribe("1234", USER)
    assert len(refused.value.failure.said) == 300


def test_an_answer_that_does_not_end_is_given_up(x: Literal, api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "MAX_SECONDS", 0.2)
    x.will_say(drips)
    began_at = time.monotonic()
    with pytest.raises(errors.NoAnswer):
        api.register_webhook("https://a.example/")
    assert time.monotonic() - began_at < 15, "it would have dripped for half a minute"


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_compressed_answer_is_read(x: Literal, api: Client, encoding: str) -> None:
    body = json.dumps([HOOK] * 100).encode()
    packed = gzip.compress(body) if encoding == "gzip" else zlib.compress(body)
    x.will_say(Says(200, packed, {"content-encoding": encoding}))
    assert len(api.webhooks()) == 100


def test_a_compressed_answer_that_grows_without_end_is_given_up(
    x: Literal, api: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "MAX_BYTES", 100_000)
    x.will_say(Says(200, gzip.compress(b" " * 50_000_000), {"content-encoding": "gzip"}))
    with pytest.raises(errors.NoAnswer):
        api.register_webhook("https://a.example/")


def test_an_answer_in_chunks_is_read(x: Literal, api: Client) -> None:
    x.will_say(in_chunks(b"[", json.dumps(HOOK).encode(), b"]"))
    assert len(api.webhooks()) == 1


def test_an_answer_in_chunks_that_does_not_end_is_none(x: Literal, api: Client) -> None:
    x.will_say(in_chunks(json.dumps(HOOK).encode(), ends=False))
    with pytest.raises(errors.NoAnswer):
        api.register_webhook("https://a.example/")


def test_an_answer_that_is_too_long_is_given_up(x: Literal, api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "MAX_BYTES", 1000)
    x.will_say(Says(200, b" " * 200_000))
    with pytest.raises(errors.NoAnswer):
        api.register_webhook("https://a.example/")


def test_a_page_full_of_opened_tags_is_read_in_no_time() -> None:
    answer = Answer(500, {}, b"<script" * 100_000)
    assert answer.errors() == [(None, answer.errors()[0][1])]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["errors", "error", "code", "message", "title", "id"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.binary(max_size=200) | JSON.map(lambda body: json.dumps(body).encode()))
def test_any_refusal_has_words_that_can_be_shown(body: bytes) -> None:
    found = Answer(403, {}, body).errors()
    assert found
    for code, message in found:
        assert code is None or isinstance(code, int)
        assert answers.line(message).isprintable()
        assert known_errors.explain(at.SUBSCRIBE, status=403, code=code, said=answers.line(message)).failure.remedy


@given(st.binary(max_size=200) | JSON.map(lambda body: json.dumps(body).encode()))
def test_any_success_is_read_or_said_to_be_unreadable(body: bytes) -> None:
    for read in (read_webhooks, read_profiles, Subscriptions.read, SubscriptionCount.read, ReplayJob.read):
        with contextlib.suppress(ValueError):
            read(Answer(200, {}, body).json())
