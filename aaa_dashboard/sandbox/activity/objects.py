"""Posts, likes, relations and messages as X's API v1.1 writes them.

Source: X, “Tweet object” (v1.1) and “Activity data object structure”; the payload files show the same shapes.
"""

from typing import Any

from django.db.models.functions import Lower

from ..anatomy import id_ms
from ..mint import write_time
from ..models import DirectMessage, Like, Post, User
from .profiles import related_user, user
from .wording import CLASSIC_LENGTH, SHORT_LINK_LENGTH, Wording, language, link, mentions, short_link, word

SOURCE = '<a href="https://mobile.twitter.com" rel="nofollow">Twitter Web App</a>'
WEB_APP = {"id": "3033300", "name": "Twitter Web App", "url": "https://mobile.twitter.com"}
EDIT_WINDOW_MS = 60 * 60 * 1000
EDITS = 5
# A text that is cut ends in an ellipsis, a blank and a link to the whole.
CUT_AT = CLASSIC_LENGTH - len("… ") - SHORT_LINK_LENGTH


def post(one: Post, *, is_new: bool = True) -> dict[str, Any]:
    """A post with what it reposts or quotes.

    Args:
        one: The post.
        is_new: Whether it is what happened, rather than what it happened to.
    """
    wording = _repost_wording(one.reposts) if one.reposts else wording_of(one)
    if one.quotes:
        url = f"https://twitter.com/{one.quotes.author.screen_name}/status/{one.quotes_id}"
        wording.urls.append(link(url, len(wording.text) + bool(wording.text)))
        wording.text = f"{wording.text} {short_link(url)}".strip()
    reply = one.replies_to
    ms = id_ms(one.id)
    body: dict[str, Any] = {
        "created_at": write_time(ms, "x_date"),
        "id": one.id,
        "id_str": str(one.id),
        "text": wording.text,
        "source": SOURCE,
        "truncated": False,
        **_display_range(wording, reply),
        "in_reply_to_status_id": reply.id if reply else None,
        "in_reply_to_status_id_str": str(reply.id) if reply else None,
        "in_reply_to_user_id": int(reply.author.x_user_id) if reply else None,
        "in_reply_to_user_id_str": reply.author.x_user_id if reply else None,
        "in_reply_to_screen_name": reply.author.screen_name if reply else None,
        "user": user(one.author),
        "geo": None,
        "coordinates": None,
        "place": None,
        "contributors": None,
        **_other(one),
        "is_quote_status": one.quotes is not None,
        "quote_count": 0,
        "reply_count": 0,
        "retweet_count": 0,
        "favorite_count": 0,
        "entities": wording.entities,
        "favorited": False,
        "retweeted": False,
        **({"possibly_sensitive": False} if wording.urls else {}),
        **_edits(one),
        "filter_level": "low",
        "lang": language(wording.text),
        **({"timestamp_ms": str(ms)} if is_new else {}),
    }
    return _shortened(body, wording) if len(wording.text) > CLASSIC_LENGTH and not one.reposts else body


def like(one: Like, ms: int) -> dict[str, Any]:
    """A like. Its id is made of who likes what when, so that it is the same for everybody who is told."""
    return {
        "id": f"{(one.post_id << 64 | int(one.user.x_user_id) ^ ms):032x}"[-32:],
        "created_at": write_time(ms, "x_date"),
        "timestamp_ms": ms,
        "favorited_status": post(one.post, is_new=False),
        "user": user(one.user),
    }


def relation(type_: str, source: User, target: User, ms: int) -> dict[str, Any]:
    """A follow, block or mute, or the end of one."""
    return {
        "type": type_,
        "created_timestamp": str(ms),
        "target": related_user(target),
        "source": related_user(source),
    }


def message(one: DirectMessage) -> dict[str, Any]:
    """A direct message, without the maps of users and apps that stand beside it."""
    wording = wording_of(one)
    return {
        "type": "message_create",
        "id": str(one.id),
        "created_timestamp": str(id_ms(one.id)),
        "message_create": {
            "target": {"recipient_id": one.recipient.x_user_id},
            "sender_id": one.sender.x_user_id,
            "source_app_id": WEB_APP["id"],
            "message_data": {
                "text": wording.text,
                "entities": {
                    "hashtags": wording.hashtags,
                    "symbols": [],
                    "user_mentions": wording.user_mentions,
                    "urls": wording.urls,
                },
            },
        },
    }


def _display_range(wording: Wording, reply: Post | None) -> dict[str, list[int]]:
    """What of a reply is shown: not whom it is to."""
    to = f"@{reply.author.screen_name} " if reply else ""
    if not to or not wording.text.lower().startswith(to.lower()):
        return {}
    return {"display_text_range": [len(to), len(wording.text)]}


def _repost_wording(original: Post) -> Wording:
    """`RT @name: …`: what stands in a repost is cut, and its entities are those of the beginning."""
    start = f"RT @{original.author.screen_name}: "
    inner = wording_of(original)
    text = start + inner.text
    if len(text) > CLASSIC_LENGTH:
        text = text[: CLASSIC_LENGTH - 1] + "…"
    author = word(start, {original.author.screen_name.lower(): original.author})
    return Wording(text, [], user_mentions=author.user_mentions)


def _other(one: Post) -> dict[str, Any]:
    """The post that a repost or quote is about."""
    if one.reposts:
        return {"retweeted_status": post(one.reposts, is_new=False)}
    if not one.quotes:
        return {}
    url = f"https://twitter.com/{one.quotes.author.screen_name}/status/{one.quotes_id}"
    return {
        "quoted_status_id": one.quotes_id,
        "quoted_status_id_str": str(one.quotes_id),
        # X shows one level: a quote inside a quote is a link.
        "quoted_status": post(_alone(one.quotes), is_new=False),
        "quoted_status_permalink": {
            "url": short_link(url),
            "expanded": url,
            "display": f"twitter.com/{one.quotes.author.screen_name}/status/…",
        },
    }


def _alone(one: Post) -> Post:
    """The same post without what it quotes."""
    return Post(id=one.id, author=one.author, text=one.text, replies_to=one.replies_to, replaces=one.replaces)


def _edits(one: Post) -> dict[str, Any]:
    """How often it was edited, and may still be."""
    versions = [one.id]
    earlier = one.replaces
    while earlier:
        versions.insert(0, earlier.id)
        earlier = earlier.replaces
    return {
        "edit_history": {
            "initial_tweet_id": str(versions[0]),
            "edit_tweet_ids": [str(version) for version in versions],
        },
        "edit_controls": {
            "editable_until_ms": id_ms(versions[0]) + EDIT_WINDOW_MS,
            "edits_remaining": max(0, EDITS + 1 - len(versions)),
        },
        "editable": not (one.reposts or one.replies_to),
    }


def _shortened(body: dict[str, Any], wording: Wording) -> dict[str, Any]:
    """Leave the beginning of a long text where older clients look for it, and the whole in `extended_tweet`."""
    url = f"https://twitter.com/i/web/status/{body['id_str']}"
    text = f"{wording.text[:CUT_AT]}… {short_link(url)}"
    within = {
        kind: [entity for entity in entities if entity["indices"][1] <= CUT_AT]
        for kind, entities in wording.entities.items()
    }
    within["urls"] = [*within["urls"], link(url, CUT_AT + 2)]
    whole = {"full_text": wording.text, "display_text_range": [0, len(wording.text)], "entities": wording.entities}
    return body | {
        "text": text,
        "truncated": True,
        "display_text_range": [0, len(text)],
        "extended_tweet": whole,
        "entities": within,
    }


def wording_of(one: Post | DirectMessage) -> Wording:
    """What X makes of a text, with the users that it mentions looked up."""
    named = mentions(one.text)
    found = User.objects.annotate(lower=Lower("screen_name")).filter(lower__in=named) if named else ()
    return word(one.text, {user.screen_name.lower(): user for user in found})
