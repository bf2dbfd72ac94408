"""Deliveries as X sends them: realistic, signed, each one an event of its own.

A delivery is known by its number, 19 digits like X's ids of today. The number is the identity of the event (id of the
post, like and message, id of the follower), so that it can be found again in what was stored.
"""

import base64
import hmac
import random
import re
from datetime import UTC, datetime
from typing import Any

import orjson

# X's clock begins here: milliseconds of the first id that carries its time.
_EPOCH_MS = 1_288_834_974_657
# Stand for the number and its time in the templates.
_NUMBER = b"2100000000000000000"
_MS = b"1700000000000"
_ACCOUNTS = 40
_VARIANTS = 1_000

Json = dict[str, Any]


class Numbers:
    """Hands out numbers, no number twice: ids as X would give them from this moment on, 16,000 a second.

    How far ids lie apart matters: what is near in time should be near in the database's indexes.
    """

    STEP = 1 << 18  # an id counts milliseconds from its 22nd bit on

    def __init__(self) -> None:
        self._next = int(datetime.now(UTC).timestamp() * 1000) - _EPOCH_MS << 22

    def take(self, count: int) -> range:
        numbers = range(self._next, self._next + count * self.STEP, self.STEP)
        self._next = numbers.stop
        return numbers


def number_of(payload: str) -> int | None:
    """Return the number of the delivery that a stored payload came from, None when it came from elsewhere."""
    found = re.search(r"(?<!\d)2\d{18}(?!\d)", payload)
    return int(found[0]) if found else None


class Deliveries:
    """Renders delivery number n; the same n gives the same bytes."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._templates = _templates()

    def body(self, number: int) -> bytes:
        """Return the JSON of one delivery, 0.6-2.6 kB: eight of ten are posts."""
        template = self._templates[number // Numbers.STEP % _VARIANTS]
        return template.replace(_NUMBER, b"%d" % number).replace(_MS, b"%d" % ((number >> 22) + _EPOCH_MS))

    def signed(self, number: int) -> tuple[int, bytes, str]:
        """Return the number, the body and the signature as X's header has it."""
        body = self.body(number)
        return number, body, f"sha256={base64.b64encode(hmac.digest(self._secret, body, 'sha256')).decode()}"

    def request(self, number: int, path: str, host: str) -> bytes:
        """Return the whole HTTP/1.1 request, signed."""
        _, body, signature = self.signed(number)
        return b"%s%s\r\nContent-Length: %d\r\n\r\n%s" % (
            f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nAccept: */*\r\n"
            "User-Agent: AccountActivity\r\nx-twitter-webhooks-signature: ".encode(),
            signature.encode(),
            len(body),
            body,
        )


def _templates() -> list[bytes]:
    """Return bodies that differ in words, authors and accounts, as a day of traffic does."""
    draw = random.Random(20_250_519)  # the same words on every run
    syllables = ["ka", "lo", "mi", "ren", "tas", "vo", "be", "sun", "dir", "pel", "go", "nai"]
    words = [a + b + c for a in syllables for b in syllables for c in ("", "s", "ing", "er", "ed")]
    # Words of a language are used as often as their rank allows (Zipf); search indexes live and die by it.
    weights = [1 / rank for rank in range(1, len(words) + 1)]
    templates = []
    for variant in range(_VARIANTS):
        text = " ".join(draw.choices(words, weights, k=draw.randint(8, 34)))
        owner = _user(1_460_323_737_035_677_000 + variant % _ACCOUNTS, "Acme Support")
        other = _user(1_780_000_000_000_000_000 + draw.randrange(10**9), " ".join(draw.choices(words, k=2)).title())
        build = draw.choices((_post, _like, _follow, _message), (80, 8, 6, 6))[0]
        templates.append(orjson.dumps({"for_user_id": owner["id_str"], **build(owner, other, text)}))
    return templates


def _post(owner: Json, other: Json, text: str) -> Json:
    mention = {
        "screen_name": owner["screen_name"],
        "name": owner["name"],
        "id": owner["id"],
        "id_str": owner["id_str"],
        "indices": [0, 12],
    }
    number = _NUMBER.decode()
    link = f"https://t.co/{number}"
    tweet = {
        "created_at": "Tue Nov 14 22:13:20 +0000 2023",
        "id": int(_NUMBER),
        "id_str": number,
        "text": f"@{owner['screen_name']} {text} {link}",
        "source": '<a href="https://mobile.twitter.com" rel="nofollow">Twitter Web App</a>',
        "truncated": False,
        "in_reply_to_status_id": None,
        "in_reply_to_status_id_str": None,
        "in_reply_to_user_id": owner["id"],
        "in_reply_to_user_id_str": owner["id_str"],
        "in_reply_to_screen_name": owner["screen_name"],
        "user": other,
        "geo": None,
        "coordinates": None,
        "place": None,
        "contributors": None,
        "is_quote_status": False,
        "quote_count": 0,
        "reply_count": 0,
        "retweet_count": 0,
        "favorite_count": 0,
        "entities": {
            "hashtags": [],
            "urls": [
                {
                    "url": link,
                    "expanded_url": "https://shop.acme.example/orders/81a3f0",
                    "display_url": "shop.acme.example/orders/81a3f0",
                    "indices": [len(text) + 14, len(text) + 46],
                }
            ],
            "user_mentions": [mention],
            "symbols": [],
        },
        "favorited": False,
        "retweeted": False,
        "possibly_sensitive": False,
        "filter_level": "low",
        "lang": "en",
        "timestamp_ms": _MS.decode(),
    }
    return {"user_has_blocked": False, "tweet_create_events": [tweet]}


def _like(owner: Json, other: Json, text: str) -> Json:
    liked = _post(owner, owner, text)["tweet_create_events"][0]
    liked |= {"id": 1_991_000_000_000_000_001, "id_str": "1991000000000000001", "favorite_count": 1}
    like = {
        "id": _NUMBER.decode().rjust(32, "a"),
        "created_at": liked["created_at"],
        "timestamp_ms": int(_MS),
        "favorited_status": liked,
        "user": other,
    }
    return {"favorite_events": [like]}


def _follow(owner: Json, other: Json, text: str) -> Json:
    follower = other | {"id": _NUMBER.decode(), "description": text}
    del follower["id_str"]
    return {
        "follow_events": [{"type": "follow", "created_timestamp": _MS.decode(), "target": owner, "source": follower}]
    }


def _message(owner: Json, other: Json, text: str) -> Json:
    message = {
        "type": "message_create",
        "id": _NUMBER.decode(),
        "created_timestamp": _MS.decode(),
        "message_create": {
            "target": {"recipient_id": owner["id_str"]},
            "sender_id": other["id_str"],
            "source_app_id": "268278",
            "message_data": {
                "text": text,
                "entities": {"hashtags": [], "symbols": [], "user_mentions": [], "urls": []},
            },
        },
    }
    people = {user["id_str"]: user | {"id": user["id_str"]} for user in (owner, other)}
    app = {"id": "268278", "name": "Twitter Web Client", "url": "http://twitter.com"}
    return {"direct_message_events": [message], "apps": {"268278": app}, "users": people}


def _user(user_id: int, name: str) -> Json:
    return {
        "id": user_id,
        "id_str": str(user_id),
        "name": name,
        "screen_name": f"{name.split(maxsplit=1)[0].lower()}_{user_id % 1000}",
        "location": "Rotterdam, The Netherlands",
        "url": None,
        "description": "We answer on weekdays from eight to eight. Please send us no passwords.",
        "translator_type": "none",
        "protected": False,
        "verified": False,
        "followers_count": 1204,
        "friends_count": 310,
        "listed_count": 17,
        "favourites_count": 925,
        "statuses_count": 8831,
        "created_at": "Tue Nov 16 13:02:11 +0000 2021",
        "utc_offset": None,
        "time_zone": None,
        "geo_enabled": False,
        "lang": None,
        "contributors_enabled": False,
        "is_translator": False,
        "default_profile": True,
        "default_profile_image": False,
        "profile_image_url": "http://pbs.twimg.com/profile_images/1460323737035677698/bf0N2x1L_normal.jpg",
        "profile_image_url_https": "https://pbs.twimg.com/profile_images/1460323737035677698/bf0N2x1L_normal.jpg",
        "profile_banner_url": "https://pbs.twimg.com/profile_banners/1460323737035677698/1636989731",
        "following": None,
        "follow_request_sent": None,
        "notifications": None,
        "withheld_in_countries": [],
    }
