"""Posts, likes and deletions: v1.1 Tweet objects and what happens to them."""

import re
from typing import Any

from aaa_dashboard.deliveries.kinds import id_of, member, own_text
from aaa_dashboard.deliveries.split import unescape
from aaa_dashboard.deliveries.takedown.posts import ERASED

from .card import Card, Fact, Medium, Person, Scene, id_text, ids, items, string, web_address

# What X allows in one, and nothing that an address would understand.
_HANDLE = re.compile(r"[A-Za-z0-9_]+")
_MEDIA_WORDS = {"photo": "Picture", "video": "Video", "animated_gif": "Animation"}


def post(scene: Scene) -> Card:
    """A post, reply, repost, quote or mention, sent or received."""
    tweet = scene.item
    author = scene.person(tweet.get("user"))
    label, icon, line = _manner(scene, tweet, author)
    inner = _inner(tweet)
    said_by_other = isinstance(inner, dict)
    repost = isinstance(tweet.get("retweeted_status"), dict)
    if str(scene.body.get("user_has_blocked")).lower() == "true":
        line = f"{line} · blocked by {scene.account.handle}"
    return Card(
        label=label,
        icon=icon,
        actor=author,
        line=line,
        text="" if repost else whole_text(tweet),
        quote=whole_text(inner) if said_by_other else "",
        quote_by=scene.person(member(inner, "user")),
        tags=("edited",) if _edited(tweet) else (),
        media=media(inner if repost else tweet),
        facts=_post_facts(tweet, inner, author),
    )


def like(scene: Scene) -> Card:
    """A like of a post."""
    liked = scene.item.get("favorited_status")
    author = scene.person(member(liked, "user"))
    return Card(
        label="Like",
        icon="heart",
        actor=scene.person(scene.item.get("user")),
        line=f"likes a post of {author.handle}",
        quote=whole_text(liked),
        quote_by=author,
        media=media(liked),
        facts=ids(("Liked post", id_of(liked)), ("Like", scene.item.get("id"))),
    )


def delete(scene: Scene) -> Card:
    """The account deleted a post of its own. X says which, not what it said."""
    status = scene.item.get("status")
    author = scene.person_by_id(id_text(member(status, "user_id_str")) or id_text(member(status, "user_id")))
    return Card(
        label="Deletion",
        icon="trash",
        actor=author,
        line="deleted a post",
        facts=ids(("Deleted post", id_of(status))),
    )


def whole_text(tweet: Any) -> str:
    """Return the text of one post as its author wrote it, or what is said in its place where it was erased."""
    if why := string(member(tweet, ERASED)):
        return f"A post that was {why}"
    return unescape(string(own_text(tweet)))


def media(tweet: Any) -> tuple[Medium, ...]:
    """Return pictures, films and links of a post, each once."""
    extended = member(tweet, "extended_tweet")
    source = extended if isinstance(extended, dict) else tweet
    found = items(member(source, "extended_entities", "media")) or items(member(source, "entities", "media"))
    shown = [medium(each) for each in found]
    shown += [
        Medium("Link", url, string(member(each, "display_url")))
        for each in items(member(source, "entities", "urls"))
        if (url := web_address(member(each, "expanded_url")) or web_address(member(each, "url")))
    ]
    return tuple(dict.fromkeys(each for each in shown if each.url))


def medium(value: Any) -> Medium:
    """Read one v1.1 media object."""
    return Medium(
        what=_MEDIA_WORDS.get(string(member(value, "type")), "Medium"),
        url=web_address(member(value, "media_url_https")) or web_address(member(value, "url")),
        description=unescape(string(member(value, "ext_alt_text"))),
    )


def _inner(tweet: dict[str, Any]) -> Any:
    reposted = tweet.get("retweeted_status")
    return reposted if isinstance(reposted, dict) else tweet.get("quoted_status")


def _manner(scene: Scene, tweet: dict[str, Any], author: Person) -> tuple[str, str, str]:
    """Say what sort of post it is: label, icon and the words after the name."""
    direction = scene.direction(author)
    if isinstance(original := tweet.get("retweeted_status"), dict):
        of = scene.person(original.get("user")).handle
        return "Repost", "arrow-path-rounded-square", f"reposts {of}"
    if isinstance(quoted := tweet.get("quoted_status"), dict):
        of = scene.person(quoted.get("user")).handle
        return "Quote", "chat-bubble-left-right", f"quotes {of}"
    if replied := string(tweet.get("in_reply_to_screen_name")):
        own = author.screen_name.lower() == replied.lower()
        return "Reply", "arrow-uturn-left", "continues its thread" if own else f"→ @{replied}"
    if direction.startswith("→"):
        return "Mention", "at-symbol", direction
    return scene.label, "chat-bubble-oval-left", direction


def _edited(tweet: dict[str, Any]) -> bool:
    """An edited post is a new one that lists its forerunners."""
    earlier = member(tweet, "edit_history", "initial_tweet_id") or member(tweet, "edit_controls", "initial_tweet_id")
    if id_text(earlier) and id_text(earlier) != id_of(tweet):
        return True
    versions = member(tweet, "edit_history", "edit_tweet_ids") or member(tweet, "edit_controls", "edit_tweet_ids")
    versions = versions if isinstance(versions, list) else []
    return len(versions) > 1 and id_text(versions[0]) != id_of(tweet)


def _post_facts(tweet: dict[str, Any], inner: Any, author: Person) -> tuple[Fact, ...]:
    own_id, client = id_of(tweet), _plain(string(tweet.get("source")))
    facts = ids(
        ("Post", own_id),
        ("In reply to post", tweet.get("in_reply_to_status_id_str") or tweet.get("in_reply_to_status_id")),
        ("Original post", id_of(inner)),
    )
    if client:
        facts += (Fact("Written with", client),)
    if _HANDLE.fullmatch(author.screen_name) and own_id.isdecimal():
        facts += (Fact("At X", f"https://x.com/{author.screen_name}/status/{own_id}"),)
    return facts


def _plain(markup: str) -> str:
    """Return the words of `<a href="…">Twitter Web App</a>`."""
    return unescape(markup.partition(">")[2].partition("<")[0]) if markup.startswith("<a ") else unescape(markup)
