"""Every payload file is what X could have sent: whole, consistent, and of a likely size."""

import json

import pytest

from aaa_dashboard.sandbox import payloads
from aaa_dashboard.sandbox.people import BY_ID, EVERYBODY
from tests.sandbox.bodies import ALL, objects, posts

pytestmark = pytest.mark.any_database

every_payload = pytest.mark.parametrize("name", ALL)


@every_payload
def test_its_kind_is_in_it(name: str) -> None:
    body = payloads.load(name)
    kind = name.partition("__")[0]
    kinds = set(body) - {"for_user_id", "user_has_blocked", "users", "apps"}

    if kind == "several_kinds":
        assert len(kinds) > 1
    elif "data" in body:
        assert body["data"]["event_type"] == kind
    else:
        # X sends both directions of a relation under one key, and some clients have seen the other.
        assert kinds == {kind}


@every_payload
def test_it_is_of_the_size_that_x_sends(name: str) -> None:
    body = payloads.load(name)
    size = len(json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode())

    if "tweet_create_events" in body and len(body) <= 3:
        items = len(body["tweet_create_events"])
        assert 2_000 <= size / items <= 7_500
    assert size < 8_000


@every_payload
def test_each_id_says_the_same_as_its_string(name: str) -> None:
    for found in objects(payloads.load(name)):
        for key in ("id", "in_reply_to_status_id", "in_reply_to_user_id", "quoted_status_id"):
            if f"{key}_str" in found:
                assert found[f"{key}_str"] == (None if found[key] is None else str(found[key]))


@every_payload
def test_each_entity_points_at_its_words(name: str) -> None:
    for found in objects(payloads.load(name)):
        for key in ("text", "full_text"):
            if not (isinstance(found.get(key), str) and isinstance(found.get("entities"), dict)):
                continue
            entities = found["entities"]
            for mention in entities.get("user_mentions", []):
                start, end = mention["indices"]
                assert found[key][start:end] == "@" + mention["screen_name"]
            for link in [*entities.get("urls", []), *entities.get("media", [])]:
                start, end = link["indices"]
                assert found[key][start:end] == link["url"]


@every_payload
def test_everybody_in_it_is_pretend_and_has_an_id_beyond_a_float(name: str) -> None:
    for found in objects(payloads.load(name)):
        if "screen_name" in found:
            person = BY_ID[str(found["id"])]
            assert found["screen_name"] == person.screen_name
            assert int(person.id) > 2**53
            assert int(float(person.id)) != int(person.id)


USER_FIELDS = {
    "id", "id_str", "name", "screen_name", "location", "url", "description", "translator_type", "protected", "verified",
    "followers_count", "friends_count", "listed_count", "favourites_count", "statuses_count", "created_at",
    "geo_enabled", "profile_image_url_https", "default_profile", "default_profile_image", "withheld_in_countries",
}  # fmt: skip


def test_no_post_lacks_what_x_always_sends() -> None:
    always = {
        "created_at", "id", "id_str", "text", "source", "truncated", "in_reply_to_status_id", "in_reply_to_user_id",
        "user", "is_quote_status", "entities", "favorited", "retweeted", "lang", "edit_history", "edit_controls",
    }  # fmt: skip
    for name in ALL:
        for post in posts(payloads.load(name)):
            assert always <= post.keys(), name
            assert USER_FIELDS <= post["user"].keys(), name


def test_every_kind_of_the_contract_has_a_payload() -> None:
    kinds = {name.partition("__")[0] for name in ALL}

    assert kinds >= {
        "tweet_create_events", "tweet_delete_events", "favorite_events", "follow_events", "unfollow_events",
        "block_events", "unblock_events", "mute_events", "unmute_events", "direct_message_events",
        "direct_message_indicate_typing_events", "direct_message_mark_read_events", "user_event", "replay_job_status",
        "several_kinds", "post.create", "post.delete", "post.mention.create", "like.create", "follow.follow",
        "follow.unfollow", "dm.received", "dm.sent", "dm.read", "dm.indicate_typing", "mute.mute", "block.block",
        "profile.update.bio", "oauth.revoke",
    }  # fmt: skip


def test_the_traps_of_the_contract_are_there() -> None:
    assert payloads.load("tweet_create_events__mention_by_blocked_user")["user_has_blocked"] is True
    assert payloads.load("tweet_create_events__mention_by_blocked_user_as_text")["user_has_blocked"] == "true"
    assert payloads.load("oauth.revoke__revoke")["data"]["filter"] == {}
    assert payloads.load("oauth.revoke__revoke")["data"]["event_uuid"].startswith("-")
    assert "users" not in payloads.load("direct_message_events__users_missing")
    data = payloads.load("direct_message_events__media_as_array")["direct_message_events"][0]
    assert isinstance(data["message_create"]["message_data"]["attachment"]["media"], list)
    source = payloads.load("follow_events__follow")["follow_events"][0]["source"]
    assert isinstance(source["id"], str)
    assert "id_str" not in source
    extended = payloads.load("tweet_create_events__extended")["tweet_create_events"][0]
    assert extended["truncated"] is True
    assert len(extended["extended_tweet"]["full_text"]) > 140
    assert "&amp;" in extended["extended_tweet"]["full_text"]


def test_no_two_people_share_an_id_or_a_name() -> None:
    assert len({person.id for person in EVERYBODY}) == len({p.screen_name for p in EVERYBODY}) == len(EVERYBODY)
