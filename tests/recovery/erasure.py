"""Payloads around one post, the work that runs by itself, and a look into every column of every table."""

import json
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from aaa_dashboard.deliveries import hand_over
from aaa_dashboard.deliveries.following import SETTLES
from aaa_dashboard.deliveries.takedown import index, requests

ACME = "613278910244360193"
SUPPORT = "838514127360458753"
MIRA = "187402663914528769"
JUNE = "1098431276650405889"

POST = "1991461964141402118"
SECRET = "Zanzibarquux leaves at noon"
TRACE = "barquux"
"""What of the text would be in an index of words, which leaves out how a word begins when its neighbour begins so."""


def post(id_: str = POST, author: str = ACME, text: str = SECRET, **more: Any) -> dict[str, Any]:
    """A post as X embeds it."""
    user = {"id": int(author), "id_str": author, "name": f"Name {author[:3]}", "screen_name": f"u{author[:3]}"}
    return {
        "id": int(id_), "id_str": id_, "text": text, "user": user, "timestamp_ms": "1763636506482", **more,
        "entities": {"hashtags": [{"text": text.split()[0]}]},
    }  # fmt: skip


def created(item: dict[str, Any], for_user_id: str = ACME) -> dict[str, Any]:
    return {"for_user_id": for_user_id, "tweet_create_events": [item]}


def repost_of(item: dict[str, Any], id_: str, author: str = MIRA) -> dict[str, Any]:
    text = f"RT @u{item['user']['id_str'][:3]}: {item['text']}"
    quoted = {"quoted_status": item["quoted_status"]} if "quoted_status" in item else {}
    return post(id_, author, text, retweeted_status=item, extended_tweet={"full_text": text}, **quoted)


def like_of(item: dict[str, Any], for_user_id: str = ACME, by: str = MIRA) -> dict[str, Any]:
    user = {"id_str": by, "name": "Mira", "screen_name": "mirakeller"}
    like = {"id": "a" * 30 + by[:2], "timestamp_ms": 1763636506482, "favorited_status": item, "user": user}
    return {"for_user_id": for_user_id, "favorite_events": [like]}


def deletion(id_: str = POST, author: str = ACME) -> dict[str, Any]:
    status = {"id": id_, "user_id": author}
    return {"for_user_id": author, "tweet_delete_events": [{"status": status, "timestamp_ms": "1763636999999"}]}


def message(text: str, sender: str = MIRA, to: str = ACME) -> dict[str, Any]:
    return {
        "for_user_id": to,
        "direct_message_events": [{
            "type": "message_create", "id": "1991461964141544614", "created_timestamp": "1763636506482",
            "message_create": {
                "target": {"recipient_id": to}, "sender_id": sender, "message_data": {"text": text},
            },
        }],
    }  # fmt: skip


def activity(event_type: str, uuid: str, payload: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An event of the X Activity API."""
    data = {"event_uuid": uuid, "event_type": event_type, "filter": {"user_id": ACME}, "payload": payload}
    return {"data": data | more}


def copies() -> list[dict[str, Any]]:
    """Every way in which a post comes: itself, three quotes, a repost, one of a quote, likes, both envelopes."""
    itself = post()
    quotes = [post(f"199146196414140300{n}", MIRA, f"look {n}", quoted_status=itself) for n in range(3)]
    v2 = {"id": POST, "text": SECRET, "author_id": ACME}
    reposted = {"id": "1991461964141404000", "text": f"RT @acme: {SECRET}", "author_id": MIRA,
                "referenced_tweets": [{"type": "retweeted", "id": POST}]}  # fmt: skip
    return [
        created(itself),
        created(itself, SUPPORT),
        *(created(quote) for quote in quotes),
        created(quotes[0], SUPPORT),
        created(repost_of(itself, "1991461964141405000")),
        created(repost_of(quotes[0], "1991461964141405001")),
        like_of(itself),
        like_of(quotes[1], by=JUNE),
        activity("post.create", "1", v2),
        activity("like.create", "2", {"id": "b" * 32, "liked_tweet_id": POST}, includes={"tweets": [v2]}),
        activity("post.repost.create", "3", reposted, includes={"tweets": [v2]}),
        {"for_user_id": ACME, "follow_events": [{"type": "follow", "created_timestamp": "1763636506482",
         "source": {"id": MIRA, "status": itself}, "target": {"id": ACME}}]},
        {"for_user_id": ACME, "poll_events": [{"id": "5", "about": itself}]},
    ]  # fmt: skip


def body(document: dict[str, Any]) -> bytes:
    return json.dumps(document).encode()


def run_by_itself(begin: datetime, rounds: int = 4) -> datetime:
    """Have everything scheduled run, as often as it takes for what has arrived to settle; the time afterwards."""
    for turn in range(rounds):
        now = begin + turn * (SETTLES + timedelta(seconds=1))
        hand_over.sweep(now)
        index.follow(now)
        requests.work(now)
    return now


def everything() -> str:
    """Every column of every table, the parts of SQLite's index of words included."""
    found: list[str] = []
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            tables = [name for (name,) in cursor.fetchall()]
        else:
            tables = connection.introspection.table_names()
        for table in tables:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608 - quoted
            for row in cursor.fetchall():
                values = [bytes(one).decode("latin-1") if isinstance(one, bytes | memoryview) else str(one)
                          for one in row]  # fmt: skip
                found.append(f"{table}: {' | '.join(values)}")
    return "\n".join(found)


def where(words: str = TRACE) -> list[str]:
    """Where a text still is: the beginning of each row that holds it."""
    return [line[:300] for line in everything().splitlines() if words.lower() in line.lower()]
