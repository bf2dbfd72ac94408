"""Every payload file of the sandbox becomes events that people can find: the right category, actor, text and time."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from aaa_dashboard.deliveries.kinds import ms_of
from aaa_dashboard.deliveries.split import Row, split

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
PAYLOADS = sorted((Path(__file__).parents[2] / "aaa_dashboard/sandbox/payloads").glob("*.json"))

CATEGORIES = {
    "tweet_create_events": {"posts", "mentions"},
    "tweet_delete_events": {"deletions"},
    "favorite_events": {"likes"},
    "follow_events": {"follows"},
    "unfollow_events": {"follows"},
    "block_events": {"blocks"},
    "unblock_events": {"blocks"},
    "mute_events": {"blocks"},
    "unmute_events": {"blocks"},
    "direct_message_events": {"messages"},
    "direct_message_indicate_typing_events": {"signals"},
    "direct_message_mark_read_events": {"signals"},
    "user_event": {"system"},
    "replay_job_status": {"system"},
    "post.create": {"posts"},
    "post.mention.create": {"mentions"},
    "post.delete": {"deletions"},
    "like.create": {"likes"},
    "follow.follow": {"follows"},
    "dm.received": {"messages"},
    "dm.read": {"signals"},
    "oauth.revoke": {"system"},
    "community_note_events": {"other"},
    "space.start": {"other"},
}


def _rows(path: Path) -> list[Row]:
    return split(path.read_bytes(), NOW)


def _named(name: str) -> Path:
    return next(path for path in PAYLOADS if path.stem == name)


@pytest.mark.parametrize("path", PAYLOADS, ids=lambda path: path.stem)
def test_every_payload_becomes_events_that_can_be_told_apart(path: Path) -> None:
    rows = _rows(path)
    assert rows
    assert len({row.key for row in rows}) == len(rows)
    for row in rows:
        assert row.category in CATEGORIES.get(row.kind, {row.category})
        assert orjson.loads(row.payload)


@pytest.mark.parametrize("path", PAYLOADS, ids=lambda path: path.stem)
def test_every_payload_sent_again_has_the_same_keys(path: Path) -> None:
    later = datetime(2027, 1, 1, tzinfo=UTC)
    reordered = orjson.dumps(orjson.loads(path.read_bytes()), option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2)
    assert {row.key for row in split(reordered, later)} == {row.key for row in _rows(path)}


@pytest.mark.parametrize("kind", CATEGORIES)
def test_every_kind_has_a_payload(kind: str) -> None:
    assert any(row.kind == kind for path in PAYLOADS for row in _rows(path)), f"no payload file holds {kind}"


def test_what_the_account_posts_itself_is_a_post_and_what_others_write_to_it_is_a_mention() -> None:
    (post,) = _rows(_named("tweet_create_events__post"))
    (mention,) = _rows(_named("tweet_create_events__mention"))
    assert (post.category, post.actor_id) == ("posts", post.for_user_id)
    assert mention.category == "mentions"
    assert mention.actor_id != mention.for_user_id


def test_a_truncated_post_is_found_by_its_whole_text() -> None:
    path = _named("tweet_create_events__extended")
    tweet = orjson.loads(path.read_bytes())["tweet_create_events"][0]
    (row,) = _rows(path)
    assert tweet["truncated"] is True
    assert len(row.text) > 140
    assert not row.text.endswith("…")


def test_a_repost_is_found_by_the_text_of_the_original() -> None:
    path = _named("tweet_create_events__repost")
    original = orjson.loads(path.read_bytes())["tweet_create_events"][0]["retweeted_status"]
    (row,) = _rows(path)
    assert row.text in {original["text"], original.get("extended_tweet", {}).get("full_text")}


def test_a_quote_is_found_by_either_text() -> None:
    path = _named("tweet_create_events__quote")
    tweet = orjson.loads(path.read_bytes())["tweet_create_events"][0]
    (row,) = _rows(path)
    assert tweet["quoted_status"]["text"][:20] in row.text


def test_what_x_escapes_is_stored_as_people_write_it() -> None:
    rows = [row for path in PAYLOADS for row in _rows(path)]
    assert not any("&amp;" in row.text or "&lt;" in row.text for row in rows)
    assert any("&" in row.text or "<" in row.text for row in rows)


def test_messages_keep_the_users_they_speak_of() -> None:
    for row in _rows(_named("direct_message_events__several")):
        payload = orjson.loads(row.payload)
        message = payload["direct_message_events"][0]["message_create"]
        assert {message["sender_id"], message["target"]["recipient_id"]} <= payload["users"].keys()
        assert payload["for_user_id"] == row.for_user_id


def test_an_id_beyond_what_javascript_holds_stays_exact() -> None:
    tweet = b'{"id":9007199254740993,"user":{"id":9007199254740995}}'
    body = b'{"for_user_id":"9007199254740993","tweet_create_events":[' + tweet + b"]}"
    (row,) = split(body, NOW)
    assert (row.for_user_id, row.actor_id) == ("9007199254740993", "9007199254740995")
    assert "9007199254740993" in row.payload


def test_a_number_beyond_64_bits_stays_exact() -> None:
    body = b'{"for_user_id":"1","new_events":[{"n":123456789012345678901234567890},{"n":1}]}'
    assert "123456789012345678901234567890" in split(body, NOW)[0].payload


@pytest.mark.parametrize(
    ("item", "field"),
    [
        ('{"id_str":"1924465505981173763"}', "tweet_create_events"),
        ('{"id":"1924464219999999999","created_timestamp":"1747663306123"}', "direct_message_events"),
        ('{"created_timestamp":"1747663306123"}', "follow_events"),
        ('{"timestamp_ms":1747663306123}', "favorite_events"),
        ('{"created_at":"Mon May 19 14:01:46 +0000 2025"}', "tweet_create_events"),
        ('{"revoke":{"date_time":"2025-05-19T14:01:46.123Z"}}', "user_event"),
    ],
)
def test_the_time_is_read_in_each_of_xs_forms(item: str, field: str) -> None:
    body = f'{{"for_user_id":"1","{field}":[{item}]}}'.encode()
    assert split(body, NOW)[0].occurred_at.strftime("%Y-%m-%d %H:%M") == "2025-05-19 14:01"


@pytest.mark.parametrize(
    "value", ["", "tomorrow", "0", "-5", 5, "1747663306", "99999999999999999999", None, [], {}, True, 1.5, "1e3"]
)
def test_what_is_no_time_is_none(value: Any) -> None:
    assert ms_of(value) is None


def test_without_a_time_of_xs_ours_is_taken() -> None:
    (row,) = split(b'{"for_user_id":"1","new_events":[{"a":1}]}', NOW)
    assert row.occurred_at == NOW


def test_the_same_item_for_two_accounts_is_two_events() -> None:
    one, other = (
        split(f'{{"for_user_id":"{id_}","tweet_create_events":[{{"id_str":"5"}}]}}'.encode(), NOW) for id_ in "12"
    )
    assert one[0].key != other[0].key


def test_a_negative_uuid_of_the_successor_is_an_identity() -> None:
    body = b'{"data":{"event_type":"post.create","event_uuid":-17,"filter":{"user_id":"1"},"payload":{"text":"a"}}}'
    changed = body.replace(b'"a"', b'"b"')
    assert split(body, NOW)[0].key == split(changed, NOW)[0].key
