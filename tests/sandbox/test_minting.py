"""A minted delivery is the payload again, with everything new that would be new, and nothing torn apart."""

import json
import random
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from aaa_dashboard.sandbox import payloads
from aaa_dashboard.sandbox.anatomy import id_ms, take
from aaa_dashboard.sandbox.mint import Mint, new_id, write_time
from aaa_dashboard.sandbox.people import BRANDS, BY_ID, CUSTOMERS
from tests.sandbox.bodies import ALL, objects, posts

pytestmark = pytest.mark.any_database

every_payload = pytest.mark.parametrize("name", ALL)
NOON_MS = 1_795_262_400_123  # 2026-11-21 12:00:00.123 UTC


def shape(node: Any) -> Any:
    """The keys and types of something, without what it says; keys that are ids count as one."""
    if isinstance(node, dict):
        return {("#" if key.isdigit() else key): shape(value) for key, value in node.items()}
    if isinstance(node, list):
        return [shape(item) for item in node]
    return type(node).__name__


@every_payload
def test_it_keeps_the_form_of_the_payload(name: str) -> None:
    minted = json.loads(Mint(seed=1).one(name).body)

    original = payloads.load(name)
    assert shape(minted).keys() == shape(original).keys()
    for key in minted:
        if key not in ("users", "apps"):
            # Null and text may take turns where one person has an address and another has none.
            assert json.dumps(shape(minted[key])).replace("NoneType", "str") == json.dumps(
                shape(original[key])
            ).replace("NoneType", "str")


@every_payload
def test_no_id_of_the_payload_is_left(name: str) -> None:
    kept = set(BY_ID) | {"1234567890123456789"}
    before = {str(v) for o in objects(payloads.load(name)) for k, v in o.items() if k in ("id", "id_str")} - kept
    body = Mint(seed=2).one(name).body.decode()

    assert not [x_id for x_id in before if re.fullmatch(r"\d{15,}|[0-9a-f]{32}", x_id) and x_id in body]


@every_payload
def test_what_was_one_id_is_one_id_again(name: str) -> None:
    minted = json.loads(Mint(seed=3).one(name).body)

    for found in objects(minted):
        for key in ("id", "in_reply_to_status_id", "in_reply_to_user_id", "quoted_status_id"):
            if f"{key}_str" in found and found[key] is not None:
                assert found[f"{key}_str"] == str(found[key])
        if "edit_history" in found:
            assert found["edit_history"]["edit_tweet_ids"][-1] == found["id_str"]
        if "quoted_status" in found:
            assert found["quoted_status_id_str"] == found["quoted_status"]["id_str"]
            author = found["quoted_status"]["user"]["screen_name"]
            assert found["quoted_status_permalink"]["expanded"].endswith(
                f"/{author}/status/{found['quoted_status_id']}"
            )


@pytest.mark.parametrize("seed", range(12))
def test_every_entity_still_points_at_its_words(seed: int) -> None:
    mint = Mint(seed=seed)
    for name in ALL:
        for found in objects(json.loads(mint.one(name).body)):
            for key in ("text", "full_text"):
                if not (isinstance(found.get(key), str) and isinstance(found.get("entities"), dict)):
                    continue
                for mention in found["entities"].get("user_mentions", []):
                    start, end = mention["indices"]
                    assert found[key][start:end] == "@" + mention["screen_name"], name
                for mention in found["entities"].get("mentions", []):
                    assert found[key][mention["start"] : mention["end"]] == "@" + mention["username"], name
                for link in [*found["entities"].get("urls", []), *found["entities"].get("media", [])]:
                    start, end = link["indices"]
                    assert found[key][start:end] == link["url"], name
                if not found.get("truncated") and "display_text_range" in found:
                    start, end = found["display_text_range"]
                    assert found[key][start:end] == found[key][start:end].strip(), name


def test_the_times_of_a_post_agree_with_its_id() -> None:
    mint = Mint(seed=5)
    for name in ALL:
        for post in posts(json.loads(mint.one(name, NOON_MS).body)):
            carried = id_ms(post["id"])
            assert post["created_at"] == write_time(carried, "x_date"), name
            assert abs(int(post.get("timestamp_ms", carried)) - carried) <= 1, name
            assert post["edit_controls"]["editable_until_ms"] <= carried + 1_800_000


def test_it_happens_when_it_is_said_to_happen() -> None:
    post = json.loads(Mint().one("tweet_create_events__post", NOON_MS).body)["tweet_create_events"][0]

    assert post["timestamp_ms"] == str(NOON_MS)
    assert post["created_at"] == "Sat Nov 21 12:00:00 +0000 2026"
    assert id_ms(post["id"]) == NOON_MS


def test_what_is_quoted_is_as_much_older_as_it_was() -> None:
    def age(body: dict[str, Any]) -> int:
        post = body["tweet_create_events"][0]
        return id_ms(post["id"]) - id_ms(post["quoted_status"]["id"])

    minted = json.loads(Mint().one("tweet_create_events__quote").body)

    assert age(minted) == age(payloads.load("tweet_create_events__quote"))


def test_it_never_gives_an_id_twice() -> None:
    mint = Mint(seed=6)
    ids = [
        json.loads(mint.one("tweet_create_events__mention", NOON_MS).body)["tweet_create_events"][0]["id"]
        for _ in range(5_000)
    ]

    assert len(set(ids)) == len(ids)
    assert len({new_id(NOON_MS) for _ in range(50_000)}) == 50_000


@pytest.mark.parametrize("name", ["direct_message_indicate_typing_events__typing", "follow_events__follow"])
def test_what_has_no_id_never_happens_twice_at_the_same_time(name: str) -> None:
    mint = Mint(seed=13)
    bodies = [json.loads(mint.one(name).body) for _ in range(2_000)]

    times = {found["created_timestamp"] for body in bodies for found in body[name.partition("__")[0]]}
    assert len(times) == len(bodies)


def test_a_repost_says_what_it_reposts() -> None:
    mint = Mint(seed=7)
    for _ in range(20):
        post = json.loads(mint.one("tweet_create_events__repost").body)["tweet_create_events"][0]
        author = post["retweeted_status"]["user"]["screen_name"]
        assert post["text"] == f"RT @{author}: {post['retweeted_status']['text']}"


def test_it_brings_different_people_and_words() -> None:
    mint = Mint(seed=8)
    minted = [json.loads(mint.one("tweet_create_events__mention").body)["tweet_create_events"][0] for _ in range(200)]

    assert {post["user"]["id_str"] for post in minted} == {person.id for person in CUSTOMERS}
    assert len({post["text"] for post in minted}) > 40


def test_brands_stay_brands_and_the_account_is_told_the_truth() -> None:
    mint = Mint(seed=9)
    for _ in range(50):
        delivery = mint.one("direct_message_events__text")
        body = json.loads(delivery.body)
        message = body["direct_message_events"][0]["message_create"]
        assert body["for_user_id"] == delivery.for_user_id == message["target"]["recipient_id"]
        assert BY_ID[delivery.for_user_id].is_brand
        assert set(body["users"]) == {delivery.for_user_id, message["sender_id"]}
        assert body["users"][message["sender_id"]]["name"] == BY_ID[message["sender_id"]].name


def test_it_makes_one_delivery_for_each_subscribed_account_that_is_concerned() -> None:
    first, second = Mint(seed=10).all("tweet_create_events__mention_of_two_accounts")

    assert first.for_user_id != second.for_user_id
    assert json.loads(first.body)["tweet_create_events"] == json.loads(second.body)["tweet_create_events"]
    assert json.loads(second.body)["for_user_id"] == second.for_user_id


def test_it_delivers_to_nobody_who_is_not_subscribed() -> None:
    mint = Mint(brands=BRANDS[:1], seed=11)

    for _ in range(20):
        deliveries = mint.all("tweet_create_events__mention_of_two_accounts")
        assert [delivery.for_user_id for delivery in deliveries] == [BRANDS[0].id]


def test_a_negative_event_uuid_stays_negative_and_is_new() -> None:
    minted = [json.loads(Mint().one("oauth.revoke__revoke").body)["data"]["event_uuid"] for _ in range(3)]

    assert all(int(uuid) < 0 for uuid in minted)
    assert len(set(minted)) == 3


def test_it_leaves_strangers_as_they_are() -> None:
    body: dict[str, Any] = {
        "for_user_id": "2244994945",
        "tweet_create_events": [
            {
                "id": 1_800_000_000_000_000_001,
                "id_str": "1800000000000000001",
                "text": "hello there, everybody",
                "user": {"id": 1_700_000_000_000_000_001, "id_str": "1700000000000000001", "screen_name": "stranger"},
                "entities": {},
            }
        ],
    }
    mint = Mint()
    mint.learn("own", take(body))

    minted = json.loads(mint.one("own").body)
    assert minted["for_user_id"] == "2244994945"
    assert minted["tweet_create_events"][0]["user"] == body["tweet_create_events"][0]["user"]
    assert minted["tweet_create_events"][0]["id_str"] != "1800000000000000001"


def test_the_same_seed_draws_the_same_people_and_words() -> None:
    def told(seed: int) -> list[str]:
        mint = Mint(seed=seed)
        return [
            json.loads(mint.one("tweet_create_events__mention").body)["tweet_create_events"][0]["text"]
            for _ in range(9)
        ]

    assert told(4) == told(4) != told(5)


@pytest.mark.parametrize("form", ["x_date", "iso_ms", "iso", "ms"])
def test_times_are_written_in_all_the_forms_of_x(form: str) -> None:
    expected = {
        "x_date": "Sat Nov 21 12:00:00 +0000 2026",
        "iso_ms": "2026-11-21T12:00:00.123Z",
        "iso": "2026-11-21T12:00:00+00:00",
        "ms": str(NOON_MS),
    }

    assert datetime.fromtimestamp(NOON_MS / 1000, tz=UTC).year == 2026
    assert write_time(NOON_MS, form) == expected[form]


def test_however_often_a_payload_is_minted_it_is_taken_apart_once() -> None:
    mint, names = Mint(seed=12), random.Random(12).choices(ALL, k=5_000)
    anatomies = {name: mint.anatomy(name) for name in ALL}

    minted = [json.loads(mint.one(name).body) for name in names]

    assert all(isinstance(body, dict) for body in minted)
    assert all(mint.anatomy(name) is anatomy for name, anatomy in anatomies.items())
