"""A payload in words."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from aaa_dashboard.activity.cards import CARDS, Card, Person, card_of
from aaa_dashboard.deliveries.kinds import ACTIVITIES, KINDS
from aaa_dashboard.deliveries.split import split
from tests.activity.factory import ACME, PAYLOADS, STRANGER, SUPPORT, payload, post

NAMES = {ACME: Person(ACME, "Acme", "acme"), SUPPORT: Person(SUPPORT, "Acme Support", "acme_support")}


def card(document: dict[str, Any], at: int = 0) -> Card:
    """Split a delivery and read one of its items."""
    row = split(json.dumps(document).encode(), datetime.now(UTC))[at]
    return card_of(row.kind, row.payload, row.for_user_id, NAMES)


def words(name: str) -> tuple[str, str, str]:
    shown = card(payload(name))
    return shown.label, shown.actor.title, shown.line


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("block_events__block", ("Block", "Acme Support", "blocks @pawelw")),
        ("mute_events__unmute", ("Unmute", "Acme", "no longer mutes @dmytrok")),
        ("follow_events__follow", ("Follow", "Nora Blum", "follows @acme_support")),
        ("unfollow_events__unfollow", ("Unfollow", "Northwind", "no longer follows @t_ortega")),
        ("direct_message_events__text", ("Message", "Tomás Ortega", "→ @acme_support")),
        ("dm.received__text", ("Message", "Tomás Ortega", "→ @acme_support")),
        ("dm.read__read", ("Read", "Mira Keller", "read the messages of @acme_support")),
        ("dm.indicate_typing__typing", ("Typing", "Mira Keller", "is typing to @acme_support")),
        ("follow.follow__follow", ("Follow", "Nora Blum", "follows @acme_support")),
        ("like.create__like", ("Like", "June Lindqvist", "likes a post of @acme")),
        ("block.block__block", ("Block", "Acme Support", "blocks @pawelw")),
        ("post.create__post", ("Post", "Acme", "posted")),
        ("post.mention.create__mention", ("Mention", "Samuel Okafor", "→ @acme_support")),
        ("post.delete__deleted", ("Deletion", "Acme", "deleted a post")),
        ("profile.update.bio__bio", ("Profile", "user 1204907783556177921", "changed the profile: bio")),
        ("oauth.revoke__revoke", ("Revoked", "user 1204907783556177921", "withdrew this app's access")),
        ("user_event__revoke", ("Revoked", "user 1204907783556177921", "withdrew this app's access")),
        ("replay_job_status__complete", ("Replay", "X", "has finished sending again what was missed")),
        (
            "space.start__unknown",
            ("Activity", "user 1204907783556177921", "did something of the unknown kind “space.start”"),
        ),
    ],
)
def test_a_payload_is_read_as_a_person_would_say_it(name: str, expected: tuple[str, str, str]) -> None:
    assert words(name) == expected


@pytest.mark.parametrize("path", sorted(PAYLOADS.glob("*.json")), ids=lambda path: path.stem)
def test_every_payload_has_a_label_and_says_who_did_what(path: Any) -> None:
    document = payload(path.stem)
    shown = card(document)
    assert shown.label
    assert shown.icon
    assert shown.actor.title
    assert shown.line


def test_every_kind_in_the_table_has_a_card() -> None:
    assert {kind.card for kind in (*KINDS.values(), *ACTIVITIES.values())} <= CARDS.keys()


def test_what_the_account_posts_itself_is_posted() -> None:
    assert card(post(author=SUPPORT)).line == "posted"


def test_a_reply_to_oneself_continues_a_thread() -> None:
    shown = card(post(author=SUPPORT, in_reply_to_screen_name="MiraKeller"))
    assert (shown.label, shown.line) == ("Reply", "continues its thread")
    payload = {"id": "2", "author_id": SUPPORT, "in_reply_to_user_id": SUPPORT, "text": "and so on"}
    data = {"event_type": "post.reply.create", "filter": {"user_id": SUPPORT}, "event_uuid": "1", "payload": payload}
    assert card({"data": data}).line == "continues its thread"


def test_a_post_that_concerns_two_accounts_says_for_which_it_came() -> None:
    lines = [card(post(for_user_id=account, in_reply_to_screen_name="Acme")).line for account in (ACME, SUPPORT)]
    assert lines == ["→ @Acme", "→ @Acme · for @acme_support"]


def test_an_account_of_ours_is_known_by_name_where_the_payload_has_none() -> None:
    item = {"status": {"id": "7", "user_id": SUPPORT}, "timestamp_ms": "1763636506482"}
    actor = card({"for_user_id": SUPPORT, "tweet_delete_events": [item]}).actor
    assert (actor.title, actor.handle, actor.initials) == ("Acme Support", "@acme_support", "AS")


def test_a_replay_that_lacks_something_says_so() -> None:
    status = {"job_id": "1", "job_state": "Incomplete"}
    assert card({"replay_job_status": status}).line == "could not send everything again"


@pytest.mark.parametrize("screen_name", ["mira/../../login", "mira?x=1", "mіra"])  # the last with a Cyrillic letter
def test_what_is_no_screen_name_becomes_no_address(screen_name: str) -> None:
    user = {"id_str": STRANGER, "screen_name": screen_name}
    assert "At X" not in [fact.name for fact in card(post(user=user)).facts]
    assert "At X" in [fact.name for fact in card(post()).facts]


def test_what_others_post_arrives_at_the_account() -> None:
    shown = card(post())
    assert (shown.label, shown.line) == ("Mention", "→ @acme_support")


@pytest.mark.parametrize("blocked", [True, "true"])
def test_a_mention_by_somebody_blocked_says_so(blocked: Any) -> None:
    assert card({**post(), "user_has_blocked": blocked}).line == "→ @acme_support · blocked by @acme_support"


@pytest.mark.parametrize("blocked", [False, "false", None])
def test_a_mention_by_somebody_else_does_not(blocked: Any) -> None:
    assert "blocked" not in card({**post(), "user_has_blocked": blocked}).line


def test_a_truncated_post_is_shown_whole() -> None:
    assert (
        card(post("Hel…", truncated=True, extended_tweet={"full_text": "Hello, all of it"})).text == "Hello, all of it"
    )


def test_a_repost_shows_the_original_in_full() -> None:
    original = {"id_str": "7", "extended_tweet": {"full_text": "The whole original"}, "user": {"screen_name": "acme"}}
    shown = card(post("RT @acme: The wh…", for_user_id=ACME, retweeted_status=original))
    assert (shown.label, shown.line) == ("Repost", "reposts @acme")
    assert (shown.text, shown.quote) == ("", "The whole original")


def test_a_quote_shows_both_texts() -> None:
    shown = card(post("So true", quoted_status={"text": "Ferries sail", "user": {"screen_name": "northwind"}}))
    assert (shown.label, shown.line) == ("Quote", "quotes @northwind · for @acme_support")
    assert (shown.text, shown.quote) == ("So true", "Ferries sail")


def test_what_x_escaped_is_unescaped_once() -> None:
    assert card(post("Tom &amp; Jerry &lt;3 &amp;lt; &copy;")).text == "Tom & Jerry <3 &lt; &copy;"


def test_an_edited_post_is_marked() -> None:
    assert card(payload("tweet_create_events__edited")).tags == ("edited",)
    assert card(payload("tweet_create_events__post")).tags == ()


def test_a_link_that_could_run_a_script_is_not_a_link() -> None:
    urls = [{"expanded_url": "javascript:alert(1)"}, {"expanded_url": "https://acme.example/"}]
    assert [medium.url for medium in card(post(entities={"urls": urls})).media] == ["https://acme.example/"]


def test_media_of_a_message_may_be_an_object_or_a_list() -> None:
    for name in ("media", "media_as_array"):
        assert card(payload(f"direct_message_events__{name}")).media


def test_users_that_are_missing_from_the_map_are_named_by_id() -> None:
    shown = card(payload("direct_message_events__users_missing"))
    assert shown.actor.title.startswith(("user ", "@"))
    assert shown.text


def test_a_kind_nobody_knows_is_named_and_readable() -> None:
    shown = card({"for_user_id": ACME, "xyz_events": [{"id": 1, "colour": "blue"}]})
    assert (shown.label, shown.line) == ("Unknown kind", "sent something of the unknown kind “xyz_events” → @acme")


def test_ids_beyond_two_to_the_53_stay_exact() -> None:
    facts = {fact.name: fact.value for fact in card(post(id_str=None, id=9007199254740993123)).facts}
    assert facts["Post"] == "9007199254740993123"


def test_a_person_keeps_one_colour_and_has_initials() -> None:
    one, again = card(post()).actor, card(post("again")).actor
    assert (one.id, one.hue, one.initials) == (STRANGER, again.hue, "MK")
