"""Users as X's API v1.1 writes them: every key that X sends is there, whether it says much or not.

Source: X, “User object” (v1.1) and “Activity data object structure”; the payload files show the same shapes.
"""

from functools import cache
from typing import Any

from ..anatomy import id_ms
from ..mint import write_time
from ..models import User

PICTURE = "abs.twimg.com/sticky/default_profile_images/default_profile_normal.png"


def user(one: User) -> dict[str, Any]:
    """A user inside a post."""
    return {
        "id": int(one.x_user_id),
        "id_str": one.x_user_id,
        "name": one.name,
        "screen_name": one.screen_name,
        "location": one.location or None,
        "url": _homepage(one),
        "description": one.description or None,
        "translator_type": "none",
        "protected": one.is_protected,
        "verified": one.is_brand,
        **_numbers(one.x_user_id, is_brand=one.is_brand),
        "created_at": write_time(id_ms(int(one.x_user_id)), "x_date"),
        "utc_offset": None,
        "time_zone": None,
        "geo_enabled": False,
        "lang": None,
        "contributors_enabled": False,
        "is_translator": False,
        **_look("F5F8FA", "1DA1F2", "C0DEED", "DDEEF6", "333333"),
        "profile_use_background_image": True,
        "profile_image_url": f"http://{PICTURE}",
        "profile_image_url_https": f"https://{PICTURE}",
        "default_profile": True,
        "default_profile_image": True,
        "following": None,
        "follow_request_sent": None,
        "notifications": None,
        "withheld_in_countries": [],
    }


def related_user(one: User) -> dict[str, Any]:
    """A user inside a follow, block or mute: there `id` is a string, and other things look different too."""
    return {
        "id": one.x_user_id,
        "created_timestamp": str(id_ms(int(one.x_user_id)) // 1000 * 1000),
        "name": one.name,
        "screen_name": one.screen_name,
        "location": one.location,
        "description": one.description,
        "url": _homepage(one) or "",
        "protected": one.is_protected,
        "verified": one.is_brand,
        **_numbers(one.x_user_id, is_brand=one.is_brand),
        "created_at": write_time(id_ms(int(one.x_user_id)), "x_date"),
        "utc_offset": 0,
        "time_zone": "",
        "geo_enabled": False,
        "lang": "",
        "contributors_enabled": False,
        "is_translator": False,
        **_look(-1, -1, -1, 0, -1),
        "profile_use_background_image": False,
        "profile_image_url": f"http://{PICTURE}",
        "profile_image_url_https": f"https://{PICTURE}",
        "default_profile": True,
        "default_profile_image": True,
        "following": False,
        "follow_request_sent": False,
        "notifications": False,
    }


def messaging_user(one: User) -> dict[str, Any]:
    """A user in the map beside direct messages."""
    kept = (
        "id", "created_timestamp", "name", "screen_name", "location", "description", "url", "protected", "verified",
        "followers_count", "friends_count", "statuses_count", "profile_image_url", "profile_image_url_https",
    )  # fmt: skip
    whole = related_user(one)
    return {key: whole[key] for key in kept if whole[key] != ""}


def _homepage(one: User) -> str | None:
    return f"https://{one.screen_name.replace('_', '-')}.example/" if one.is_brand else None


@cache
def _numbers(x_user_id: str, *, is_brand: bool) -> dict[str, int]:
    """How many followers and the like: chosen by the id, so that they do not jump about."""
    seed = int(x_user_id) >> 22
    return {
        "followers_count": seed % 90_000 + 9_000 if is_brand else seed % 600 + 20,
        "friends_count": seed // 7 % 700 + 30,
        "listed_count": seed // 11 % 50,
        "favourites_count": seed // 13 % 8_000,
        "statuses_count": seed // 17 % 18_000 + 40,
    }


def _look(background: object, links: object, border: object, fill: object, text: object) -> dict[str, object]:
    return {
        "profile_background_color": background,
        "profile_background_image_url": "",
        "profile_background_image_url_https": "",
        "profile_background_tile": False,
        "profile_link_color": links,
        "profile_sidebar_border_color": border,
        "profile_sidebar_fill_color": fill,
        "profile_text_color": text,
    }
