"""What pretend users do is delivered to whom X would tell, and to nobody else."""

from typing import Any

import pytest

from aaa_dashboard.sandbox import payloads
from tests.sandbox.client import ACME, MIRA, NORTHWIND, SUPPORT, Token, X
from tests.sandbox.control import Control
from tests.sandbox.wire import Receiver, eventually, signature

pytestmark = pytest.mark.any_database


def told(control: Control, kind: str) -> dict[str, Any]:
    """The one item of that kind each account was told of, by account."""
    found = {}
    for delivery in control.deliveries(kind=kind):
        assert delivery["for_user_id"] not in found
        assert delivery["body"]["for_user_id"] == delivery["for_user_id"]
        [found[delivery["for_user_id"]]] = delivery["body"][kind]
    return found


def posts(control: Control) -> list[tuple[str, str]]:
    """Which posts whom was told of, in order."""
    return [
        (delivery["for_user_id"], delivery["body"]["tweet_create_events"][0]["id_str"])
        for delivery in control.deliveries(kind="tweet_create_events")
    ]


def test_it_arrives_signed_at_the_webhook(control: Control, webhook: Receiver) -> None:
    control.do("post", "mirakeller", text="@acme hello")

    eventually(lambda: len(webhook.deliveries) == 1)

    [arrived] = webhook.deliveries
    assert arrived.headers["x-twitter-webhooks-signature"] == signature(arrived.body)
    assert arrived.json()["tweet_create_events"][0]["text"] == "@acme hello"


def test_everybody_who_is_mentioned_is_told_once(control: Control) -> None:
    made = control.do("post", "mirakeller", text="@acme and @Northwind, and @acme again, and @nobody_here")

    assert posts(control) == [(ACME, made), (NORTHWIND, made)]
    post = told(control, "tweet_create_events")[ACME]
    mentions = [(one["screen_name"], one["indices"]) for one in post["entities"]["user_mentions"]]
    assert mentions == [("acme", [0, 5]), ("northwind", [10, 20]), ("acme", [26, 31])]


def test_what_strangers_write_among_themselves_is_not_told(control: Control) -> None:
    control.do("post", "mirakeller", text="Good morning, @ravis")

    assert posts(control) == []


def test_accounts_are_told_of_what_they_post_themselves(control: Control) -> None:
    made = control.do("post", "acme", text="We are back.")

    assert posts(control) == [(ACME, made)]


def test_a_text_is_escaped_and_its_links_are_shortened(control: Control) -> None:
    control.do("post", "acme", text="A & B < C https://example.org/a?b=1&c=2 #news")

    post = told(control, "tweet_create_events")[ACME]
    [link] = post["entities"]["urls"]
    [tag] = post["entities"]["hashtags"]
    assert post["text"] == f"A &amp; B &lt; C {link['url']} #news"
    assert link["expanded_url"] == "https://example.org/a?b=1&c=2"
    assert post["text"][slice(*link["indices"])] == link["url"]
    assert post["text"][slice(*tag["indices"])] == "#news"


def test_a_long_text_is_cut_and_whole_in_extended_tweet(control: Control) -> None:
    text = "@acme " + "A long story. " * 16

    control.do("post", "mirakeller", text=text)

    post = told(control, "tweet_create_events")[ACME]
    assert post["truncated"] is True
    assert len(post["text"]) == 140
    assert post["extended_tweet"]["full_text"] == text.strip()
    assert post["extended_tweet"]["entities"]["user_mentions"][0]["indices"] == [0, 5]


def test_the_author_of_a_post_is_told_of_replies_quotes_and_reposts(control: Control) -> None:
    post = control.do("post", "acme", text="Hello @northwind")
    reply = control.do("reply", "mirakeller", post=post, text="Hello!")
    quote = control.do("quote", "mirakeller", post=post, text="Look:")
    repost = control.do("repost", "mirakeller", post=post)

    assert posts(control) == [(ACME, post), (NORTHWIND, post), (ACME, reply), (ACME, quote), (ACME, repost)]
    bodies = [delivery["body"]["tweet_create_events"][0] for delivery in control.deliveries()][2:]
    assert bodies[0]["in_reply_to_status_id_str"] == post
    assert bodies[0]["text"] == "@acme Hello!"
    assert bodies[0]["display_text_range"] == [6, 12]
    assert bodies[1]["quoted_status"]["id_str"] == post
    assert bodies[1]["is_quote_status"] is True
    assert bodies[2]["retweeted_status"]["id_str"] == post
    assert bodies[2]["text"] == "RT @acme: Hello @northwind"


def test_who_is_mentioned_in_a_reposted_post_is_not_told_of_the_repost(control: Control) -> None:
    post = control.do("post", "mirakeller", text="@acme hello")
    control.do("repost", "ravis", post=post)

    assert posts(control) == [(ACME, post)]


def test_protected_authors_are_heard_by_followers_alone(control: Control) -> None:
    control.json("POST", "users", {"screen_name": "olga_r", "is_protected": True})
    control.do("post", "olga_r", text="@acme @northwind hello")
    assert posts(control) == []

    control.do("follow", "acme", **{"with": "olga_r"})
    second = control.do("post", "olga_r", text="@acme @northwind hello?")

    assert posts(control) == [(ACME, second)]


def test_mentions_say_whether_their_author_is_blocked(control: Control) -> None:
    control.do("block", "acme", **{"with": "mirakeller"})
    control.do("post", "mirakeller", text="@acme @northwind hello")

    said = {
        delivery["for_user_id"]: delivery["body"]["user_has_blocked"]
        for delivery in control.deliveries(kind="tweet_create_events")
    }
    assert said == {ACME: True, NORTHWIND: False}


def test_an_edit_is_another_post_that_knows_its_history(control: Control) -> None:
    first = control.do("post", "acme", text="Open at nine.")
    second = control.do("edit", "acme", post=first, text="Open at ten.")

    assert posts(control) == [(ACME, first), (ACME, second)]
    edited = control.deliveries()[-1]["body"]["tweet_create_events"][0]
    assert edited["edit_history"] == {"initial_tweet_id": first, "edit_tweet_ids": [first, second]}
    assert edited["edit_controls"]["edits_remaining"] == 4
    assert "newest" in control.impossible("edit", "acme", post=first, text="Open at eleven.")


def test_accounts_are_told_of_posts_that_they_delete(control: Control) -> None:
    ours = control.do("post", "acme", text="Oops")
    theirs = control.do("post", "mirakeller", text="@acme oops")

    control.do("delete", "acme", post=ours)
    control.do("delete", "mirakeller", post=theirs)

    deleted = told(control, "tweet_delete_events")
    assert deleted[ACME]["status"] == {"id": ours, "user_id": ACME}
    assert deleted.keys() == {ACME}
    assert "deleted" in control.impossible("like", "ravis", post=ours)


def test_likes_are_told_to_who_likes_and_who_is_liked(control: Control) -> None:
    post = control.do("post", "acme", text="We are back.")
    control.do("like", "northwind", post=post)

    likes = told(control, "favorite_events")
    assert likes.keys() == {ACME, NORTHWIND}
    assert likes[ACME] == likes[NORTHWIND]
    assert len(likes[ACME]["id"]) == 32
    assert likes[ACME]["favorited_status"]["id_str"] == post
    assert "already" in control.impossible("like", "northwind", post=post)


@pytest.mark.parametrize(
    ("deed", "by", "whom", "told_of_it"),
    [
        ("follow", "mirakeller", "acme", {ACME}),
        ("follow", "acme", "mirakeller", {ACME}),
        ("block", "acme", "mirakeller", {ACME}),
        ("block", "mirakeller", "acme", set()),
        ("mute", "acme", "mirakeller", {ACME}),
        ("mute", "mirakeller", "acme", set()),
    ],
)
def test_relations_are_told_as_x_tells_them(
    control: Control, deed: str, by: str, whom: str, told_of_it: set[str]
) -> None:
    control.do(deed, by, **{"with": whom})
    assert told(control, f"{deed}_events").keys() == told_of_it
    assert "already" in control.impossible(deed, by, **{"with": whom})

    control.do(f"un{deed}", by, **{"with": whom})

    kinds = [delivery["body"][f"{deed}_events"][0]["type"] for delivery in control.deliveries()]
    assert kinds == [deed] * len(told_of_it) + [f"un{deed}"] * (by == "acme")


def test_a_message_is_told_to_both_who_are_subscribed(control: Control) -> None:
    made = control.do("message", "northwind", **{"with": "acme"}, text="A & B")

    messages = told(control, "direct_message_events")
    assert messages.keys() == {ACME, NORTHWIND}
    assert messages[ACME]["id"] == made
    assert messages[ACME]["message_create"]["message_data"]["text"] == "A &amp; B"
    users = control.deliveries()[0]["body"]["users"]
    assert users.keys() == {ACME, NORTHWIND}
    assert isinstance(users[ACME]["id"], str)


def test_typing_and_reading_are_told_to_the_other_side(control: Control) -> None:
    made = control.do("message", "acme_support", **{"with": "mirakeller"}, text="How can I help?")
    control.do("type", "mirakeller", **{"with": "acme_support"})
    control.do("read", "mirakeller", **{"with": "acme_support"})
    control.do("type", "acme_support", **{"with": "mirakeller"})

    typing = told(control, "direct_message_indicate_typing_events")
    reading = told(control, "direct_message_mark_read_events")
    assert {whom: event["sender_id"] for whom, event in typing.items()} == {SUPPORT: MIRA}
    assert reading[SUPPORT]["last_read_event_id"] == made


def test_who_is_blocked_can_neither_answer_nor_write(control: Control) -> None:
    post = control.do("post", "acme", text="We are back.")
    control.do("block", "acme", **{"with": "mirakeller"})

    assert "blocked" in control.impossible("reply", "mirakeller", post=post, text="Hello")
    assert "cannot write" in control.impossible("message", "mirakeller", **{"with": "acme"}, text="Hello")
    assert "blocked" in control.impossible("follow", "mirakeller", **{"with": "acme"})


def test_a_revoked_app_is_told_so_once_and_nothing_after_that(control: Control) -> None:
    [app] = control.state()["apps"]
    control.json("POST", "tokens", {"user": "northwind"})

    control.do("revoke", "northwind", app=app["id"])
    control.do("post", "northwind", text="Nobody hears this.")

    [delivery] = control.deliveries()
    revoke = delivery["body"]["user_event"]["revoke"]
    assert revoke["target"] == {"app_id": app["id"]}
    assert revoke["source"] == {"user_id": NORTHWIND}
    assert "no access" in control.impossible("revoke", "northwind", app=app["id"])


def test_an_app_that_gives_its_token_back_is_told_the_same(control: Control) -> None:
    [app] = control.state()["apps"]
    made = control.json("POST", "tokens", {"user": "northwind"})
    token = Token(made["oauth_token"], made["oauth_token_secret"])

    X(control.sandbox).signed(token).post("/1.1/oauth/invalidate_token").raise_for_status()
    control.do("post", "northwind", text="Nobody hears this.")

    [delivery] = control.deliveries()
    revoke = delivery["body"]["user_event"]["revoke"]
    assert revoke["target"] == {"app_id": app["id"]}
    assert revoke["source"] == {"user_id": NORTHWIND}


@pytest.mark.parametrize(
    ("payload", "act"),
    [
        ("tweet_create_events__reply_to_us", "reply"),
        ("tweet_create_events__quote", "quote"),
        ("tweet_create_events__repost", "repost"),
        ("favorite_events__like", "like"),
        ("follow_events__follow", "follow"),
        ("direct_message_events__text", "message"),
    ],
)
def test_what_people_do_looks_like_the_payload_files(control: Control, payload: str, act: str) -> None:
    post = control.do("post", "acme", text="We are back.")
    last = control.deliveries()[-1]["id"]
    needs = {"follow": {"with": "acme"}, "message": {"with": "acme", "text": "Hello"}}
    control.do(act, "mirakeller", **needs.get(act, {"post": post, "text": "Hello"}))

    [delivery] = control.deliveries(after=last)

    optional = {"display_text_range", "possibly_sensitive", "url", "withheld_in_countries", "user_has_blocked"}
    assert shape(delivery["body"], optional) == shape(payloads.load(payload), optional)


def shape(node: object, without: set[str]) -> object:
    """Keys and types of a body; lists by their first item, maps of users by any entry."""
    if isinstance(node, dict):
        if node and all(key.isdecimal() for key in node):
            return {"*": shape(next(iter(node.values())), without)}
        return {key: shape(value, without) for key, value in node.items() if key not in without}
    if isinstance(node, list):
        return [shape(item, without) for item in node[:1]] if node and isinstance(node[0], dict) else []
    return "null or text" if node is None or isinstance(node, str) else type(node).__name__
